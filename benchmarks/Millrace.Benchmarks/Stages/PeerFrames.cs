using System.Buffers.Binary;
using Millrace.CodeShape;
using Millrace.Headers;

namespace Millrace.Benchmarks.Stages;

/// <summary>The frames of a <see cref="TcpPeer"/>: templates, in which numbers are changed and checksums follow (RFC 1624).</summary>
internal sealed class PeerFrames
{
    public const int SegmentSize = 1460;
    public const uint FirstSequence = 1_000_000;

    private const uint Peer = 0x0A00_0001;
    private const uint Stack = 0x0A00_0002;

    private readonly int vlan;
    private readonly byte[] data;
    private readonly byte[] acknowledgment;

    /// <param name="vlan">0 for none.</param>
    public PeerFrames(int vlan)
    {
        this.vlan = vlan;
        LinkLength = EthernetHeader.Length + (vlan == 0 ? 0 : VlanHeader.Length);
        data = Segment(TcpFlags.Ack, TcpHeader.MinimumLength, SegmentSize);
        acknowledgment = Segment(TcpFlags.Ack, TcpHeader.MinimumLength, 0);
        Syn = Segment(TcpFlags.Syn, TcpHeader.MinimumLength + 4, 0);
        ArpRequest = Arp(ArpOpcode.Request);
        ArpReply = Arp(ArpOpcode.Reply);
    }

    public int LinkLength { get; }

    public byte[] Syn { get; }

    public byte[] ArpRequest { get; }

    public byte[] ArpReply { get; }

    /// <summary>A packet of IPv4 begins with 0x45, one of ARP with zeros.</summary>
    public bool IsArp(ReadOnlySpan<byte> packet) => packet[0] == 0;

    public ReadOnlySpan<byte> Data(uint sequence, uint acknowledgment) => Numbered(data, sequence, acknowledgment);

    public ReadOnlySpan<byte> Acknowledgment(uint sequence, uint acknowledged) => Numbered(acknowledgment, sequence, acknowledged);

    private ReadOnlySpan<byte> Numbered(byte[] frame, uint sequence, uint acknowledged)
    {
        var header = frame.AsSpan(LinkLength + Ipv4Header.Length);
        var checksum = TcpHeader.Checksum(header);
        checksum = InternetChecksum.Update(checksum, TcpHeader.Sequence(header).Value, sequence);
        checksum = InternetChecksum.Update(checksum, TcpHeader.Acknowledgment(header).Value, acknowledged);
        TcpHeader.WriteSequence(header, new SequenceNumber(sequence));
        BinaryPrimitives.WriteUInt32BigEndian(header[8..], acknowledged);
        TcpHeader.WriteChecksum(header, checksum);
        return frame;
    }

    private byte[] Segment(TcpFlags flags, int headerLength, int payload)
    {
        var frame = Frame(EtherType.Ipv4, Ipv4Header.Length + headerLength + payload, Packets.Local);
        var packet = frame.AsSpan(LinkLength);
        Ipv4Header.Write(packet, 0, packet.Length, 0, Ipv4Header.DontFragment, 64, IpProtocol.Tcp, Peer, Stack);
        var segment = packet[Ipv4Header.Length..];
        new Random(1).NextBytes(segment);
        TcpHeader.Write(segment, 4000, 80, new SequenceNumber(FirstSequence), default, headerLength, flags, ushort.MaxValue);
        if (headerLength > TcpHeader.MinimumLength)
        {
            new TcpOptions { MaximumSegmentSize = SegmentSize }.WriteSyn(segment[TcpHeader.MinimumLength..]);
        }

        var pseudo = NetworkHeader.PseudoHeaderSum(InetAddress.FromIpv4(Peer), InetAddress.FromIpv4(Stack), IpProtocol.Tcp, segment.Length);
        TcpHeader.WriteChecksum(segment, InternetChecksum.Compute(segment, pseudo));
        return frame;
    }

    private byte[] Arp(ArpOpcode opcode)
    {
        var frame = Frame(EtherType.Arp, ArpHeader.Length, opcode == ArpOpcode.Request ? MacAddress.Broadcast : Packets.Local);
        ArpHeader.Write(frame.AsSpan(LinkLength), opcode, ReceivedFrames.Neighbour, Peer, opcode == ArpOpcode.Request ? default : Packets.Local, Stack);
        return frame;
    }

    private byte[] Frame(EtherType type, int length, MacAddress destination)
    {
        var frame = new byte[LinkLength + length];
        EthernetHeader.Write(frame, destination, ReceivedFrames.Neighbour, type);
        if (vlan != 0)
        {
            VlanHeader.Write(frame.AsSpan(2 * MacAddress.Length), VlanProtocol.Ieee8021Q, VlanHeader.ToTci(vlan, 0));
            BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(LinkLength - 2), (ushort)type);
        }

        return frame;
    }
}
