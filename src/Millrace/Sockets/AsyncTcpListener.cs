using Millrace.Headers;

namespace Millrace.Sockets;

/// <summary>Takes connections to a port of the stack, for asynchronous code. Its members may be called from any thread.</summary>
public sealed class AsyncTcpListener : IDisposable
{
    private readonly AsyncSockets sockets;
    private readonly AsyncTcpBacklog backlog;
    private int stopped;

    internal AsyncTcpListener(AsyncSockets sockets, AsyncTcpBacklog backlog)
    {
        this.sockets = sockets;
        this.backlog = backlog;
    }

    public int Port => backlog.Port;

    /// <summary>
    /// Completes when the worker has opened the port; fails with a <see cref="System.Net.Sockets.SocketException"/>
    /// (AddressAlreadyInUse) if another application of the stack has it. Accepting fails likewise then.
    /// </summary>
    public Task Listening => backlog.Listening;

    /// <summary>Connections that were reset because the backlog was full.</summary>
    public long Overflows => backlog.Overflows;

    /// <summary>
    /// Takes the oldest connection that nobody has taken yet, or waits for one. Several calls may wait; each gets one.
    /// </summary>
    /// <exception cref="System.Net.Sockets.SocketException">OperationAborted: the listener was stopped meanwhile.</exception>
    public ValueTask<AsyncTcpConnection> AcceptAsync(CancellationToken cancellation = default)
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref stopped) != 0, this);
        return cancellation.IsCancellationRequested
            ? ValueTask.FromCanceled<AsyncTcpConnection>(cancellation)
            : sockets.Accepts.Rent().Start(backlog, cancellation);
    }

    /// <summary>
    /// Closes the port, ends waiting calls and resets the connections that nobody has taken. Accepted connections stay.
    /// </summary>
    public void Stop()
    {
        if (Interlocked.Exchange(ref stopped, 1) == 0)
        {
            sockets.ForgetPort(backlog.Port);
            backlog.AskStop();
        }
    }

    public void Dispose() => Stop();
}
