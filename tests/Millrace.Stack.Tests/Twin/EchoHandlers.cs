using Millrace.Sockets;

namespace Millrace.Stack.Tests.Twin;

/// <summary>Sends back what comes, as far as there is room, and closes after the peer.</summary>
internal struct EchoHandler : ITcpHandler
{
    public void Connected(TcpSocket socket)
    {
    }

    public void Received(TcpSocket socket)
    {
        for (var piece = socket.Peek(); !piece.IsEmpty; piece = socket.Peek())
        {
            var written = socket.Write(piece);
            if (written == 0)
            {
                return;
            }

            socket.Consume(written);
        }

        if (socket.IsPeerClosed)
        {
            socket.Shutdown();
        }
    }

    public void Writable(TcpSocket socket) => Received(socket);

    public void PeerClosed(TcpSocket socket) => Received(socket);

    public void Closed(TcpSocket socket, TcpCloseReason reason)
    {
    }
}

/// <summary>Takes everything and says nothing.</summary>
internal struct SinkHandler : ITcpHandler
{
    public long Taken;

    public void Connected(TcpSocket socket)
    {
    }

    public void Received(TcpSocket socket)
    {
        for (var piece = socket.Peek(); !piece.IsEmpty; piece = socket.Peek())
        {
            Taken += piece.Length;
            socket.Consume(piece.Length);
        }
    }

    public void Writable(TcpSocket socket)
    {
    }

    public void PeerClosed(TcpSocket socket)
    {
        Received(socket);
        socket.Shutdown();
    }

    public void Closed(TcpSocket socket, TcpCloseReason reason)
    {
    }
}

/// <summary>Never reads: what comes stays in the receive queue.</summary>
internal struct HoardingHandler : ITcpHandler
{
    public void Connected(TcpSocket socket)
    {
    }

    public void Received(TcpSocket socket)
    {
    }

    public void Writable(TcpSocket socket)
    {
    }

    public void PeerClosed(TcpSocket socket)
    {
    }

    public void Closed(TcpSocket socket, TcpCloseReason reason)
    {
    }
}

/// <summary>Answers each datagram with its bytes.</summary>
internal struct UdpEchoHandler : IUdpHandler
{
    public void Received(UdpDatagram datagram) => datagram.Reply(datagram.Data);
}

/// <summary>Counts datagrams.</summary>
internal struct UdpSinkHandler : IUdpHandler
{
    public long Count;

    public void Received(UdpDatagram datagram) => Count++;
}

/// <summary>Writes as much as there is room for, for ever.</summary>
internal struct FloodHandler : ITcpHandler
{
    private static readonly byte[] Water = new byte[32 * 1024];

    public void Connected(TcpSocket socket) => Writable(socket);

    public void Received(TcpSocket socket) => socket.Consume(socket.Readable);

    public void Writable(TcpSocket socket)
    {
        while (socket.Write(Water) == Water.Length)
        {
        }
    }

    public void PeerClosed(TcpSocket socket)
    {
    }

    public void Closed(TcpSocket socket, TcpCloseReason reason)
    {
    }
}
