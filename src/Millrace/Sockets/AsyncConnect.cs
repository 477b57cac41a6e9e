using System.Net.Sockets;
using System.Threading.Tasks.Sources;
using Millrace.Headers;

namespace Millrace.Sockets;

/// <summary>An active open, from the SYN to the established connection.</summary>
internal sealed class AsyncConnect(AsyncSockets sockets) : AsyncOperation(sockets), IValueTaskSource<AsyncTcpConnection>
{
    private AsyncTcpChannel? channel;

    public InetEndpoint Remote { get; private set; }

    /// <summary>What goes on the SYN, if it may; empty for an ordinary handshake.</summary>
    public ReadOnlyMemory<byte> First { get; private set; }

    /// <summary>Bytes of it that TCP has taken.</summary>
    public int Written { get; set; }

    public ValueTask<AsyncTcpConnection> Start(InetEndpoint remote, CancellationToken cancellation, ReadOnlyMemory<byte> first = default)
    {
        Remote = remote;
        First = first;
        Written = 0;
        Submit(cancellation);
        return new ValueTask<AsyncTcpConnection>(this, Version);
    }

    public AsyncTcpConnection GetResult(short token)
    {
        var exception = Take(token, out _);
        var connected = channel;
        channel = null;
        First = default;
        var written = Written;
        Sockets.Connects.Return(this);
        return exception is null ? new AsyncTcpConnection(connected!) { FirstWritten = written } : throw exception;
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
