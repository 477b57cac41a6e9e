namespace Millrace.Testing.Packets;

/// <summary>From whom to whom packets go: what the layers below a transport need to make a frame of it.</summary>
public sealed record PacketPath(ulong SourceMac, uint Source, ulong DestinationMac, uint Destination)
{
    /// <summary>The IPv4 header to start from: TTL, options, flags; addresses, protocol and payload are filled in.</summary>
    public Ipv4Datagram Network { get; init; } = new();

    /// <summary>Whether frames are padded to Ethernet's minimum, as a real card would.</summary>
    public bool Pad { get; init; }

    public static PacketPath Between(string sourceMac, string source, string destinationMac, string destination) =>
        new(WireFormat.Mac(sourceMac), WireFormat.Address(source), WireFormat.Mac(destinationMac), WireFormat.Address(destination));

    /// <summary>The way back.</summary>
    public PacketPath Reverse => this with
    {
        SourceMac = DestinationMac, Source = Destination, DestinationMac = SourceMac, Destination = Source,
    };

    public Ipv4Datagram Datagram(byte protocol, byte[] payload) =>
        Network with { Source = Source, Destination = Destination, Protocol = protocol, Payload = payload };

    public Ipv4Datagram Datagram(TcpSegment segment) => Datagram(Ipv4Datagram.Tcp, segment.ToBytes(Source, Destination));

    public Ipv4Datagram Datagram(UdpMessage message) => Datagram(Ipv4Datagram.Udp, message.ToBytes(Source, Destination));

    public Ipv4Datagram Datagram(IcmpMessage message) => Datagram(Ipv4Datagram.Icmp, message.ToBytes());

    public byte[] Frame(Ipv4Datagram datagram) => Frame(EthernetFrame.TypeIpv4, datagram.ToBytes());

    public byte[] Frame(TcpSegment segment) => Frame(Datagram(segment));

    public byte[] Frame(UdpMessage message) => Frame(Datagram(message));

    public byte[] Frame(IcmpMessage message) => Frame(Datagram(message));

    /// <summary>A datagram as frames of one fragment each, in order.</summary>
    /// <param name="payloadLength">Bytes a fragment, a multiple of 8.</param>
    public byte[][] Fragments(Ipv4Datagram datagram, int payloadLength) => [.. datagram.Fragment(payloadLength).Select(Frame)];

    /// <summary>A broadcast question for the destination's MAC address.</summary>
    public byte[] ArpRequest() => new EthernetFrame
    {
        Destination = 0xFFFF_FFFF_FFFF, Source = SourceMac, EtherType = EthernetFrame.TypeArp, Pad = Pad,
        Payload = new ArpMessage { SenderMac = SourceMac, SenderAddress = Source, TargetAddress = Destination }.ToBytes(),
    }.ToBytes();

    /// <summary>The answer of the source to a question of the destination.</summary>
    public byte[] ArpReply() => Frame(EthernetFrame.TypeArp, new ArpMessage
    {
        Operation = ArpMessage.Reply, SenderMac = SourceMac, SenderAddress = Source,
        TargetMac = DestinationMac, TargetAddress = Destination,
    }.ToBytes());

    public byte[] Frame(ushort etherType, byte[] payload) => new EthernetFrame
    {
        Destination = DestinationMac, Source = SourceMac, EtherType = etherType, Payload = payload, Pad = Pad,
    }.ToBytes();
}
