using Millrace.Headers;
using Millrace.Testing.Packets;

namespace Millrace.Tests.Testing;

/// <summary>The packet builder against published examples, against the fast checksum, and against its own reader.</summary>
public sealed class PacketTests
{
    private static readonly PacketPath Path = PacketPath.Between("02:00:00:00:00:01", "10.0.0.1", "02:00:00:00:00:02", "10.0.0.2");

    [Fact]
    public void The_plain_checksum_gives_the_example_of_RFC_1071() =>
        Assert.Equal(0xDDF2, WireChecksum.Sum([0x00, 0x01, 0xF2, 0x03, 0xF4, 0xF5, 0xF6, 0xF7]));

    [Fact]
    public void The_plain_checksum_agrees_with_the_fast_one_at_every_length()
    {
        var random = new Millrace.Testing.Traffic.TrafficRandom(1);
        for (var length = 0; length < 200; length++)
        {
            var bytes = random.Bytes(length);
            Assert.Equal(InternetChecksum.Compute(bytes), WireChecksum.Of(bytes));
        }
    }

    [Fact]
    public void An_updated_checksum_is_the_one_computed_anew()
    {
        var random = new Millrace.Testing.Traffic.TrafficRandom(2);
        for (var i = 0; i < 1000; i++)
        {
            var bytes = random.Bytes(40);
            var (before, old) = (WireChecksum.Of(bytes), WireFormat.Get16(bytes, 8));
            WireFormat.Put16(bytes, 8, (ushort)random.NextUInt32());
            Assert.Equal(WireChecksum.Of(bytes), WireChecksum.Update(before, old, WireFormat.Get16(bytes, 8)));
        }
    }

    [Fact]
    public void An_IPv4_header_is_laid_out_as_in_the_worked_example()
    {
        // 192.168.0.1 > 192.168.0.199, UDP, 115 bytes: the header whose checksum is b861
        var packet = new Ipv4Datagram
        {
            Source = WireFormat.Address("192.168.0.1"), Destination = WireFormat.Address("192.168.0.199"),
            Protocol = Ipv4Datagram.Udp, DontFragment = true, Payload = new byte[95],
        }.ToBytes();
        Assert.Equal("45000073000040004011b861c0a80001c0a800c7", Convert.ToHexStringLower(packet.AsSpan(0, 20)));
    }

    [Fact]
    public void A_segment_is_read_back_as_it_was_built()
    {
        var segment = new TcpSegment
        {
            SourcePort = 4000, DestinationPort = 80, Sequence = 0xDEADBEEF, Acknowledgement = 7, Window = 1234, UrgentPointer = 3,
            Flags = SegmentFlags.Ack | SegmentFlags.Psh | SegmentFlags.Urg, Options = TcpOption.Timestamps(1, 2), Payload = [1, 2, 3],
        };
        var read = Dissection.Of(Path.Frame(segment));
        Assert.True(read.IsIpChecksumRight);
        Assert.True(read.IsTransportChecksumRight);
        Assert.Equal([.. segment.Options, 0, 0], read.Tcp!.Options);
        Assert.Equal(segment.Payload, read.Tcp.Payload);
        Assert.Equal((segment.SourcePort, segment.DestinationPort, segment.Sequence, segment.Acknowledgement, segment.Flags, segment.Window, segment.UrgentPointer),
            (read.Tcp.SourcePort, read.Tcp.DestinationPort, read.Tcp.Sequence, read.Tcp.Acknowledgement, read.Tcp.Flags, read.Tcp.Window, read.Tcp.UrgentPointer));
    }

    [Fact]
    public void Fragments_put_together_are_the_datagram()
    {
        var payload = Enumerable.Range(0, 100).Select(i => (byte)i).ToArray();
        var whole = Path.Datagram(new UdpMessage { SourcePort = 1, DestinationPort = 2, Payload = payload });
        var fragments = whole.Fragment(32);
        Assert.Equal([0, 32, 64, 96], fragments.Select(fragment => fragment.FragmentOffset));
        Assert.Equal([true, true, true, false], fragments.Select(fragment => fragment.MoreFragments));
        Assert.Equal(whole.Payload, fragments.SelectMany(fragment => fragment.Payload));
    }

    [Fact]
    public void A_wrong_checksum_that_was_asked_for_is_written_and_reported()
    {
        var frame = Path.Frame(new UdpMessage { SourcePort = 1, DestinationPort = 2, Payload = [1], Checksum = 1 });
        Assert.Equal("10.0.0.1:1 > 10.0.0.2:2 udp (1) [bad checksum]", PacketText.Of(frame));
        ChecksumRepair.Repair(frame);
        Assert.Equal("10.0.0.1:1 > 10.0.0.2:2 udp (1)", PacketText.Of(frame));
    }

    [Fact]
    public void A_trace_reads_like_packetdrill()
    {
        var text = new PacketText();
        var syn = new TcpSegment
        {
            SourcePort = 4000, DestinationPort = 80, Sequence = 1000, Flags = SegmentFlags.Syn,
            Options = [.. TcpOption.Mss(1460), .. TcpOption.SackPermitted, .. TcpOption.Timestamps(5, 0), .. TcpOption.Nop, .. TcpOption.WindowScale(7)],
        };
        Assert.Equal("10.0.0.1:4000 > 10.0.0.2:80 S 0:0(0) win 65535 <mss 1460,sackOK,TS val 5 ecr 0,nop,wscale 7>", text.Describe(Path.Frame(syn)));
        var reply = new TcpSegment
        {
            SourcePort = 80, DestinationPort = 4000, Sequence = 9000, Acknowledgement = 1001,
            Flags = SegmentFlags.Syn | SegmentFlags.Ack, Window = 100,
        };
        Assert.Equal("10.0.0.2:80 > 10.0.0.1:4000 S. 0:0(0) ack 1 win 100", text.Describe(Path.Reverse.Frame(reply)));
        var data = new TcpSegment
        {
            SourcePort = 4000, DestinationPort = 80, Sequence = 1001, Acknowledgement = 9001, Flags = SegmentFlags.Ack | SegmentFlags.Psh,
            Payload = [1, 2, 3], Options = [1, 1, .. TcpOption.Sack((9101, 9201))],
        };
        Assert.Equal("10.0.0.1:4000 > 10.0.0.2:80 P. 1:4(3) ack 1 win 65535 <nop,nop,sack 101:201>", text.Describe(Path.Frame(data)));
    }

    [Fact]
    public void Arp_echo_and_fragments_are_described()
    {
        Assert.Equal("arp who-has 10.0.0.2 tell 10.0.0.1", PacketText.Of(Path.ArpRequest()));
        Assert.Equal("arp 10.0.0.1 is-at 02:00:00:00:00:01", PacketText.Of(Path.ArpReply()));
        var echo = Path.Datagram(IcmpMessage.Echo(1, 2, new byte[24])) with { Id = 9 };
        Assert.Equal(
            ["10.0.0.1 > 10.0.0.2 icmp echo 1:2 (8) frag 9:16@0+", "10.0.0.1 > 10.0.0.2 proto 1 (16) frag 9:16@16"],
            Path.Fragments(echo, 16).Select(frame => PacketText.Of(frame)));
    }
}
