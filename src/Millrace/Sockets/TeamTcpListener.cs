using System.Net.Sockets;
using System.Threading.Channels;

namespace Millrace.Sockets;

/// <summary>
/// Takes connections to a port from whichever worker has one. Its members may be called from any thread.
/// </summary>
/// <remarks>
/// Of each worker one connection at most is taken before somebody accepts it; the others wait in that worker's backlog, which
/// overflows as ever. Connections of one worker are handed out in their order.
/// </remarks>
public sealed class TeamTcpListener : IDisposable
{
    private readonly AsyncTcpListener[] listeners;
    private readonly Channel<AsyncTcpConnection> accepted;
    private int stopped;

    internal TeamTcpListener(AsyncTcpListener[] listeners)
    {
        this.listeners = listeners;
        Port = listeners[0].Port;
        Listening = Task.WhenAll(Array.ConvertAll(listeners, listener => listener.Listening));

        // a worker's turn waits in the write, so what is in the channel is one at a time
        accepted = Channel.CreateBounded<AsyncTcpConnection>(1);
        _ = TakeAllAsync();
    }

    public int Port { get; }

    /// <summary>
    /// Completes when every worker has opened the port; fails with a <see cref="SocketException"/> (AddressAlreadyInUse) if
    /// another application of the stack has it.
    /// </summary>
    public Task Listening { get; }

    /// <summary>Connections that were reset because the backlog of their worker was full.</summary>
    public long Overflows => listeners.Sum(listener => listener.Overflows);

    /// <summary>
    /// Takes a connection that nobody has taken yet, or waits for one. Several calls may wait; each gets one. Of a worker that
    /// faults none come any more; it fails when the last one is gone.
    /// </summary>
    /// <exception cref="SocketException">OperationAborted: the listener was stopped meanwhile; or what the last worker ended with.</exception>
    public async ValueTask<AsyncTcpConnection> AcceptAsync(CancellationToken cancellation = default)
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref stopped) != 0, this);
        try
        {
            return await accepted.Reader.ReadAsync(cancellation).ConfigureAwait(false);
        }
        catch (ChannelClosedException closed)
        {
            throw new SocketException((int)(closed.InnerException is SocketException { SocketErrorCode: var code } ? code : SocketError.OperationAborted));
        }
    }

    /// <summary>
    /// Closes the port at every worker, ends waiting calls and resets the connections that nobody has taken. Accepted
    /// connections stay.
    /// </summary>
    public void Stop()
    {
        if (Interlocked.Exchange(ref stopped, 1) == 0)
        {
            accepted.Writer.TryComplete();
            Array.ForEach(listeners, listener => listener.Stop());
            AbortUntaken();
        }
    }

    public void Dispose() => Stop();

    private async Task TakeAllAsync()
    {
        var reasons = await Task.WhenAll(Array.ConvertAll(listeners, TakeAsync)).ConfigureAwait(false);
        accepted.Writer.TryComplete(Array.Find(reasons, reason => reason is not null));
    }

    /// <returns>Why no more come of one worker.</returns>
    private async Task<SocketException?> TakeAsync(AsyncTcpListener listener)
    {
        try
        {
            while (true)
            {
                var connection = await listener.AcceptAsync().ConfigureAwait(false);
                if (!await TryHandOutAsync(connection).ConfigureAwait(false))
                {
                    connection.Abort();
                    return null;
                }
            }
        }
        catch (SocketException ended)
        {
            return ended;
        }
        catch (ObjectDisposedException)
        {
            return null;
        }
    }

    private async ValueTask<bool> TryHandOutAsync(AsyncTcpConnection connection)
    {
        while (await accepted.Writer.WaitToWriteAsync().ConfigureAwait(false))
        {
            if (accepted.Writer.TryWrite(connection))
            {
                // the stop that completed the channel may have looked at it before this was in it
                if (Volatile.Read(ref stopped) != 0)
                {
                    AbortUntaken();
                }

                return true;
            }
        }

        return false;
    }

    private void AbortUntaken()
    {
        while (accepted.Reader.TryRead(out var untaken))
        {
            untaken.Abort();
        }
    }
}
