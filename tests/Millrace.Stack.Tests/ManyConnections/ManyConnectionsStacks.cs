using Millrace.Sockets;

namespace Millrace.Stack.Tests.ManyConnections;

[NetworkStack]
[NicQueues(1)]
[Ipv4("10.0.0.1/24")]
[Tcp(SoMaxConn = 256)]
[TcpHandler<Answering>(80, Connections = 50_000)]
[TcpHandler<Answering>(81, Connections = 50_000)]
internal sealed partial class ManyServer;

[NetworkStack]
[NicQueues(1)]
[Ipv4("10.0.0.2/24")]
[Tcp(LocalPortMinimum = 1024, LocalPortMaximum = 65_535, MaxTimeWaitBuckets = 1_000)]
[TcpHandler<Asking>(Connections = 100_000)]
internal sealed partial class ManyClient;

/// <summary>What the handlers of both ends count.</summary>
internal sealed class ManyTally
{
    public int Connected;
    public int Answered;
    public int Closed;
    public int ClosedByServer;
    public int Wrong;
}

internal readonly struct Answering(ManyTally tally) : ITcpHandler
{
    public void Connected(TcpSocket socket)
    {
    }

    public void Received(TcpSocket socket)
    {
        var piece = socket.Peek();
        tally.Wrong += socket.Write(piece) == piece.Length ? 0 : 1;
        socket.Consume(piece.Length);
    }

    public void Writable(TcpSocket socket)
    {
    }

    public void PeerClosed(TcpSocket socket) => socket.Close();

    public void Closed(TcpSocket socket, TcpCloseReason reason)
    {
        tally.ClosedByServer++;
        tally.Wrong += reason == TcpCloseReason.Closed ? 0 : 1;
    }
}

internal readonly struct Asking(ManyTally tally) : ITcpHandler
{
    public void Connected(TcpSocket socket) => tally.Connected++;

    public void Received(TcpSocket socket)
    {
        // each sends its own port, which no other connection to the same port of the server has
        Span<byte> read = stackalloc byte[3];
        tally.Wrong += socket.Read(read) == 2 && (read[0] | (read[1] << 8)) == socket.Local.Port ? 0 : 1;
        tally.Answered++;
    }

    public void Writable(TcpSocket socket)
    {
    }

    public void PeerClosed(TcpSocket socket)
    {
    }

    public void Closed(TcpSocket socket, TcpCloseReason reason)
    {
        tally.Closed++;
        tally.Wrong += reason == TcpCloseReason.Closed ? 0 : 1;
    }
}
