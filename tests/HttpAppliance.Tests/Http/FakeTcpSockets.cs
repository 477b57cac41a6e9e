using Millrace.Headers;
using Millrace.Sockets;
using Millrace.Tcp;

namespace HttpAppliance.Tests.Http;

/// <summary>TCP as an application sees it, with one connection in it and the test at the other end.</summary>
internal sealed class FakeTcpSockets : TcpSockets
{
    private static readonly TcpSocketId Id = new(3, 1);

    private readonly Queue<byte[]> pieces = new();
    private readonly MemoryStream sent = new();
    private int pieceOffset;
    private int room;

    /// <param name="sendBuffer">Bytes that can be written before the test takes them.</param>
    public FakeTcpSockets(int sendBuffer = int.MaxValue) => SendBuffer = room = sendBuffer;

    public int SendBuffer { get; }

    public bool WasCutShort { get; set; }

    public bool IsShutdown { get; private set; }

    public bool IsAborted { get; private set; }

    public bool HasPeerClosed { get; set; }

    public TcpSocket Socket => new(this, Id.Index);

    public int UnreadPieces => pieces.Count;

    public void Arrive(ReadOnlySpan<byte> bytes) => pieces.Enqueue(bytes.ToArray());

    /// <summary>Takes everything that was written, which makes room for more.</summary>
    public byte[] Take()
    {
        var bytes = sent.ToArray();
        sent.SetLength(0);
        room = SendBuffer;
        return bytes;
    }

    public override bool TryGet(TcpSocketId id, out TcpSocket socket)
    {
        socket = Socket;
        return id == Id && !IsAborted;
    }

    public override ReadOnlySpan<byte> Peek(int index) => pieces.TryPeek(out var piece) ? piece.AsSpan(pieceOffset) : default;

    public override void Consume(int index, int count)
    {
        if (count == 0)
        {
            return;
        }

        Assert.True(pieces.TryPeek(out var piece) && count <= piece.Length - pieceOffset, "more was consumed than was shown");
        pieceOffset += count;
        if (pieceOffset == piece.Length)
        {
            pieces.Dequeue();
            pieceOffset = 0;
        }
    }

    public override int Write(int index, ReadOnlySpan<byte> source)
    {
        Assert.False(IsShutdown || IsAborted, "a write after the end");
        var count = Math.Min(source.Length, room);
        sent.Write(source[..count]);
        room -= count;
        WasCutShort |= count < source.Length;
        return count;
    }

    public override void Shutdown(int index) => IsShutdown = true;

    public override void Close(int index) => throw new NotSupportedException();

    public override void Abort(int index) => IsAborted = true;

    public override void SetNoDelay(int index, bool value)
    {
    }

    public override TcpSocketId IdOf(int index) => Id;

    public override int WritableOf(int index) => room;

    public override int ReadableOf(int index) => pieces.Sum(piece => piece.Length) - pieceOffset;

    public override bool IsPeerClosed(int index) => HasPeerClosed;

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
