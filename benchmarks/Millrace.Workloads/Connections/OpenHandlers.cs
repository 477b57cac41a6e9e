using System.Buffers.Binary;
using Millrace.Sockets;
using Millrace.Tcp;

namespace Millrace.Workloads.Connections;

/// <summary>The client's connections, and the ping that goes from one to the next.</summary>
internal sealed class PingRound(int count)
{
    public const int Length = 64;

    private readonly byte[] ping = new byte[Length];
    private readonly byte[] pong = new byte[Length];

    /// <summary>TCP of the client, known when its stack is made.</summary>
    public TcpSockets? Sockets { get; set; }

    public TcpSocketId[] Connections { get; } = new TcpSocketId[count];

    /// <summary>How many of the connections take part: with one it stays at the first.</summary>
    public int InTurn { get; set; } = 1;

    public int Connected { get; set; }

    public int Closed { get; set; }

    /// <summary>Answers that were whole and right.</summary>
    public long Answered { get; private set; }

    public long Wrong { get; private set; }

    private int at;

    /// <summary>Sends the next ping, with a number that no other has.</summary>
    public void Ping()
    {
        at = at + 1 < InTurn ? at + 1 : 0;
        BinaryPrimitives.WriteInt64LittleEndian(ping, Answered);
        BinaryPrimitives.WriteInt64LittleEndian(ping.AsSpan(Length - sizeof(long)), ~Answered);
        if (!Sockets!.TryGet(Connections[at], out var socket) || socket.Write(ping) != Length)
        {
            Wrong++;
        }
    }

    public void Take(TcpSocket socket)
    {
        if (socket.Readable < Length)
        {
            return;
        }

        if (socket.Id != Connections[at] || socket.Read(pong) != Length || socket.Readable != 0 || !pong.AsSpan().SequenceEqual(ping))
        {
            Wrong++;
        }

        Answered++;
    }
}

/// <summary>Takes an answer; what is pinged next is the round's.</summary>
internal readonly struct Pinger(PingRound round) : ITcpHandler
{
    public void Connected(TcpSocket socket) => round.Connected++;

    public void Received(TcpSocket socket)
    {
        var answered = round.Answered;
        round.Take(socket);
        if (round.Answered != answered)
        {
            round.Ping();
        }
    }

    public void Writable(TcpSocket socket)
    {
    }

    public void PeerClosed(TcpSocket socket)
    {
    }

    public void Closed(TcpSocket socket, TcpCloseReason reason) => round.Closed++;
}

/// <summary>Answers with what it was sent.</summary>
internal readonly struct Echo : ITcpHandler
{
    public void Connected(TcpSocket socket)
    {
    }

    public void Received(TcpSocket socket)
    {
        for (var piece = socket.Peek(); !piece.IsEmpty; piece = socket.Peek())
        {
            if (socket.Write(piece) != piece.Length)
            {
                throw new InvalidOperationException("There was no room for an answer: the sockets' share is too small for the round.");
            }

            socket.Consume(piece.Length);
        }
    }

    public void Writable(TcpSocket socket)
    {
    }

    public void PeerClosed(TcpSocket socket) => socket.Close();

    public void Closed(TcpSocket socket, TcpCloseReason reason)
    {
    }
}
