using System.Threading.Tasks.Sources;

namespace Millrace.Sockets;

/// <summary>A read: the worker copies bytes from the frames of the receive queue into the caller's memory.</summary>
internal sealed class AsyncRead(AsyncSockets sockets, AsyncTcpChannel channel)
    : AsyncTransfer(sockets, channel), IValueTaskSource<int>
{
    private Memory<byte> buffer;

    protected override string Name => "read";

    public ValueTask<int> Start(AsyncTcpConnection connection, Memory<byte> destination, bool stream, CancellationToken cancellation)
    {
        if (cancellation.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<int>(cancellation);
        }

        Claim(connection, stream);
        buffer = destination;
        Submit(cancellation);
        return new ValueTask<int>(this, Version);
    }

    public int GetResult(short token) => End(token);

    /// <summary>Worker: copies what is there; without data the operation stays pending. An empty buffer waits for data.</summary>
    public void Serve(TcpSocket socket)
    {
        if (socket.Readable > 0)
        {
            if (TryGetSpan(out var span))
            {
                Complete(socket.Read(span));
            }
        }
        else if (socket.IsPeerClosed)
        {
            Complete(0);
        }
    }

    protected override void Begin() => Channel.BeginRead();

    protected override void Forget() => buffer = default;

    private bool TryGetSpan(out Span<byte> span)
    {
        try
        {
            span = buffer.Span;
            return true;
        }
        catch (Exception exception)
        {
            // the memory is the caller's own, and so is its failure: the loop goes on
            Fail(exception);
            span = default;
            return false;
        }
    }
}
