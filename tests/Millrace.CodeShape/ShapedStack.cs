using System.Runtime.CompilerServices;
using Millrace.Headers;
using Millrace.Sockets;

namespace Millrace.CodeShape;

/// <summary>The stack whose machine code is looked at: every stage of ours that a packet passes, and three of a user's.</summary>
[NetworkStack]
[NicQueues(1)]
[Napi(Weight = 64)]
[Stage<FrameSizes>]
[ChecksumOffload]
[Gro]
[Stage<PortFilter>]
[Ipv4("10.0.0.2/24")]
[Stage<Runts>]
[Udp]
[UdpHandler<Sink>(7)]
[Tcp]
[TcpHandler<Discard>(9, Connections = 16)]
[Gso]
public sealed partial class ShapedStack;

/// <summary>A histogram of lengths.</summary>
public struct FrameSizes : IIngressStage
{
    private Buckets buckets;

    public readonly long Short => buckets[0];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Verdict Receive(ref Packet packet)
    {
        buckets[(packet.TotalLength >> 9) & 3]++;
        return Verdict.Continue;
    }

    [InlineArray(4)]
    private struct Buckets
    {
        private long first;
    }
}

/// <summary>Refuses datagrams to port 9 before the network layer sees them.</summary>
public struct PortFilter : IIngressStage
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Verdict Receive(ref Packet packet)
    {
        var data = packet.Data;
        return data.Length >= 24 && data[9] == (byte)IpProtocol.Udp && data[0] == 0x45 && data[23] == 9 && data[22] == 0
            ? Verdict.Drop(DropReason.StagePolicy)
            : Verdict.Continue;
    }
}

/// <summary>Counts packets behind the network layer that are shorter than a header.</summary>
public struct Runts : IIngressStage
{
    public long Count;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Verdict Receive(ref Packet packet)
    {
        Count += packet.TotalLength < 8 ? 1 : 0;
        return Verdict.Continue;
    }
}

/// <summary>Takes datagrams and looks at one byte.</summary>
public struct Sink : IUdpHandler
{
    public long Bytes;

    public void Received(UdpDatagram datagram) => Bytes += datagram.Data.Length;
}

/// <summary>Takes bytes and forgets them (RFC 863).</summary>
public struct Discard : ITcpHandler
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
