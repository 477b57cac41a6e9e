using Millrace.Sockets;

namespace SteeringLab.Traffic;

/// <summary>The server's side of a connection: reads, and compares every byte in place.</summary>
public struct TcpSink(FlowSight sight) : ITcpHandler
{
    private Flow? flow;

    public void Connected(TcpSocket socket) => flow = sight.Board.Find(socket.Remote.Port);

    public readonly void Received(TcpSocket socket)
    {
        for (var piece = socket.Peek(); !piece.IsEmpty; piece = socket.Peek())
        {
            flow?.Check(piece);
            socket.Consume(piece.Length);
        }
    }

    public readonly void Writable(TcpSocket socket)
    {
    }

    public readonly void PeerClosed(TcpSocket socket) => socket.Shutdown();

    public readonly void Closed(TcpSocket socket, TcpCloseReason reason)
    {
    }
}

/// <summary>The server's side of the datagrams.</summary>
public readonly struct UdpSink(FlowSight sight) : IUdpHandler
{
    public void Received(UdpDatagram datagram) => sight.Board.Find(datagram.Source.Port)?.CheckDatagram(datagram.Data);
}
