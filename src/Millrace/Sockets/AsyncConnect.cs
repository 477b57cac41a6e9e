using System.Net.Sockets;
using System.Threading.Tasks.Sources;
using Millrace.Headers;

namespace Millrace.Sockets;

/// <summary>An active open, from the SYN to the established connection.</summary>
internal sealed class AsyncConnect(AsyncSockets sockets) : AsyncOperation(sockets), IValueTaskSource<AsyncTcpConnection>
{
    private AsyncTcpChannel? channel;

    public InetEndpoint Remote { get; private set; }

    public ValueTask<AsyncTcpConnection> Start(InetEndpoint remote, CancellationToken cancellation)
    {
        Remote = remote;
        Submit(cancellation);
        return new ValueTask<AsyncTcpConnection>(this, Version);
    }

    public AsyncTcpConnection GetResult(short token)
    {
        var exception = Take(token, out _);
        var connected = channel;
        channel = null;
        Sockets.Connects.Return(this);
        return exception is null ? new AsyncTcpConnection(connected!) : throw exception;
    }

    /// <summary>Worker: TCP has given it a connection.</summary>
    public void Opened(AsyncTcpChannel opened) => channel = opened;

    protected override void Begin()
    {
        if (Sockets.EndedBy is { } ended)
        {
            Fail(ended);
        }
        else
        {
            Sockets.Connect(this);
        }
    }

    protected override void Withdraw()
    {
        channel!.AbandonConnect();
        channel = null;
    }
}
