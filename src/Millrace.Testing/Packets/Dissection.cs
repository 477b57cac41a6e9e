namespace Millrace.Testing.Packets;

/// <summary>
/// What a frame says, read as far as it can be read: a field is null where the frame is too short, of another kind, or a
/// later fragment. Nothing is judged; checksums are compared so that a report can say so.
/// </summary>
public sealed record Dissection
{
    public int FrameLength { get; private set; }

    public ulong DestinationMac { get; private set; }

    public ulong SourceMac { get; private set; }

    public ushort? VlanTci { get; private set; }

    public ushort? EtherType { get; private set; }

    public ArpMessage? Arp { get; private set; }

    /// <summary>The IPv4 header; its payload is what total length and frame both allow.</summary>
    public Ipv4Datagram? Ip { get; private set; }

    public bool IsIpChecksumRight { get; private set; }

    public IcmpMessage? Icmp { get; private set; }

    public UdpMessage? Udp { get; private set; }

    public TcpSegment? Tcp { get; private set; }

    /// <summary>Whether the checksum of the transport or of ICMP is right; null if it cannot be told.</summary>
    public bool? IsTransportChecksumRight { get; private set; }

    /// <summary>Where the IPv4 header starts in the frame.</summary>
    public int NetworkOffset { get; private set; }

    /// <summary>Where the payload of IPv4 starts in the frame.</summary>
    public int TransportOffset { get; private set; }

    public static Dissection Of(ReadOnlySpan<byte> frame)
    {
        var dissection = new Dissection { FrameLength = frame.Length };
        dissection.ReadLink(frame);
        return dissection;
    }

    private void ReadLink(ReadOnlySpan<byte> frame)
    {
        if (frame.Length < EthernetFrame.HeaderLength)
        {
            return;
        }

        DestinationMac = WireFormat.Get48(frame, 0);
        SourceMac = WireFormat.Get48(frame, 6);
        EtherType = WireFormat.Get16(frame, 12);
        NetworkOffset = EthernetFrame.HeaderLength;
        if (EtherType == EthernetFrame.TypeVlan && frame.Length >= EthernetFrame.HeaderLength + 4)
        {
            VlanTci = WireFormat.Get16(frame, 14);
            EtherType = WireFormat.Get16(frame, 16);
            NetworkOffset += 4;
        }

        var payload = frame[NetworkOffset..];
        if (EtherType == EthernetFrame.TypeArp && payload.Length >= ArpMessage.Length)
        {
            ReadArp(payload);
        }
        else if (EtherType == EthernetFrame.TypeIpv4 && payload.Length >= Ipv4Datagram.MinimumHeaderLength)
        {
            ReadIp(payload);
        }
    }

    private void ReadArp(ReadOnlySpan<byte> message) => Arp = new ArpMessage
    {
        HardwareType = WireFormat.Get16(message, 0),
        ProtocolType = WireFormat.Get16(message, 2),
        HardwareLength = message[4],
        ProtocolLength = message[5],
        Operation = WireFormat.Get16(message, 6),
        SenderMac = WireFormat.Get48(message, 8),
        SenderAddress = WireFormat.Get32(message, 14),
        TargetMac = WireFormat.Get48(message, 18),
        TargetAddress = WireFormat.Get32(message, 24),
    };

    private void ReadIp(ReadOnlySpan<byte> packet)
    {
        var header = (packet[0] & 0xF) * 4;
        var headerEnd = Math.Min(Math.Max(header, Ipv4Datagram.MinimumHeaderLength), packet.Length);
        var total = WireFormat.Get16(packet, 2);
        var fragment = WireFormat.Get16(packet, 6);
        var payload = packet[headerEnd..Math.Min(Math.Max((int)total, headerEnd), packet.Length)];
        TransportOffset = NetworkOffset + headerEnd;
        Ip = new Ipv4Datagram
        {
            Version = (byte)(packet[0] >> 4),
            HeaderWords = (byte)(packet[0] & 0xF),
            TypeOfService = packet[1],
            TotalLength = total,
            Id = WireFormat.Get16(packet, 4),
            ReservedFlag = (fragment & 0x8000) != 0,
            DontFragment = (fragment & 0x4000) != 0,
            MoreFragments = (fragment & 0x2000) != 0,
            FragmentOffset = (fragment & 0x1FFF) * 8,
            Ttl = packet[8],
            Protocol = packet[9],
            Checksum = WireFormat.Get16(packet, 10),
            Source = WireFormat.Get32(packet, 12),
            Destination = WireFormat.Get32(packet, 16),
            Options = packet[Ipv4Datagram.MinimumHeaderLength..headerEnd].ToArray(),
            Payload = payload.ToArray(),
        };
        IsIpChecksumRight = header == headerEnd && WireChecksum.Sum(packet[..header]) == 0xFFFF;
        if (Ip is not { Version: 4, FragmentOffset: 0 })
        {
            return;
        }

        switch (Ip.Protocol)
        {
            case Ipv4Datagram.Icmp when payload.Length >= IcmpMessage.HeaderLength:
                ReadIcmp(payload);
                break;
            case Ipv4Datagram.Udp when payload.Length >= UdpMessage.HeaderLength:
                ReadUdp(payload);
                break;
            case Ipv4Datagram.Tcp when payload.Length >= TcpSegment.MinimumHeaderLength:
                ReadTcp(payload);
                break;
        }

        IsTransportChecksumRight = JudgeTransport(payload, headerEnd + payload.Length == total);
    }

    private bool? JudgeTransport(ReadOnlySpan<byte> payload, bool whole)
    {
        if (!whole || Ip!.MoreFragments || (Icmp is null && Udp is null && Tcp is null))
        {
            return null;
        }

        if (Udp is { Checksum: 0 })
        {
            return true;
        }

        var pseudo = Icmp is null ? WireChecksum.PseudoHeader(Ip.Source, Ip.Destination, Ip.Protocol, payload.Length) : (ushort)0;
        return WireChecksum.Sum(payload, pseudo) == 0xFFFF;
    }

    private void ReadIcmp(ReadOnlySpan<byte> message) => Icmp = new IcmpMessage
    {
        Type = message[0],
        Code = message[1],
        Checksum = WireFormat.Get16(message, 2),
        Rest = WireFormat.Get32(message, 4),
        Payload = message[IcmpMessage.HeaderLength..].ToArray(),
    };

    private void ReadUdp(ReadOnlySpan<byte> datagram)
    {
        var length = WireFormat.Get16(datagram, 4);
        Udp = new UdpMessage
        {
            SourcePort = WireFormat.Get16(datagram, 0),
            DestinationPort = WireFormat.Get16(datagram, 2),
            Length = length,
            Checksum = WireFormat.Get16(datagram, 6),
            Payload = datagram[UdpMessage.HeaderLength..Math.Min(Math.Max((int)length, UdpMessage.HeaderLength), datagram.Length)].ToArray(),
        };
    }

    private void ReadTcp(ReadOnlySpan<byte> segment)
    {
        var words = segment[12] >> 4;
        var header = Math.Min(Math.Max(words * 4, TcpSegment.MinimumHeaderLength), segment.Length);
        Tcp = new TcpSegment
        {
            SourcePort = WireFormat.Get16(segment, 0),
            DestinationPort = WireFormat.Get16(segment, 2),
            Sequence = WireFormat.Get32(segment, 4),
            Acknowledgement = WireFormat.Get32(segment, 8),
            HeaderWords = (byte)words,
            Flags = (SegmentFlags)(WireFormat.Get16(segment, 12) & 0x1FF),
            Window = WireFormat.Get16(segment, 14),
            Checksum = WireFormat.Get16(segment, 16),
            UrgentPointer = WireFormat.Get16(segment, 18),
            Options = segment[TcpSegment.MinimumHeaderLength..header].ToArray(),
            Payload = segment[header..].ToArray(),
        };
    }
}
