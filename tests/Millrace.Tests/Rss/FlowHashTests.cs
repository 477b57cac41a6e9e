using System.Buffers.Binary;
using Millrace.Headers;
using Millrace.Memory;

namespace Millrace.Tests.Rss;

public sealed class FlowHashTests
{
    private static readonly InetAddress From = InetAddress.Parse("66.9.149.187");
    private static readonly InetAddress To = InetAddress.Parse("161.142.100.80");
    private static readonly FlowHash Hash = new(Toeplitz.Published);

    private const uint ByAddresses = 0x323E8FC2;
    private const uint ByPorts = 0x51CCC178;

    [Theory]
    [InlineData(IpProtocol.Tcp, 0, 0, ByPorts)]
    [InlineData(IpProtocol.Udp, 0, 0, ByPorts)]
    [InlineData(IpProtocol.Udp, 24, 0, ByPorts)]
    [InlineData(IpProtocol.Tcp, 0, Ipv4Header.DontFragment, ByPorts)]
    [InlineData(IpProtocol.Icmp, 0, 0, ByAddresses)]
    [InlineData(IpProtocol.Udp, 0, Ipv4Header.MoreFragments, ByAddresses)]
    [InlineData(IpProtocol.Udp, 0, Ipv4Header.MoreFragments | 185, ByAddresses)]
    [InlineData(IpProtocol.Udp, 0, 370, ByAddresses)]
    public void An_IPv4_packet_is_hashed_by_its_ports_if_it_is_whole_and_has_any(IpProtocol protocol, int options, int fragmentWord, uint expected)
    {
        var packet = Ipv4(protocol, From, To, 2794, 1766, options, (ushort)fragmentWord);
        Assert.Equal(expected, Hash.Of(packet));
        Assert.Equal(expected, Hash.OfFrame([.. Link(EtherType.Ipv4), .. packet]));
        Assert.Equal(expected, Hash.OfFrame([.. Link(EtherType.Vlan), 0, 5, 8, 0, .. packet]));
        Assert.Equal(expected, Hash.OfFrame([.. Link(EtherType.ServiceVlan), 0, 5, 0x81, 0, 0, 7, 8, 0, .. packet]));
        Assert.Equal(expected == ByPorts ? Hash.Of(From, To, 2794, 1766) : Hash.Of(From, To), Hash.Of(packet));
    }

    [Theory]
    [InlineData(IpProtocol.Tcp, 0x40207D3D)]
    [InlineData(IpProtocol.Udp, 0x40207D3D)]
    [InlineData(IpProtocol.Icmpv6, 0x2CC18CD5)]
    [InlineData((IpProtocol)44, 0x2CC18CD5)]
    public void An_IPv6_packet_is_hashed_by_its_ports_if_they_follow_the_fixed_header(IpProtocol next, uint expected)
    {
        var packet = Ipv6(next, InetAddress.Parse("3ffe:2501:200:1fff::7"), InetAddress.Parse("3ffe:2501:200:3::1"), 2794, 1766);
        Assert.Equal(expected, Hash.Of(packet));
        Assert.Equal(expected, Hash.OfFrame([.. Link(EtherType.Ipv6), .. packet]));
    }

    [Fact]
    public void What_is_no_packet_of_IP_has_no_hash()
    {
        var packet = Ipv4(IpProtocol.Tcp, From, To, 2794, 1766);
        Assert.Equal(0u, Hash.Of([]));
        Assert.Equal(0u, Hash.Of(packet.AsSpan(0, 19)));
        Assert.Equal(0u, Hash.Of([0x44, .. packet[1..]]));
        Assert.Equal(0u, Hash.Of([0x55, .. packet[1..]]));
        Assert.Equal(0u, Hash.Of(new byte[] { 0x60 }.Concat(new byte[38]).ToArray()));
        Assert.Equal(0u, Hash.OfFrame([.. Link(EtherType.Arp), .. packet]));
        Assert.Equal(0u, Hash.OfFrame(Link(EtherType.Ipv4).AsSpan(0, 13)));
        Assert.Equal(0u, Hash.OfFrame([.. Link(EtherType.Vlan), 0, 5]));
        Assert.Equal(0u, Hash.OfFrame([.. Link(EtherType.Vlan), 0, 5, 0x81, 0, 0, 5, 0x81, 0, 0, 5, 8, 0, .. packet]));
    }

    [Fact]
    public void A_packet_too_short_for_its_ports_is_hashed_by_its_addresses() =>
        Assert.Equal(ByAddresses, Hash.Of(Ipv4(IpProtocol.Tcp, From, To, 2794, 1766).AsSpan(0, 23)));

    [Fact]
    public void A_hash_that_comes_out_as_zero_is_another_everywhere()
    {
        var nothing = InetAddress.FromIpv4(0);
        Assert.Equal(0u, Toeplitz.Published.Hash(nothing, nothing));
        Assert.Equal(FlowHash.InPlaceOfZero, Hash.Of(nothing, nothing));
        Assert.Equal(FlowHash.InPlaceOfZero, Hash.Of(nothing, nothing, 0, 0));
        Assert.Equal(FlowHash.InPlaceOfZero, Hash.Of(Ipv4(IpProtocol.Tcp, nothing, nothing, 0, 0)));
        Assert.Equal(FlowHash.InPlaceOfZero, Hash.Of(Ipv6(IpProtocol.Tcp, default, default, 0, 0)));
    }

    [Theory]
    [InlineData(IcmpType.DestinationUnreachable, true)]
    [InlineData(IcmpType.SourceQuench, true)]
    [InlineData(IcmpType.TimeExceeded, true)]
    [InlineData(IcmpType.ParameterProblem, true)]
    [InlineData(IcmpType.Redirect, false)]
    [InlineData(IcmpType.EchoRequest, false)]
    [InlineData(IcmpType.EchoReply, false)]
    public void An_ICMP_error_has_the_hash_of_the_answers_to_what_it_quotes(IcmpType type, bool isError)
    {
        // what we sent, so that its answers come from the other side
        var quoted = Ipv4(IpProtocol.Tcp, To, From, 1766, 2794, options: 8);
        Assert.Equal(isError ? ByPorts : 0, Hash.OfQuoted(Error(type, quoted)));
        Assert.Equal(isError ? ByPorts : 0, Hash.OfQuoted(Error(type, quoted[..(28 + 8)])));
        Assert.Equal(isError ? ByAddresses : 0, Hash.OfQuoted(Error(type, Ipv4(IpProtocol.Icmp, To, From, 1766, 2794))));
    }

    [Fact]
    public void Of_a_quoted_piece_only_the_first_tells_the_ports()
    {
        Assert.Equal(ByPorts, Hash.OfQuoted(Error(IcmpType.TimeExceeded, Ipv4(IpProtocol.Udp, To, From, 1766, 2794, 0, Ipv4Header.MoreFragments))));
        Assert.Equal(ByAddresses, Hash.OfQuoted(Error(IcmpType.TimeExceeded, Ipv4(IpProtocol.Udp, To, From, 1766, 2794, 0, 185))));
    }

    [Fact]
    public void An_error_that_quotes_too_little_or_is_in_pieces_has_no_such_hash()
    {
        var quoted = Ipv4(IpProtocol.Tcp, To, From, 1766, 2794);
        var error = Error(IcmpType.DestinationUnreachable, quoted);
        Assert.Equal(ByPorts, Hash.OfQuoted(error));
        for (var length = 0; length < 20 + 8 + 20; length++)
        {
            Assert.Equal(0u, Hash.OfQuoted(error.AsSpan(0, length)));
        }

        Assert.Equal(0u, Hash.OfQuoted(Error(IcmpType.DestinationUnreachable, [0x65, .. quoted[1..]])));
        Assert.Equal(0u, Hash.OfQuoted(Error(IcmpType.DestinationUnreachable, [0x43, .. quoted[1..]])));
        error[6] = 0x20;
        Assert.Equal(0u, Hash.OfQuoted(error));
        Assert.Equal(0u, Hash.OfQuoted(Ipv4(IpProtocol.Tcp, From, To, 2794, 1766)));
    }

    [Fact]
    public void Headers_that_lie_in_several_frames_are_found()
    {
        byte[] bytes = [.. Link(EtherType.Vlan), 0, 5, 8, 0, .. Ipv4(IpProtocol.Tcp, From, To, 2794, 1766, options: 40), .. new byte[200]];
        using var arena = new Arena(0, 0, 300);
        for (var frameLength = 1; frameLength < bytes.Length; frameLength += 7)
        {
            Frame head = Frame.None, last = Frame.None;
            for (var at = 0; at < bytes.Length; at += frameLength)
            {
                Assert.True(arena.TryAllocate(Share.Sockets, Holders.Loop, out var frame));
                var piece = bytes.AsSpan(at, Math.Min(frameLength, bytes.Length - at));
                arena.Metadata(frame).DataLength = (ushort)piece.Length;
                piece.CopyTo(arena.Data(frame));
                _ = head.IsNone ? head = frame : arena.Metadata(last).NextFragment = frame;
                last = frame;
            }

            arena.Metadata(head).TotalLength = bytes.Length;
            Assert.Equal(ByPorts, Hash.OfPacket(arena, head));
            arena.ReleaseChain(head, Holders.Loop);
        }
    }

    [Fact]
    public void Any_bytes_are_hashed_or_not_and_nothing_is_allocated()
    {
        var random = new Random(3);
        var bytes = new byte[120];
        Assert.Equal(0, Allocated.Least(() =>
        {
            for (var i = 0; i < 20_000; i++)
            {
                random.NextBytes(bytes);
                bytes[0] = (byte)(i % 3 == 0 ? 0x45 : i % 3 == 1 ? 0x60 : bytes[0]);
                bytes[9] = (byte)(i % 5);
                var length = random.Next(bytes.Length);
                _ = Hash.Of(bytes.AsSpan(0, length)) + Hash.OfFrame(bytes.AsSpan(0, length)) + Hash.OfQuoted(bytes.AsSpan(0, length));
            }
        }));
    }

    private static byte[] Link(EtherType type)
    {
        var header = new byte[EthernetHeader.Length];
        EthernetHeader.Write(header, new MacAddress(0x0200_0000_000B), new MacAddress(0x0200_0000_000A), type);
        return header;
    }

    private static byte[] Error(IcmpType type, byte[] quoted)
    {
        var packet = Ipv4(IpProtocol.Icmp, InetAddress.Parse("10.1.1.1"), To, 0, 0)[..20];
        return [.. packet, (byte)type, 1, 0, 0, 0, 0, 0, 0, .. quoted];
    }

    private static byte[] Ipv4(IpProtocol protocol, InetAddress from, InetAddress to, ushort sourcePort, ushort destinationPort, int options = 0, ushort fragmentWord = 0)
    {
        var bytes = new byte[20 + options + 20];
        Ipv4Header.Write(bytes, 0, bytes.Length, 1, fragmentWord, 64, protocol, from.Ipv4, to.Ipv4);
        bytes[0] = (byte)(0x40 | ((20 + options) / 4));
        Ports(bytes.AsSpan(20 + options), sourcePort, destinationPort);
        return bytes;
    }

    private static byte[] Ipv6(IpProtocol next, InetAddress from, InetAddress to, ushort sourcePort, ushort destinationPort)
    {
        var bytes = new byte[40 + 20];
        bytes[0] = 0x60;
        bytes[6] = (byte)next;
        BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(8), from.Upper);
        BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(16), from.Lower);
        BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(24), to.Upper);
        BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(32), to.Lower);
        Ports(bytes.AsSpan(40), sourcePort, destinationPort);
        return bytes;
    }

    private static void Ports(Span<byte> transport, ushort source, ushort destination)
    {
        BinaryPrimitives.WriteUInt16BigEndian(transport, source);
        BinaryPrimitives.WriteUInt16BigEndian(transport[2..], destination);
    }
}
