using Millrace.Sockets;

namespace Millrace.Workloads.PingPong;

/// <summary>The client's side: asks with 64 bytes that are never the same, and compares the answer with them.</summary>
public sealed class Pinger
{
    public const int Length = 64;

    private readonly byte[] question = new byte[Length];
    private readonly byte[] answer = new byte[Length];
    private int read;

    public TcpSocketId Id { get; set; }

    /// <summary>Answers that have come.</summary>
    public long Answered { get; private set; }

    /// <summary>Questions to ask in all, so far; the next goes when the answer to the last has come.</summary>
    public long Goal { get; set; }

    public bool IsRight { get; private set; } = true;

    public void Ask(TcpSocket socket)
    {
        BitConverter.TryWriteBytes(question.AsSpan((int)(Answered % 7) * 8), Answered);
        IsRight &= socket.Write(question) == Length;
    }

    public void Receive(TcpSocket socket)
    {
        read += socket.Read(answer.AsSpan(read));
        if (read < Length)
        {
            return;
        }

        read = 0;
        IsRight &= answer.AsSpan().SequenceEqual(question);
        Answered++;
        if (Answered < Goal)
        {
            Ask(socket);
        }
    }
}

public struct PingHandler(Pinger pinger) : ITcpHandler
{
    public void Connected(TcpSocket socket) => pinger.Id = socket.Id;

    public void Received(TcpSocket socket) => pinger.Receive(socket);

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

/// <summary>Answers with what it was sent, out of a buffer of its own.</summary>
public struct PongHandler(byte[] buffer) : ITcpHandler
{
    public void Connected(TcpSocket socket)
    {
    }

    public void Received(TcpSocket socket)
    {
        var count = socket.Read(buffer);
        socket.Write(buffer.AsSpan(0, count));
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
