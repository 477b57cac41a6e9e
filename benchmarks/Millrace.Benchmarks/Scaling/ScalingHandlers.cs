using Millrace.Sockets;

namespace Millrace.Benchmarks.Scaling;

/// <summary>What one worker's handlers have done; in the middle of memory of its own, so that workers do not share a cache line.</summary>
public sealed class ScalingTally
{
    private const int Middle = 32;

    private readonly long[] cells = new long[2 * Middle];

    /// <summary>Bytes, transactions or packets, by the workload.</summary>
    public ref long Units => ref cells[Middle];

    /// <summary>Datagrams for which there was no room; each ends one volley.</summary>
    public ref long Unsent => ref cells[Middle + 1];

    public byte[] Chunk { get; } = new byte[16 * 1024];
}

/// <summary>Writes for ever.</summary>
public struct BulkSource(ScalingTally tally) : ITcpHandler
{
    public void Connected(TcpSocket socket) => Fill(socket);

    public void Received(TcpSocket socket)
    {
    }

    public void Writable(TcpSocket socket) => Fill(socket);

    public void PeerClosed(TcpSocket socket)
    {
    }

    public void Closed(TcpSocket socket, TcpCloseReason reason)
    {
    }

    private void Fill(TcpSocket socket)
    {
        while (socket.Write(tally.Chunk) == tally.Chunk.Length)
        {
        }
    }
}

/// <summary>Takes whatever comes and counts its bytes.</summary>
public struct BulkSink(ScalingTally tally) : ITcpHandler
{
    public void Connected(TcpSocket socket)
    {
    }

    public void Received(TcpSocket socket)
    {
        for (var piece = socket.Peek(); !piece.IsEmpty; piece = socket.Peek())
        {
            tally.Units += piece.Length;
            socket.Consume(piece.Length);
        }
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

/// <summary>Asks, waits for the whole answer, and asks again.</summary>
public struct Requester(ScalingTally tally) : ITcpHandler
{
    public const int Length = 64;

    private int read;

    public void Connected(TcpSocket socket) => Ask(socket);

    public void Received(TcpSocket socket)
    {
        for (var piece = socket.Peek(); !piece.IsEmpty; piece = socket.Peek())
        {
            read += piece.Length;
            socket.Consume(piece.Length);
        }

        if (read == Length)
        {
            read = 0;
            tally.Units++;
            Ask(socket);
        }
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

    private readonly void Ask(TcpSocket socket) => socket.Write(tally.Chunk.AsSpan(0, Length));
}

/// <summary>Answers with what it was sent.</summary>
public struct Responder : ITcpHandler
{
    public void Connected(TcpSocket socket)
    {
    }

    public void Received(TcpSocket socket)
    {
        for (var piece = socket.Peek(); !piece.IsEmpty; piece = socket.Peek())
        {
            socket.Write(piece);
            socket.Consume(piece.Length);
        }
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

/// <summary>Sends every datagram back, at both ends, for ever.</summary>
public struct Volley(ScalingTally tally) : IUdpHandler
{
    public void Received(UdpDatagram datagram)
    {
        tally.Units++;
        if (!datagram.Reply(datagram.Data))
        {
            tally.Unsent++;
        }
    }
}
