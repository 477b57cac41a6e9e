namespace Millrace.Sockets;

/// <summary>The application over TCP behind <see cref="BsdSockets"/>: it has no port of its own.</summary>
public struct BsdTcp(BsdSockets sockets) : ITcpHandler
{
    public void Connected(TcpSocket socket) => sockets.Connected(socket);

    public readonly void Received(TcpSocket socket)
    {
    }

    public readonly void Writable(TcpSocket socket)
    {
    }

    public readonly void PeerClosed(TcpSocket socket)
    {
    }

    public void Closed(TcpSocket socket, TcpCloseReason reason) => sockets.Closed(socket, reason);
}

/// <summary>The application over UDP behind <see cref="BsdSockets"/>.</summary>
public struct BsdUdp(BsdSockets sockets) : IUdpHandler
{
    public void Received(UdpDatagram datagram) => sockets.Received(datagram);
}
