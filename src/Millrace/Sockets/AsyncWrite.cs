using System.Threading.Tasks.Sources;

namespace Millrace.Sockets;

/// <summary>A write: complete when the send buffer has taken every byte.</summary>
internal sealed class AsyncWrite(AsyncSockets sockets, AsyncTcpChannel channel)
    : AsyncTransfer(sockets, channel), IValueTaskSource, IValueTaskSource<int>
{
    private ReadOnlyMemory<byte> buffer;
    private int written;

    protected override string Name => "write";

    public ValueTask Start(
        AsyncTcpConnection connection, ReadOnlyMemory<byte> source, bool stream, CancellationToken cancellation)
    {
        if (cancellation.IsCancellationRequested)
        {
            return ValueTask.FromCanceled(cancellation);
        }

        Claim(connection, stream);
        buffer = source;
        written = 0;
        Submit(cancellation);
        return new ValueTask(this, Version);
    }

    public int GetResult(short token) => End(token);

    void IValueTaskSource.GetResult(short token) => End(token);

    /// <summary>Worker: gives the send buffer what it takes.</summary>
    public void Serve(TcpSocket socket)
    {
        if (TryGetSpan(out var span))
        {
            written += socket.Write(span[written..]);
            if (written == span.Length)
            {
                Complete(written);
            }
        }
    }

    protected override void Begin() => Channel.BeginWrite();

    protected override void Withdraw() => Channel.WithdrawWrite();

    protected override void Forget() => buffer = default;

    private bool TryGetSpan(out ReadOnlySpan<byte> span)
    {
        try
        {
            span = buffer.Span;
            return true;
        }
        catch (Exception exception)
        {
            Fail(exception);
            span = default;
            return false;
        }
    }
}
