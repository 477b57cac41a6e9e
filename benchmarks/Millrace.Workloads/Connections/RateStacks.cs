using Millrace.Sockets;

namespace Millrace.Workloads.Connections;

// Timestamps are off as in W1. TIME-WAIT has the profile's 4,096 buckets: when they are full the oldest makes room.

[NetworkStack]
[NicQueues(1)]
[SoftwareChecksum]
[Ipv4("10.0.0.1/24")]
[Tcp(Timestamps = false, Sack = false, CongestionControl = typeof(Millrace.Tcp.NewReno))]
[TcpHandler<Answerer>(80, Connections = 1024, Backlog = 1024)]
internal sealed partial class RateServer;

[NetworkStack]
[NicQueues(1)]
[SoftwareChecksum]
[Ipv4("10.0.0.2/24")]
[Tcp(Timestamps = false, Sack = false, CongestionControl = typeof(Millrace.Tcp.NewReno))]
[TcpHandler<Caller>(Connections = 1024)]
internal sealed partial class RateClient;

// The same with all that Linux has on: timestamps, selective acknowledgment with what belongs to it, CUBIC, small queues.

[NetworkStack]
[NicQueues(1)]
[SoftwareChecksum]
[Ipv4("10.0.0.1/24")]
[Tcp]
[SmallQueues]
[TcpHandler<Answerer>(80, Connections = 1024, Backlog = 1024)]
internal sealed partial class FullRateServer;

[NetworkStack]
[NicQueues(1)]
[SoftwareChecksum]
[Ipv4("10.0.0.2/24")]
[Tcp]
[SmallQueues]
[TcpHandler<Caller>(Connections = 1024)]
internal sealed partial class FullRateClient;

/// <summary>What the handlers of W3 count and check.</summary>
internal sealed class RateTally
{
    /// <summary>Connections that the client has opened and whose end it was told.</summary>
    public long Opened;
    public long Ended;

    /// <summary>Those of them that ended as they should, with the byte that was expected.</summary>
    public long Right;

    public long ServerEnded;
}

/// <summary>Sends a byte when it is connected, closes when another has come.</summary>
internal struct Caller(RateTally tally) : ITcpHandler
{
    private byte sent;
    private bool isAnswered;

    public void Connected(TcpSocket socket)
    {
        sent = (byte)socket.Local.Port;
        Span<byte> one = [sent];
        socket.Write(one);
    }

    public void Received(TcpSocket socket)
    {
        Span<byte> read = stackalloc byte[2];
        isAnswered = socket.Read(read) == 1 && read[0] == (byte)(sent ^ 0xFF);
        socket.Close();
    }

    public readonly void Writable(TcpSocket socket)
    {
    }

    public readonly void PeerClosed(TcpSocket socket)
    {
    }

    public readonly void Closed(TcpSocket socket, TcpCloseReason reason)
    {
        tally.Ended++;
        tally.Right += isAnswered && reason == TcpCloseReason.Closed ? 1 : 0;
    }
}

/// <summary>Answers with the byte's complement, closes when the client has.</summary>
internal readonly struct Answerer(RateTally tally) : ITcpHandler
{
    public void Connected(TcpSocket socket)
    {
    }

    public void Received(TcpSocket socket)
    {
        Span<byte> one = stackalloc byte[1];
        if (socket.Read(one) == 1)
        {
            one[0] ^= 0xFF;
            socket.Write(one);
        }
    }

    public void Writable(TcpSocket socket)
    {
    }

    public void PeerClosed(TcpSocket socket) => socket.Close();

    public void Closed(TcpSocket socket, TcpCloseReason reason) => tally.ServerEnded++;
}
