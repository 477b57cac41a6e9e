using Millrace.Headers;
using Millrace.Sockets;
using Millrace.Tcp;

namespace SteeringLab.Traffic;

/// <summary>
/// Sends the flows' traffic, in turns, from within the generator's loop: bytes are written to connections in its timer, and datagrams
/// get what room TCP leaves in the outbox. Nothing but handshakes is sent until all connections are established and the server
/// has seen a packet, or most of it would be lost while its address is resolved.
/// </summary>
public sealed class TrafficSource
{
    private const int SegmentLength = 1448;
    private const long NanosecondsPerSecond = 1_000_000_000;

    /// <summary>Packets of one turn at most; saved-up time allows no more.</summary>
    private const long TurnPackets = 256;

    /// <summary>Nanoseconds until another turn when nothing was taken, or nothing is due.</summary>
    private const long RetryAfter = 50_000;

    /// <summary>Nanoseconds from one first datagram to the next while the server has seen none.</summary>
    private const long KnockEvery = 10_000_000;

    private readonly long load;
    private readonly int connectionCount;
    private readonly TcpSocketId[] connections;
    private readonly byte[] datagram = new byte[Datagram.Length];
    private volatile bool stopping;
    private volatile string? failure;
    private bool opened;
    private bool ready;
    private int turn;
    private int connected;
    private long credit;
    private long creditedAt;

    // what the datagrams of this turn may still be, by flow
    private readonly int[] due;
    private int dueTurn;
    private long dueTotal;

    /// <param name="load">Packets a second of all flows; 0 for as many as are taken.</param>
    internal TrafficSource(FlowBoard board, long load)
    {
        Board = board;
        this.load = load;
        connections = new TcpSocketId[board.Flows.Count];
        due = new int[board.Flows.Count];
        connectionCount = board.Flows.Count(flow => flow.Protocol == IpProtocol.Tcp);
    }

    internal FlowBoard Board { get; }

    /// <summary>Why the traffic is not what was asked for, or null.</summary>
    internal string? Failure => failure;

    internal long NextDeadline { get; private set; }

    /// <summary>Nothing new is sent from now on. Any thread.</summary>
    internal void Stop() => stopping = true;

    internal void Established(ushort port, TcpSocketId id)
    {
        if (Board.Find(port) is { } flow)
        {
            connections[flow.Index] = id;
            connected++;
        }
    }

    internal void Ended(ushort port, TcpCloseReason reason) => failure = $"the connection from port {port} ended: {reason}";

    /// <summary>Writes what is due to the connections, and notes how many datagrams are.</summary>
    internal void Advance(TcpSockets tcp, UdpSockets udp, long now)
    {
        if (!opened)
        {
            opened = true;
            creditedAt = now;
            Open(tcp);
        }

        if (stopping)
        {
            NextDeadline = long.MaxValue;
            Array.Clear(due);
            dueTotal = 0;
        }
        else if (ready || IsReady(udp))
        {
            ready = true;
            NextDeadline = TakeTurns(tcp, now) && load == 0 ? now : now + RetryAfter;
        }
        else
        {
            creditedAt = now;
            NextDeadline = now + KnockEvery;
        }
    }

    /// <summary>Sends the datagrams that are due.</summary>
    /// <returns>Whether some found no room.</returns>
    internal bool FillOutbox(UdpSockets udp)
    {
        for (var left = due.Length; left > 0 && dueTotal > 0; left--)
        {
            var flow = Board.Flows[dueTurn];
            for (; due[dueTurn] > 0; due[dueTurn]--, dueTotal--)
            {
                if (!TrySend(udp, flow))
                {
                    return true;
                }
            }

            dueTurn = dueTurn + 1 == due.Length ? 0 : dueTurn + 1;
        }

        return false;
    }

    private void Open(TcpSockets tcp)
    {
        foreach (var flow in Board.Flows)
        {
            if (flow.Protocol == IpProtocol.Tcp
                && tcp.Connect(0, flow.Destination, out _, flow.Source.Port) is var result and not TcpConnectResult.Opening)
            {
                failure = $"the generator cannot connect from port {flow.Source.Port}: {result}";
            }
        }
    }

    private bool IsReady(UdpSockets udp)
    {
        if (connected < connectionCount)
        {
            return false;
        }

        if (connectionCount > 0 || Board.Flows[0].Packets > 0)
        {
            return true;
        }

        TrySend(udp, Board.Flows[0]);
        return false;
    }

    /// <returns>Whether anything was taken.</returns>
    private bool TakeTurns(TcpSockets tcp, long now)
    {
        var allowed = Allowance(now);
        long sent = 0;
        for (var i = 0; i < Board.Flows.Count && sent < allowed; i++)
        {
            var flow = Board.Flows[turn];
            sent += flow.Protocol == IpProtocol.Tcp ? Write(tcp, flow) : Owe(flow);
            turn = turn + 1 == Board.Flows.Count ? 0 : turn + 1;
        }

        credit -= sent;
        return sent > 0;
    }

    /// <summary>Packets that may be sent in this turn.</summary>
    private long Allowance(long now)
    {
        if (load == 0)
        {
            return credit = TurnPackets;
        }

        var earned = (long)((Int128)(now - creditedAt) * load / NanosecondsPerSecond);
        creditedAt += (long)((Int128)earned * NanosecondsPerSecond / load);
        return credit = Math.Min(credit + earned, TurnPackets);
    }

    /// <returns>Segments that the bytes written will make.</returns>
    private int Write(TcpSockets tcp, Flow flow)
    {
        if (!tcp.TryGet(connections[flow.Index], out var socket))
        {
            return 0;
        }

        var written = socket.Write(StreamPattern.At(flow.Index, flow.SentBytes, flow.Weight * SegmentLength));
        flow.SentBytes += written;
        return (written + SegmentLength - 1) / SegmentLength;
    }

    /// <returns>Datagrams that are due now and were not before.</returns>
    private int Owe(Flow flow)
    {
        var more = flow.Weight - due[flow.Index];
        due[flow.Index] = flow.Weight;
        dueTotal += more;
        return more;
    }

    private bool TrySend(UdpSockets udp, Flow flow)
    {
        Datagram.Write(datagram, flow.Index, flow.SentDatagrams);
        if (!udp.TrySend(flow.Source, flow.Destination, datagram))
        {
            return false;
        }

        flow.SentDatagrams++;
        flow.SentBytes += Datagram.Length;
        return true;
    }
}
