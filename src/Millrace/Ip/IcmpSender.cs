using Millrace.Headers;
using Millrace.Memory;

namespace Millrace.Ip;

/// <summary>Writes ICMP messages into the outbox: answers to echo requests, and errors where RFC 1122 §3.2.2 allows one.</summary>
internal sealed class IcmpSender(Arena arena, Outbox outbox, Ipv4Link[] links, IcmpRateLimit limit)
{
    // an error fits 576 bytes (RFC 1812 §4.3.2.3) with headers that have no options
    private const int MaxQuoteLength = 576 - Ipv4Header.Length - IcmpHeader.Length;

    // IPTOS_TOS_MASK, IPTOS_PREC_INTERNETCONTROL (net/ipv4/icmp.c, icmp_send)
    private const byte ServiceMask = 0x1E;
    private const byte InternetControl = 0xC0;

    // RFC 791 asks for eight bytes of the payload behind the header
    private const int TypeFieldLength = 1;

    /// <summary>Answers a packet with an error, if it may be answered and no limit is reached.</summary>
    /// <param name="packet">A packet whose metadata has the network header's offset and whose header was checked.</param>
    /// <param name="mtu">The next hop's MTU in bytes, for fragmentation needed (RFC 1191 §4).</param>
    public void SendError(Frame packet, IcmpType type, byte code, long now, int mtu = 0)
    {
        ref var metadata = ref arena.Metadata(packet);
        var header = Arena.Slot(ref metadata).Slice(metadata.NetworkOffset);
        var source = Ipv4Header.Source(header);
        if (!MayAnswer(ref metadata, header) || !limit.TryTake(source, now))
        {
            return;
        }

        var available = metadata.TotalLength - (metadata.NetworkOffset - metadata.DataOffset);
        var quote = Math.Min(Math.Min(available, Ipv4Header.TotalLength(header)), MaxQuoteLength);
        if (!outbox.TryReserve(out var frame))
        {
            return;
        }

        ref var error = ref arena.Metadata(frame);
        error.DataLength = (ushort)(IcmpHeader.Length + quote);
        error.TotalLength = error.DataLength;
        var message = Arena.Data(ref error);
        IcmpHeader.Write(message, type, code);
        IcmpHeader.WriteNextHopMtu(message, mtu);
        PacketBytes.CopyTo(arena, packet, metadata.NetworkOffset, message.Slice(IcmpHeader.Length));
        IcmpHeader.WriteChecksum(message, InternetChecksum.Compute(message));
        Commit(frame, Ipv4Header.Destination(header), source, (byte)((Ipv4Header.TypeOfService(header) & ServiceMask) | InternetControl));
    }

    /// <summary>Sends an echo request back with its data (RFC 792), in fragments if it came in fragments.</summary>
    /// <param name="offset">Of the ICMP header, in bytes from the start of the slot.</param>
    /// <returns>Whether there was room.</returns>
    public bool TrySendEchoReply(Frame request, int offset, int length)
    {
        ref var metadata = ref arena.Metadata(request);
        if (outbox.Room == 0
            || !PacketBytes.TryCopy(arena, request, offset - metadata.DataOffset, length, Share.Reserve, Holders.Outbox, out var reply))
        {
            return false;
        }

        var message = arena.Data(reply);
        IcmpHeader.WriteType(message, IcmpType.EchoReply);
        // the one word that changes is the type's; its other half, the code, may be taken for 0
        IcmpHeader.WriteChecksum(message, InternetChecksum.Update(
            IcmpHeader.Checksum(message), (ushort)((int)IcmpType.EchoRequest << 8), (ushort)((int)IcmpType.EchoReply << 8)));
        var header = Arena.Slot(ref metadata).Slice(metadata.NetworkOffset);
        Commit(reply, Ipv4Header.Destination(header), Ipv4Header.Source(header), Ipv4Header.TypeOfService(header));
        return true;
    }

    private void Commit(Frame frame, uint source, uint destination, byte trafficClass)
    {
        var packet = new Outgoing
        {
            Frame = frame,
            Source = IsOwn(source) ? InetAddress.FromIpv4(source) : default,
            Destination = InetAddress.FromIpv4(destination),
            Protocol = IpProtocol.Icmp,
            TrafficClass = trafficClass,
        };
        if (!outbox.TryCommit(in packet))
        {
            outbox.Discard(frame);
        }
    }

    /// <summary>RFC 1122 §3.2.2: no error about an error, a group, a later fragment, or to nobody in particular.</summary>
    private bool MayAnswer(ref FrameMetadata metadata, ReadOnlySpan<byte> header)
    {
        var source = Ipv4Header.Source(header);
        var destination = Ipv4Header.Destination(header);
        if (Ipv4Header.FragmentStart(header) != 0
            || !IsUnicast(source) || !IsUnicast(destination)
            || IsLinkGroup(ref metadata))
        {
            return false;
        }

        if (Ipv4Header.Protocol(header) != IpProtocol.Icmp)
        {
            return true;
        }

        var headerLength = Ipv4Header.HeaderLength(header);
        return header.Length >= headerLength + TypeFieldLength
            && (IcmpType)header[headerLength] is IcmpType.EchoRequest or IcmpType.EchoReply;
    }

    private bool IsUnicast(uint address) =>
        !Ipv4Kind.IsZeroNetwork(address) && !Ipv4Kind.IsMulticast(address)
        && address != Ipv4Kind.LimitedBroadcast
        && !links.Broadcast(address);

    private static bool IsLinkGroup(ref FrameMetadata metadata) =>
        (metadata.Flags & FrameFlags.Loopback) == 0
        && metadata.NetworkOffset >= metadata.DataOffset + EthernetHeader.Length
        && EthernetHeader.Destination(Arena.Slot(ref metadata).Slice(metadata.NetworkOffset - EthernetHeader.Length)).IsMulticast;

    private bool IsOwn(uint address) => links.Own(address) || Ipv4Kind.IsLoopback(address);
}
