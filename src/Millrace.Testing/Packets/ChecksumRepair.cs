namespace Millrace.Testing.Packets;

/// <summary>Writes the right checksums into a frame whatever else is wrong with it, so that it gets past them.</summary>
public static class ChecksumRepair
{
    /// <summary>Repairs in place what has room for a checksum; the transport's of a fragment is left alone.</summary>
    public static void Repair(Span<byte> frame)
    {
        var start = NetworkOffset(frame);
        if (start < 0)
        {
            return;
        }

        var packet = frame[start..];
        var header = (packet[0] & 0xF) * 4;
        if (header < Ipv4Datagram.MinimumHeaderLength || header > packet.Length)
        {
            return;
        }

        WireFormat.Put16(packet, 10, 0);
        WireFormat.Put16(packet, 10, WireChecksum.Of(packet[..header]));
        var end = Math.Min(Math.Max((int)WireFormat.Get16(packet, 2), header), packet.Length);
        if ((WireFormat.Get16(packet, 6) & 0x3FFF) == 0)
        {
            RepairTransport(packet[header..end], packet[9], WireFormat.Get32(packet, 12), WireFormat.Get32(packet, 16));
        }
    }

    /// <summary>Where the IPv4 header starts, or -1 if the frame has no room for one or says that it holds something else.</summary>
    public static int NetworkOffset(ReadOnlySpan<byte> frame)
    {
        if (frame.Length < EthernetFrame.HeaderLength)
        {
            return -1;
        }

        var offset = EthernetFrame.HeaderLength;
        var type = WireFormat.Get16(frame, 12);
        if (type == EthernetFrame.TypeVlan && frame.Length >= offset + 4)
        {
            type = WireFormat.Get16(frame, 16);
            offset += 4;
        }

        return type == EthernetFrame.TypeIpv4 && frame.Length >= offset + Ipv4Datagram.MinimumHeaderLength ? offset : -1;
    }

    private static void RepairTransport(Span<byte> transport, byte protocol, uint source, uint destination)
    {
        var (field, minimum) = protocol switch
        {
            Ipv4Datagram.Tcp => (16, TcpSegment.MinimumHeaderLength),
            Ipv4Datagram.Udp => (6, UdpMessage.HeaderLength),
            Ipv4Datagram.Icmp => (2, IcmpMessage.HeaderLength),
            _ => (0, int.MaxValue),
        };
        if (transport.Length < minimum)
        {
            return;
        }

        WireFormat.Put16(transport, field, 0);
        var pseudo = protocol == Ipv4Datagram.Icmp
            ? (ushort)0
            : WireChecksum.PseudoHeader(source, destination, protocol, transport.Length);
        var checksum = WireChecksum.Of(transport, pseudo);
        WireFormat.Put16(transport, field, protocol == Ipv4Datagram.Udp && checksum == 0 ? (ushort)0xFFFF : checksum);
    }
}
