using Millrace.Sockets;

namespace Millrace.Benchmarks.Stages;

/// <summary>Takes bytes where they lie and forgets them (RFC 863).</summary>
public struct Discarding : ITcpHandler
{
    public readonly void Connected(TcpSocket socket)
    {
    }

    public readonly void Received(TcpSocket socket) => socket.Consume(socket.Readable);

    public readonly void Writable(TcpSocket socket)
    {
    }

    public readonly void PeerClosed(TcpSocket socket) => socket.Shutdown();

    public readonly void Closed(TcpSocket socket, TcpCloseReason reason)
    {
    }
}

/// <summary>Writes whatever fits, from a buffer in the first-level cache.</summary>
public struct Filling : ITcpHandler
{
    private static readonly byte[] Source = new byte[16 * PeerFrames.SegmentSize];

    public readonly void Connected(TcpSocket socket) => Fill(socket);

    public readonly void Received(TcpSocket socket) => socket.Consume(socket.Readable);

    public readonly void Writable(TcpSocket socket) => Fill(socket);

    public readonly void PeerClosed(TcpSocket socket) => socket.Shutdown();

    public readonly void Closed(TcpSocket socket, TcpCloseReason reason)
    {
    }

    private static void Fill(TcpSocket socket)
    {
        while (socket.Write(Source) == Source.Length)
        {
        }
    }
}
