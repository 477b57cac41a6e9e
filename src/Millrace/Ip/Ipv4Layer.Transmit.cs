using System.Runtime.CompilerServices;
using Millrace.Headers;
using Millrace.Memory;

namespace Millrace.Ip;

/// <summary>What goes out: the hop of a destination, and every packet that needs more than a header.</summary>
public sealed partial class Ipv4Layer
{
    private const uint LoopbackAddress = 0x7F00_0001;

    // IP_DEFAULT_MULTICAST_TTL
    private const byte MulticastTtl = 1;

    // where a TCP header says its own length, in words of four bytes in the upper half
    private const int TcpDataOffset = 12;

    internal long HeldEgress => neighbours.HeldPackets + ready.HeldPackets;

    internal bool HasReadyEgress
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => !ready.IsEmpty;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    internal bool TryResumeEgress(out Frame packet) => ready.TryTake(out packet);

    /// <summary>The hop of a destination, ready to be used or not.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal ref Hop HopOf(uint destination) => ref hops.Place(destination);

    /// <summary>Whether a hop is that of the destination, and its neighbour's address is known.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool IsReady(in Hop hop, in Outgoing packet) =>
        hop.Generation == hops.Generation
        && hop.Destination == packet.Destination.Ipv4
        && packet.Destination.IsIpv4
        && hop.Kind == HopKind.Unicast
        && NeighbourOf(in hop).IsReady;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal ref Neighbour NeighbourOf(in Hop hop) => ref neighbours.Table[hop.Neighbour];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal ushort NextIdentification(in Hop hop, int count) => identifications.Next(hop.Identification, count);

    internal MacAddress LinkAddressOf(in Hop hop) => links[hop.Interface].NetworkInterface.Address;

    /// <summary>
    /// Whether a packet leaves in one piece: what counts is a segment of it if it is cut later, but its header must be able
    /// to tell its whole length.
    /// </summary>
    /// <param name="transport">The start of the transport header.</param>
    /// <param name="length">Bytes of transport header and payload.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool Fits(ReadOnlySpan<byte> transport, int length, int gsoSize, IpProtocol protocol, int mtu)
    {
        if (gsoSize != 0)
        {
            var headerLength = protocol == IpProtocol.Tcp ? transport[TcpDataOffset] >> 4 << 2 : UdpHeader.Length;
            return Ipv4Header.Length + headerLength + gsoSize <= mtu && Ipv4Header.Length + length <= Ipv4Header.MaxTotalLength;
        }

        return Ipv4Header.Length + length <= mtu;
    }

    /// <summary>Sends a packet for which the fast path had no ready hop, or which does not fit.</summary>
    /// <returns>Continue if the packet has its link header now.</returns>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal Verdict TransmitUncommon(Frame packet, ref FrameMetadata metadata, in Outgoing destination)
    {
        var transport = Arena.Data(ref metadata);
        if (!destination.Destination.IsIpv4)
        {
            return Verdict.Drop(DropReason.IpOutNoRoutes);
        }

        var address = destination.Destination.Ipv4;
        ref var hop = ref hops.Place(address);
        var verdict = Refresh(ref hop, address);
        if (!verdict.IsContinue)
        {
            if (verdict.Reason == DropReason.IpOutNoRoutes)
            {
                errors.Report(TransportErrorKind.NetworkUnreachable, destination.Protocol, destination.Source.Ipv4, address, transport, mtu: 0);
            }

            return verdict;
        }

        var source = destination.Source.IsUnspecified ? hop.Source : destination.Source.Ipv4;
        var fits = Fits(transport, metadata.TotalLength, metadata.GsoSize, destination.Protocol, hop.Mtu);
        if (!fits && (metadata.GsoSize != 0 || (destination.DontFragment && !hop.IsMtuLocked)
            || metadata.TotalLength + Ipv4Header.Length > Ipv4Header.MaxTotalLength))
        {
            errors.Report(TransportErrorKind.PacketTooBig, destination.Protocol, source, address, transport, hop.Mtu);
            return Verdict.Drop(DropReason.PacketTooBig);
        }

        var hasDontFragment = destination.DontFragment && !hop.IsMtuLocked;
        var identification = hasDontFragment ? (ushort)0 : NextIdentification(in hop, metadata.WirePackets);
        if (hasDontFragment && metadata.GsoSize != 0)
        {
            metadata.Flags |= FrameFlags.FixedIpId;
        }

        PushHeader(ref metadata, in destination, in hop, source, identification, hasDontFragment ? Ipv4Header.DontFragment : (ushort)0);
        verdict = RunLocalOutHooks(packet, ref metadata, hop.Interface);
        if (!verdict.IsContinue)
        {
            return verdict;
        }

        return fits ? PushLink(packet, in hop) : Fragment(packet, ref metadata, in hop, hop.Mtu);
    }

    /// <summary>Makes a place of the cache the hop of a destination, unless it is.</summary>
    private Verdict Refresh(ref Hop hop, uint address)
    {
        if (hop.Generation != hops.Generation || hop.Destination != address)
        {
            if (!TryFindHop(address, out var found))
            {
                return Verdict.Drop(DropReason.IpOutNoRoutes);
            }

            if (found.Kind == HopKind.Unicast)
            {
                found.Neighbour = neighbours.FindOrAdd(found.Interface, found.NextHop, Now);
                if (found.Neighbour < 0)
                {
                    return Verdict.Drop(DropReason.NeighbourTableFull);
                }
            }

            // only now: to add a neighbour may have pushed out another, and ended a generation
            found.Generation = hops.Generation;
            hop = found;
        }

        return hop.Kind != HopKind.Local && !links[hop.Interface].NetworkInterface.IsUp
            ? Verdict.Drop(DropReason.DeviceNotReady)
            : Verdict.Continue;
    }

    /// <summary>The hop of a destination from the cache, or else made anew without being kept there.</summary>
    private bool TryGetHop(uint destination, out Hop hop)
    {
        hop = hops.Place(destination);
        return (hop.Generation == hops.Generation && hop.Destination == destination) || TryFindHop(destination, out hop);
    }

    /// <summary>Finds route, source address and MTU of a destination; the neighbour is left open.</summary>
    private bool TryFindHop(uint destination, out Hop hop)
    {
        hop = new Hop { Destination = destination, NextHop = destination, Neighbour = -1, Kind = HopKind.Unicast };
        if (IsLocal(destination))
        {
            hop.Kind = HopKind.Local;
            hop.Source = Ipv4Kind.IsLoopback(destination) ? LoopbackAddress : destination;
            hop.Mtu = Ipv4Header.MaxTotalLength;
            hop.Interface = OwnerOf(destination);
            return true;
        }

        var link = links.Default();
        if (routes.TryFind(destination, out var route))
        {
            if (route.Kind != RouteKind.Unicast)
            {
                return false;
            }

            link = links[route.Interface];
            hop.NextHop = route.Gateway == 0 ? destination : route.Gateway;
        }
        else if (destination != Ipv4Kind.LimitedBroadcast && !Ipv4Kind.IsMulticast(destination))
        {
            return false;
        }

        if (destination == Ipv4Kind.LimitedBroadcast || Ipv4Kind.IsMulticast(destination)
            || (link.Broadcast != 0 && destination == link.Broadcast))
        {
            hop.Kind = HopKind.Group;
        }
        else if (Ipv4Kind.IsZeroNetwork(destination))
        {
            return false;
        }

        hop.Interface = link.Index;
        hop.Source = links.SourceOn(link);
        hop.Mtu = link.NetworkInterface.Mtu;
        if (paths.TryFind(destination, out var pathMtu, out var isLocked) && pathMtu < hop.Mtu)
        {
            hop.Mtu = pathMtu;
            hop.IsMtuLocked = isLocked;
        }

        hop.Identification = identifications.Of(hop.Source, destination);
        return true;
    }

    /// <summary>What this stack sends to itself counts as of the interface whose address it goes to.</summary>
    private byte OwnerOf(uint address)
    {
        var owner = Array.FindIndex(links, link => link.Own == address);
        return (byte)Math.Max(0, owner);
    }

    private void PushHeader(
        ref FrameMetadata metadata, in Outgoing destination, in Hop hop, uint source, ushort identification, ushort fragmentWord)
    {
        metadata.TransportOffset = metadata.DataOffset;
        metadata.DataOffset -= Ipv4Header.Length;
        metadata.DataLength += Ipv4Header.Length;
        metadata.TotalLength += Ipv4Header.Length;
        metadata.NetworkOffset = metadata.DataOffset;
        var timeToLive = destination.Ttl != 0 ? destination.Ttl
            : Ipv4Kind.IsMulticast(hop.Destination) ? MulticastTtl : (byte)settings.DefaultTtl;
        Ipv4Header.Write(
            Arena.Data(ref metadata), destination.TrafficClass, metadata.TotalLength, identification, fragmentWord,
            timeToLive, destination.Protocol, source, hop.Destination);
    }

    /// <summary>The last step of a packet that has its network header.</summary>
    private Verdict PushLink(Frame packet, in Hop hop)
    {
        switch (hop.Kind)
        {
            case HopKind.Local:
                neighbours.PushLinkHeader(packet, hop.Interface, default);
                return loopback.TryAdd(packet) ? Verdict.Consumed : Verdict.Drop(DropReason.NoMemory);
            case HopKind.Group:
                var group = Ipv4Kind.IsMulticast(hop.Destination) ? Ipv4Kind.EthernetGroup(hop.Destination) : MacAddress.Broadcast;
                neighbours.PushLinkHeader(packet, hop.Interface, group);
                return Verdict.Continue;
            default:
                return neighbours.Resolve(hop.Neighbour, packet, Now);
        }
    }

    /// <summary>
    /// Cuts a datagram (RFC 791 §3.2): every fragment is a copy in fresh frames, because the original may have another
    /// holder, and all of them come back through <see cref="TryResumeEgress"/> or wait for the neighbour.
    /// </summary>
    /// <param name="packet">It begins with its network header; a fragment itself if it came from elsewhere.</param>
    private Verdict Fragment(Frame packet, ref FrameMetadata metadata, in Hop hop, int mtu)
    {
        var headerLength = Ipv4Header.HeaderLength(Arena.Data(ref metadata));
        var header = Arena.Data(ref metadata).Slice(0, headerLength);
        var word = Ipv4Header.FragmentWord(header);
        var total = metadata.TotalLength - headerLength;
        var piece = (mtu - headerLength) & ~7;
        if (piece <= 0 || Ipv4Header.FragmentStart(header) + headerLength + total > Ipv4Header.MaxTotalLength)
        {
            return Verdict.Drop(DropReason.PacketTooBig);
        }

        var count = (total + piece - 1) / piece;
        if (arena.Available(Share.Reserve) < count * PacketBytes.FramesFor(piece))
        {
            return Verdict.Drop(DropReason.NoMemory);
        }

        // a transport checksum covers the datagram, so it must be final before the datagram is cut
        if (!PacketChecksum.TryComplete(arena, packet))
        {
            return Verdict.Drop(DropReason.ChecksumIncomplete);
        }

        ledger.Created += count - metadata.WirePackets;
        for (var start = 0; start < total; start += piece)
        {
            var length = Math.Min(piece, total - start);
            if (!PacketBytes.TryCopy(arena, packet, headerLength + start, length, Share.Reserve, Holders.Loop, out var fragment))
            {
                ledger.DropHeld(packet, new PacketDrop(DropReason.NoMemory, "Ipv4", IsIngress: false, HasLinkHeader: false), 1);
                continue;
            }

            var more = start + length < total ? Ipv4Header.MoreFragments : 0;
            PushFragmentHeader(ref arena.Metadata(fragment), header, (ushort)((word + (start / 8)) | more));
            SendFragment(fragment, in hop);
        }

        arena.EndTransmit(packet, Holders.Loop);
        return Verdict.Held;
    }

    /// <param name="header">The datagram's header with its options.</param>
    private static void PushFragmentHeader(ref FrameMetadata metadata, ReadOnlySpan<byte> header, ushort fragmentWord)
    {
        metadata.TransportOffset = metadata.DataOffset;
        metadata.DataOffset -= (ushort)header.Length;
        metadata.DataLength += (ushort)header.Length;
        metadata.TotalLength += header.Length;
        metadata.NetworkOffset = metadata.DataOffset;
        var own = Arena.Data(ref metadata).Slice(0, header.Length);
        header.CopyTo(own);
        Ipv4Header.MakeFragment(own, metadata.TotalLength, fragmentWord);
    }

    private void SendFragment(Frame fragment, in Hop hop)
    {
        var verdict = PushLink(fragment, in hop);
        switch (verdict.Kind)
        {
            case VerdictKind.Continue:
                arena.MoveChain(fragment, Holders.Loop, Holders.Neighbour);
                ready.Add(fragment);
                break;
            case VerdictKind.Drop:
                ledger.DropHeld(fragment, new PacketDrop(verdict.Reason, "Ipv4", IsIngress: false, HasLinkHeader: false), 1);
                arena.ReleaseChain(fragment, Holders.Loop);
                break;
        }
    }
}
