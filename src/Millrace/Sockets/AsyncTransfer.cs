using System.Net.Sockets;

namespace Millrace.Sockets;

/// <summary>
/// The one read or the one write a connection can have pending. It belongs to a channel, which serves one connection after
/// another; a caller claims it for the life of the channel that its connection knows, so a connection that was disposed
/// can never reach the next one's data.
/// </summary>
internal abstract class AsyncTransfer(AsyncSockets sockets, AsyncTcpChannel channel) : AsyncOperation(sockets)
{
    private const long Claimed = 1;

    // the channel's life in the upper bits, whether claimed in the lowest
    private long claim;
    private int life;
    private AsyncTcpConnection? owner;
    private bool forStream;

    protected AsyncTcpChannel Channel { get; } = channel;

    /// <summary>Worker: moves to the channel's next life, unless a caller still has the operation.</summary>
    public bool TryRetire(int currentLife) =>
        Interlocked.CompareExchange(ref claim, Free(currentLife + 1), Free(currentLife)) == Free(currentLife);

    protected override void Withdraw()
    {
        // the channel asks the operation whether it is pending and keeps no other note of it
    }

    /// <param name="connection">Kept alive until the outcome is taken: a connection that is collected closes.</param>
    protected void Claim(AsyncTcpConnection connection, bool stream)
    {
        var free = Free(connection.Life);
        var seen = Interlocked.CompareExchange(ref claim, free | Claimed, free);
        if (seen != free)
        {
            throw seen == (free | Claimed)
                ? new InvalidOperationException($"A {Name} of this connection is pending already; await it before the next.")
                : new ObjectDisposedException(nameof(AsyncTcpConnection));
        }

        life = connection.Life;
        owner = connection;
        forStream = stream;
    }

    protected int End(short token)
    {
        var exception = Take(token, out var count);
        Forget();
        var stream = forStream;
        owner = null;
        Volatile.Write(ref claim, Free(life));
        if (exception is not null)
        {
            throw stream && exception is SocketException ? AsyncTcpStream.Wrap(Name, exception) : exception;
        }

        return count;
    }

    /// <summary>"read" or "write", for messages.</summary>
    protected abstract string Name { get; }

    /// <summary>Drops the caller's buffer.</summary>
    protected abstract void Forget();

    private static long Free(int life) => (long)life << 1;
}
