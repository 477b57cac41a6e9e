using System.Runtime.CompilerServices;
using Millrace.Headers;
using Millrace.Memory;

namespace Millrace.Ip;

/// <summary>
/// Packets for others (net/ipv4/ip_forward.c). Every interface forwards if one does, nothing looks at the way back (rp_filter 0),
/// and no redirect is sent.
/// </summary>
public sealed partial class Ipv4Layer
{
    /// <summary>Lets the FIB's entries for a burst be on their way, if it is so large that they are not near.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal void Prefetch(ReadOnlySpan<Frame> burst)
    {
        forwarder?.Prefetch(burst, arena.Frames);
    }

    /// <summary>
    /// Sends a packet on: its header was checked, its source could be one, and it is not for this host. What it does not send
    /// it answers as RFC 1812 asks.
    /// </summary>
    private Verdict Forward(Frame packet, int offset, ref FrameMetadata metadata)
    {
        var header = Arena.Data(ref metadata).Slice(offset - metadata.DataOffset);
        var destination = Ipv4Header.Destination(header);
        var verdict = CheckForwardable(ref metadata, Ipv4Header.Source(header), destination);
        if (!verdict.IsContinue)
        {
            return verdict;
        }

        if (forwarder is null)
        {
            // switched on while the stack runs
            StartForwarding();
        }

        if (routes.TryFind(destination, out var route) && route.Kind != RouteKind.Unicast)
        {
            return RefuseAs(packet, route.Kind);
        }

        verdict = Refresh(ref hops.Place(destination), destination);
        if (!verdict.IsContinue)
        {
            return verdict.Reason == DropReason.IpOutNoRoutes
                ? Refuse(packet, DropReason.IpInNoRoutes, IcmpType.DestinationUnreachable, IcmpUnreachable.Network)
                : verdict;
        }

        var hop = hops.Place(destination);
        if (hop.Kind != HopKind.Unicast)
        {
            return Verdict.Drop(DropReason.IpInvalidDestination);
        }

        if (Ipv4Header.TimeToLive(header) <= 1)
        {
            return Refuse(packet, DropReason.IpInHeader, IcmpType.TimeExceeded, IcmpTimeExceeded.Transit);
        }

        // not what ICMP said of the path: who forges that would narrow it for others (ip_forward_use_pmtu 0)
        var mtu = links[hop.Interface].NetworkInterface.Mtu;
        var exceeds = LengthOnTheWire(header, in metadata) > mtu;
        if (exceeds && (Ipv4Header.FragmentWord(header) & Ipv4Header.DontFragment) != 0)
        {
            return Refuse(packet, DropReason.PacketTooBig, IcmpType.DestinationUnreachable, IcmpUnreachable.FragmentationNeeded, mtu);
        }

        Ipv4Header.DecrementTimeToLive(header);
        metadata.TransportOffset = (ushort)(offset + Ipv4Header.HeaderLength(header));
        verdict = RunForwardHooks(packet, ref metadata, hop.Interface);
        if (!verdict.IsContinue)
        {
            return verdict;
        }

        TakeOffLink(offset, ref metadata);
        return exceeds ? ForwardInFragments(packet, ref metadata, in hop, mtu) : ForwardWhole(packet, ref metadata, in hop);
    }

    /// <summary>What no router sends on (RFC 1812 §5.3): only what came to this host alone, from one host to another.</summary>
    private Verdict CheckForwardable(ref FrameMetadata metadata, uint source, uint destination)
    {
        if (EthernetHeader.Destination(Arena.Slot(ref metadata).Slice(metadata.NetworkOffset - EthernetHeader.Length))
            != links[metadata.Interface].NetworkInterface.Address)
        {
            return Verdict.Drop(DropReason.OtherHost);
        }

        if (source == 0)
        {
            return Verdict.Drop(DropReason.IpInvalidSource);
        }

        var isForNobody = Ipv4Kind.IsLoopback(destination) || Ipv4Kind.IsZeroNetwork(destination) || Ipv4Kind.IsMulticast(destination);
        return isForNobody ? Verdict.Drop(DropReason.IpInvalidDestination) : Verdict.Continue;
    }

    /// <summary>What the kinds of route that lead nowhere answer (fib_props, ip_error).</summary>
    private Verdict RefuseAs(Frame packet, RouteKind kind) => kind switch
    {
        RouteKind.Unreachable => Refuse(packet, DropReason.IpInNoRoutes, IcmpType.DestinationUnreachable, IcmpUnreachable.Host),
        RouteKind.Prohibit => Refuse(packet, DropReason.IpInNoRoutes, IcmpType.DestinationUnreachable, IcmpUnreachable.Filtered),
        _ => Verdict.Drop(DropReason.IpInNoRoutes),
    };

    private Verdict Refuse(Frame packet, DropReason reason, IcmpType type, byte code, int mtu = 0)
    {
        icmpSender.SendError(packet, type, code, Now, mtu);
        return Verdict.Drop(reason);
    }

    /// <summary>Bytes of the network packets that leave: of a merged packet those of a segment (skb_gso_validate_network_len).</summary>
    private static int LengthOnTheWire(ReadOnlySpan<byte> header, in FrameMetadata metadata)
    {
        if (metadata.GsoSize == 0)
        {
            return Ipv4Header.TotalLength(header);
        }

        var networkLength = Ipv4Header.HeaderLength(header);
        var transport = header.Slice(networkLength);
        var transportLength = Ipv4Header.Protocol(header) == IpProtocol.Tcp && transport.Length > TcpDataOffset
            ? transport[TcpDataOffset] >> 4 << 2
            : UdpHeader.Length;
        return networkLength + transportLength + metadata.GsoSize;
    }

    /// <summary>Makes a received packet one that begins with its network header, and forgets the VLAN that it came in by.</summary>
    private static void TakeOffLink(int offset, ref FrameMetadata metadata)
    {
        var linkLength = offset - metadata.DataOffset;
        metadata.DataOffset = (ushort)offset;
        metadata.DataLength = (ushort)(metadata.DataLength - linkLength);
        metadata.TotalLength -= linkLength;
        metadata.Flags &= ~FrameFlags.Vlan;
        metadata.VlanTci = 0;
    }

    private Verdict ForwardWhole(Frame packet, ref FrameMetadata metadata, in Hop hop)
    {
        // what waits must not keep frames from the receive ring
        if (neighbours.HasToWait(hop.Neighbour) && !TryMoveShare(packet, Share.Reserve))
        {
            return Verdict.Drop(DropReason.NoMemory);
        }

        var wirePackets = metadata.WirePackets;
        var verdict = neighbours.Resolve(hop.Neighbour, packet, Now);
        if (hop.NextHop == hop.Destination)
        {
            forwarder?.Adjoin(hop.Neighbour);
        }

        if (verdict.Kind == VerdictKind.Held)
        {
            // it is egress that holds it now
            ledger.Forwarded += wirePackets;
        }

        return verdict.IsContinue ? Verdict.Transmit : verdict;
    }

    private Verdict ForwardInFragments(Frame packet, ref FrameMetadata metadata, in Hop hop, int mtu)
    {
        // a merged packet is one long segment as well: its checksum is that of the whole until it is cut
        metadata.GsoSize = 0;
        var wirePackets = metadata.WirePackets;
        var verdict = Fragment(packet, ref metadata, in hop, mtu);
        if (verdict.Kind == VerdictKind.Held)
        {
            ledger.Forwarded += wirePackets;
        }

        return verdict;
    }

    private bool TryMoveShare(Frame packet, Share share)
    {
        for (var frame = packet; !frame.IsNone; frame = arena.Metadata(frame).NextFragment)
        {
            if (!arena.TryMoveShare(frame, share))
            {
                return false;
            }
        }

        return true;
    }
}
