using System.Runtime.CompilerServices;
using Millrace.Headers;
using Millrace.Memory;

namespace Millrace.Ip;

/// <summary>What comes in and is not the ordinary packet of the fast path.</summary>
public sealed partial class Ipv4Layer
{
    internal long HeldIngress => reassembly.HeldPackets + loopback.HeldPackets;

    internal bool HasResumable
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => reassembly.HasWhole | !loopback.IsEmpty;
    }

    /// <summary>
    /// Whether this is the packet nearly every packet is: no options, no fragment, whole, of right checksum, from a
    /// unicast address to the interface's own. It says no more than "look closer" about all others.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool IsOrdinary(ReadOnlySpan<byte> data, int networkInterface)
    {
        if (data.Length < Ipv4Header.Length)
        {
            return false;
        }

        var header = data.Slice(0, Ipv4Header.Length);
        return IsForOrdinaryDelivery(header, networkInterface) && HasOrdinaryForm(header);
    }

    /// <summary>The first half of <see cref="IsOrdinary"/>, which comes before PRE_ROUTING: no options, right lengths and checksum.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool HasOrdinaryHeader(ReadOnlySpan<byte> data) =>
        data.Length >= Ipv4Header.Length && HasOrdinaryForm(data.Slice(0, Ipv4Header.Length));

    /// <summary>The second half, which comes behind it: whole, from a unicast address to the interface's own.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool IsForOrdinaryDelivery(ReadOnlySpan<byte> header, int networkInterface)
    {
        var link = links[networkInterface];
        var source = Ipv4Header.Source(header);
        return !Ipv4Header.IsFragment(header)
            && Ipv4Header.Destination(header) == link.Own
            // from 1.0.0.0 up to the multicast addresses
            && source - 0x0100_0000 < 0xDF00_0000
            && !Ipv4Kind.IsLoopback(source)
            && source != link.Own
            && source != link.Broadcast
            && (links.Length == 1 || !IsOfAnotherLink(source));
    }

    /// <summary>Whether an address that cannot be a source is another interface's.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool IsOfAnotherLink(uint source) => links.Own(source) || links.Broadcast(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool HasOrdinaryForm(ReadOnlySpan<byte> header) =>
        Ipv4Header.VersionAndLength(header) == Ipv4Header.OrdinaryVersionAndLength
        && Ipv4Header.TotalLength(header) >= Ipv4Header.Length
        && Ipv4Header.IsOrdinaryChecksumRight(header);

    [MethodImpl(MethodImplOptions.NoInlining)]
    internal Verdict ReceiveArp(int offset, ref FrameMetadata metadata)
    {
        var data = Arena.Data(ref metadata);
        var isToThisHost = EthernetHeader.Destination(data) == links[metadata.Interface].NetworkInterface.Address;
        return neighbours.Receive(metadata.Interface, data.Slice(offset - metadata.DataOffset), isToThisHost, Now);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    internal Verdict ReceiveIcmp(Frame packet, int offset, ref FrameMetadata metadata) =>
        icmpReceiver.Receive(packet, offset, ref metadata, Now);

    /// <summary>Checks a header step by step (ip_rcv, ip_route_input) and says what is wrong with it.</summary>
    /// <param name="offset">Of the network header, in bytes from the start of the slot.</param>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal Verdict ReceiveUncommon(Frame packet, int offset, ref FrameMetadata metadata)
    {
        var verdict = CheckUncommon(packet, offset, ref metadata);
        return verdict.IsContinue ? RouteUncommon(packet, offset, ref metadata) : verdict;
    }

    /// <summary>What comes before PRE_ROUTING: the header by itself (ip_rcv_core). Link-layer padding is cut off.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal Verdict CheckUncommon(Frame packet, int offset, ref FrameMetadata metadata)
    {
        var data = Arena.Data(ref metadata).Slice(offset - metadata.DataOffset);
        var length = metadata.TotalLength - (offset - metadata.DataOffset);
        var verdict = CheckHeader(data, length);
        var surplus = verdict.IsContinue ? length - Ipv4Header.TotalLength(data) : 0;
        if (surplus > 0)
        {
            PacketBytes.Trim(arena, packet, surplus);
        }

        return verdict;
    }

    /// <summary>What comes behind PRE_ROUTING: whether the packet is for this host, and where else it goes.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal Verdict RouteUncommon(Frame packet, int offset, ref FrameMetadata metadata)
    {
        var data = Arena.Data(ref metadata).Slice(offset - metadata.DataOffset);
        var headerLength = Ipv4Header.HeaderLength(data);
        var link = links[metadata.Interface];
        var destination = Ipv4Header.Destination(data);
        var verdict = CheckSource(link, Ipv4Header.Source(data), destination);
        if (!verdict.IsContinue)
        {
            return verdict;
        }

        var isForThisHost = IsForThisHost(link, destination);
        if (!isForThisHost && !settings.Forwarding)
        {
            return Verdict.Drop(DropReason.IpInvalidDestination);
        }

        if (!AreOptionsAcceptable(data.Slice(Ipv4Header.Length, headerLength - Ipv4Header.Length)))
        {
            return Verdict.Drop(DropReason.IpInHeader);
        }

        if (!isForThisHost)
        {
            return Forward(packet, offset, ref metadata);
        }

        if (Ipv4Header.IsFragment(data))
        {
            return reassembly.Receive(packet, ref metadata, Now);
        }

        metadata.TransportOffset = (ushort)(offset + headerLength);
        return Verdict.Continue;
    }

    /// <summary>Gives back the next packet that is whole, or that came by loopback; ICMP ends here, as it does on the way in.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal bool TryResumeIngress(out ResumedPacket resumed)
    {
        while (reassembly.TryTake(out var packet) || loopback.TryTake(out packet))
        {
            ref var metadata = ref arena.Metadata(packet);
            var verdict = RunIngressHooks(packet, ref metadata);
            var protocol = Ipv4Header.Protocol(Arena.Slot(ref metadata).Slice(metadata.NetworkOffset));
            if (verdict.IsContinue && protocol != IpProtocol.Icmp)
            {
                resumed = new ResumedPacket { Frame = packet, Offset = metadata.TransportOffset, EtherType = EtherType.Ipv4, Protocol = protocol };
                return true;
            }

            verdict = verdict.IsContinue ? ReceiveIcmp(packet, metadata.TransportOffset, ref metadata) : verdict;
            if (verdict.Kind == VerdictKind.Drop)
            {
                ledger.DropHeld(packet, new PacketDrop(verdict.Reason, "Ipv4", IsIngress: true, HasLinkHeader: true), metadata.WirePackets);
            }
            else
            {
                ledger.Consumed += metadata.WirePackets;
            }

            arena.ReleaseChain(packet, Holders.Loop);
        }

        resumed = default;
        return false;
    }

    /// <summary>RFC 1122 §3.2.1, RFC 1812 §5.2.2.</summary>
    private static Verdict CheckHeader(ReadOnlySpan<byte> data, int length)
    {
        if (data.Length < Ipv4Header.Length)
        {
            return Verdict.Drop(DropReason.HeaderTruncated);
        }

        var headerLength = Ipv4Header.HeaderLength(data);
        if (Ipv4Header.Version(data) != 4 || headerLength < Ipv4Header.Length)
        {
            return Verdict.Drop(DropReason.IpInHeader);
        }

        if (data.Length < headerLength)
        {
            return Verdict.Drop(DropReason.HeaderTruncated);
        }

        if (InternetChecksum.Sum(data.Slice(0, headerLength)) != 0xFFFF)
        {
            return Verdict.Drop(DropReason.IpChecksum);
        }

        var totalLength = Ipv4Header.TotalLength(data);
        if (totalLength > length)
        {
            return Verdict.Drop(DropReason.PacketTooSmall);
        }

        return totalLength < headerLength ? Verdict.Drop(DropReason.IpInHeader) : Verdict.Continue;
    }

    /// <summary>Refuses senders that cannot stand in a packet from a wire (RFC 6890, RFC 1812 §5.3.7).</summary>
    private Verdict CheckSource(Ipv4Link link, uint source, uint destination)
    {
        // a host that has no address yet may ask everybody (RFC 1122 §3.2.1.3 (a)), and nobody else
        var isAsking = source == 0 && destination == Ipv4Kind.LimitedBroadcast;
        if ((Ipv4Kind.IsZeroNetwork(source) && !isAsking) || Ipv4Kind.IsLoopback(source) || Ipv4Kind.IsMulticast(source)
            || source == Ipv4Kind.LimitedBroadcast || links.Broadcast(source))
        {
            return Verdict.Drop(DropReason.IpInvalidSource);
        }

        return IsLocal(source) ? Verdict.Drop(DropReason.IpLocalSource) : Verdict.Continue;
    }

    private bool IsForThisHost(Ipv4Link link, uint destination)
    {
        var isGroup = destination == Ipv4Kind.LimitedBroadcast
            || links.Broadcast(destination)
            || (Ipv4Kind.IsMulticast(destination) && link.NetworkInterface.IsMember(Ipv4Kind.EthernetGroup(destination)));
        return isGroup || (IsLocal(destination) && !Ipv4Kind.IsLoopback(destination));
    }

    /// <summary>Options are skipped, but they must have a form, and none may route (ip_options_compile, accept_source_route 0).</summary>
    private static bool AreOptionsAcceptable(ReadOnlySpan<byte> options)
    {
        while (options.Length > 0)
        {
            var type = options[0];
            if (type == Ipv4Option.EndOfList)
            {
                return true;
            }

            var length = 1;
            if (type != Ipv4Option.NoOperation)
            {
                if (options.Length < 2 || options[1] < 2 || options[1] > options.Length
                    || type is Ipv4Option.LooseSourceRoute or Ipv4Option.StrictSourceRoute)
                {
                    return false;
                }

                length = options[1];
            }

            options = options.Slice(length);
        }

        return true;
    }
}
