using System.Threading.Tasks.Sources;

namespace Millrace.Sockets;

/// <summary>A caller that waits for a listener's next connection.</summary>
internal sealed class AsyncAccept(AsyncSockets sockets) : AsyncOperation(sockets), IValueTaskSource<AsyncTcpConnection>
{
    private AsyncTcpBacklog? backlog;
    private AsyncTcpChannel? channel;

    /// <summary>The caller that waits behind this one. Owned by <see cref="AsyncTcpBacklog"/>.</summary>
    public AsyncAccept? Next { get; set; }

    public ValueTask<AsyncTcpConnection> Start(AsyncTcpBacklog from, CancellationToken cancellation)
    {
        backlog = from;
        Submit(cancellation);
        return new ValueTask<AsyncTcpConnection>(this, Version);
    }

    public AsyncTcpConnection GetResult(short token)
    {
        var exception = Take(token, out _);
        var accepted = channel;
        channel = null;
        backlog = null;
        Sockets.Accepts.Return(this);
        return exception is null ? new AsyncTcpConnection(accepted!) : throw exception;
    }

    /// <summary>Worker: the connection is the caller's.</summary>
    public void Complete(AsyncTcpChannel accepted)
    {
        channel = accepted;
        Complete(0);
    }

    protected override void Begin() => backlog!.BeginAccept(this);

    protected override void Withdraw() => backlog!.Withdraw(this);
}
