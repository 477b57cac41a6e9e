using Millrace.Headers;

namespace Millrace.Sockets;

// What the stack tells its applications, inside a poll.
public sealed partial class BsdSockets
{
    // by the connection's place in TCP's table
    private BsdStream?[] streams = new BsdStream?[16];

    /// <summary>A handshake is over: somebody here opened it, or it waits to be accepted.</summary>
    internal void Connected(TcpSocket socket)
    {
        if (StreamOf(socket.Index) is not null)
        {
            return;
        }

        if (Listener(socket.Local.Port) is { } listener)
        {
            listener.Established(socket);
        }
        else
        {
            socket.Abort();
        }
    }

    internal void Closed(TcpSocket socket, TcpCloseReason reason)
    {
        if (StreamOf(socket.Index) is { } stream)
        {
            streams[socket.Index] = null;
            stream.Ended(socket, reason);
        }
    }

    internal void Received(UdpDatagram datagram)
    {
        BsdDatagram? best = null;
        var bestScore = -1;
        foreach (var socket in DatagramPorts.On(datagram.Destination.Port))
        {
            var candidate = (BsdDatagram)socket;
            var score = candidate.Score(datagram.Source, datagram.Destination.Address);
            if (score > bestScore)
            {
                best = candidate;
                bestScore = score;
            }
        }

        best?.Queue(datagram.Data, datagram.Source);
    }

    internal void SetStream(int index, BsdStream? stream)
    {
        if (index >= streams.Length)
        {
            Array.Resize(ref streams, Math.Max(index + 1, 2 * streams.Length));
        }

        streams[index] = stream;
    }

    private BsdStream? StreamOf(int index) => index < streams.Length ? streams[index] : null;

    private BsdStream? Listener(ushort port)
    {
        foreach (var socket in StreamPorts.On(port))
        {
            if (socket is BsdStream { IsListening: true } listener)
            {
                return listener;
            }
        }

        return null;
    }
}
