using Millrace.Headers;
using Millrace.Sockets;
using Millrace.Tcp;

namespace HttpAppliance.Tests.Http;

/// <summary>A connection that shows the same request again and again, takes every write and allocates nothing itself.</summary>
internal sealed class QuietTcpSockets(byte[] request) : TcpSockets
{
    private int position = request.Length;

    public TcpSocket Socket => new(this, 0);

    public void Rewind() => position = 0;

    public override ReadOnlySpan<byte> Peek(int index) => request.AsSpan(position);

    public override void Consume(int index, int count) => position += count;

    public override int Write(int index, ReadOnlySpan<byte> source) => source.Length;

    public override TcpSocketId IdOf(int index) => new(0, 1);

    public override bool IsPeerClosed(int index) => false;

    public override void SetNoDelay(int index, bool value)
    {
    }

    public override bool TryGet(TcpSocketId id, out TcpSocket socket) => throw new NotSupportedException();

    public override int WritableOf(int index) => throw new NotSupportedException();

    public override int ReadableOf(int index) => throw new NotSupportedException();

    public override void Shutdown(int index) => throw new NotSupportedException();

    public override void Close(int index) => throw new NotSupportedException();

    public override void Abort(int index) => throw new NotSupportedException();

    public override InetEndpoint LocalOf(int index) => throw new NotSupportedException();

    public override InetEndpoint RemoteOf(int index) => throw new NotSupportedException();

    public override TcpState StateOf(int index) => throw new NotSupportedException();

    public override TcpConnectResult Connect(int application, InetEndpoint remote, out TcpSocketId id, ushort localPort = 0) =>
        throw new NotSupportedException();

    public override TcpConnectResult Connect(
        int application, InetEndpoint remote, ReadOnlySpan<byte> first, out TcpSocketId id, out int written, ushort localPort = 0) =>
        throw new NotSupportedException();

    public override void ChangeFastOpenKey(UInt128 key) => throw new NotSupportedException();

    public override bool TryListen(int application, ushort port, int backlog = 0, int fastOpenQueue = 0) => throw new NotSupportedException();

    public override void StopListening(ushort port) => throw new NotSupportedException();
}
