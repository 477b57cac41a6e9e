using Millrace.Headers;
using Millrace.Memory;

namespace Millrace.Tests.Ip;

public sealed class IcmpTests
{
    private static byte[] Echo(int length, byte tos = 0) => Wire.Ethernet(Wire.Ipv4(Wire.Icmp(8, 0, 0x12340001, Wire.Bytes(length)), protocol: 1, tos: tos));

    private static byte[] ToClosedPort(string source = Wire.PeerAddress, string destination = Wire.OwnAddress, MacAddress? mac = null, byte[]? payload = null) =>
        Wire.Ethernet(Wire.Ipv4(Wire.Udp(payload ?? [1, 2, 3], 4000, 4001, source, destination), source, destination), mac);

    private static byte[] Error(byte type, byte code, uint rest, byte[] quoted) => Wire.Ethernet(Wire.Ipv4(Wire.Icmp(type, code, rest, quoted), protocol: 1));

    /// <summary>The start of a packet that this stack could have sent.</summary>
    private const byte Udp = 17;

    private static byte[] Quoted(byte protocol = 6, int length = 1500, string source = Wire.OwnAddress, string destination = "192.0.2.1") =>
        Wire.Ipv4([0x10, 0x00, 0x00, 0x50, 1, 2, 3, 4, .. new byte[length - 28]], source, destination, protocol)[..28];

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(56)]
    [InlineData(1472)]
    public void An_echo_request_comes_back(int length)
    {
        using var stack = new StackHarness();
        stack.KnowPeer();
        Assert.Equal(Verdict.Consumed, stack.Receive(Echo(length, tos: 0x10)));
        var reply = Assert.Single(stack.Flush());
        Assert.True(reply.IsIpv4HeaderRight);
        Assert.Equal((Wire.OwnAddress, Wire.PeerAddress, 1, 0x10), (reply.Source, reply.Destination, reply.Protocol, reply.Tos));
        Assert.Equal(Wire.Icmp(0, 0, 0x12340001, Wire.Bytes(length)), reply.Payload);
    }

    [Fact]
    public void A_large_echo_comes_in_fragments_and_goes_in_fragments()
    {
        using var stack = new StackHarness();
        stack.KnowPeer();
        var message = Wire.Icmp(8, 0, 1, Wire.Bytes(8000));
        for (var start = 0; start < message.Length; start += 1480)
        {
            var end = Math.Min(message.Length, start + 1480);
            stack.Receive(Wire.Ethernet(Wire.Ipv4(message[start..end], protocol: 1, fragment: (ushort)((start / 8) | (end < message.Length ? 0x2000 : 0)))));
        }

        var fragments = stack.Flush();
        Assert.Equal(6, fragments.Count);
        Assert.Equal(Wire.Icmp(0, 0, 1, Wire.Bytes(8000)), fragments.SelectMany(f => f.Payload).ToArray());
        Assert.All(fragments, f => Assert.True(f.IsIpv4HeaderRight));
        Assert.Equal(7, stack.Ledger.Consumed);
    }

    [Theory]
    [InlineData("10.0.0.255")]
    [InlineData("255.255.255.255")]
    [InlineData("224.0.0.1")]
    public void An_echo_request_to_a_group_is_ignored(string destination)
    {
        using var stack = new StackHarness();
        stack.KnowPeer();
        stack.Receive(Wire.Ethernet(Wire.Ipv4(Wire.Icmp(8, 0, 1, []), destination: destination, protocol: 1)));
        Assert.Empty(stack.Flush());
    }

    [Fact]
    public void A_wrong_checksum_is_refused()
    {
        using var stack = new StackHarness();
        var frame = Echo(10);
        frame[^1] ^= 1;
        Assert.Equal(Verdict.Drop(DropReason.IcmpChecksum), stack.Receive(frame));
    }

    [Fact]
    public void The_checksum_is_verified_over_a_chain_of_odd_pieces()
    {
        using var stack = new StackHarness();
        stack.KnowPeer();
        var frame = Echo(1000);
        Assert.Equal(Verdict.Consumed, stack.Receive(frame, 14 + 20 + 8 + 101, 14 + 20 + 8 + 500));
        Assert.Equal(Wire.Icmp(0, 0, 0x12340001, Wire.Bytes(1000)), Assert.Single(stack.Flush()).Payload);
    }

    [Theory]
    [InlineData(13)]
    [InlineData(42)]
    public void An_unknown_type_is_silently_discarded(byte type)
    {
        using var stack = new StackHarness();
        Assert.Equal(Verdict.Drop(DropReason.IcmpInvalid), stack.Receive(Wire.Ethernet(Wire.Ipv4(Wire.Icmp(type, 0, 0, []), protocol: 1))));
        Assert.Empty(stack.Flush());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    [InlineData(5)]
    public void Echo_replies_quench_and_redirects_are_used_up(byte type)
    {
        using var stack = new StackHarness();
        Assert.Equal(Verdict.Consumed, stack.Receive(Wire.Ethernet(Wire.Ipv4(Wire.Icmp(type, 0, 0, Quoted()), protocol: 1))));
        Assert.False(stack.Errors.TryTake(out _));
    }

    [Fact]
    public void A_datagram_to_a_closed_port_is_answered_with_what_it_was()
    {
        using var stack = new StackHarness();
        stack.KnowPeer();
        var frame = ToClosedPort();
        Assert.Equal(Verdict.Drop(DropReason.NoSocket), stack.Receive(frame));
        var error = Assert.Single(stack.Flush());
        Assert.Equal((Wire.OwnAddress, Wire.PeerAddress, 1, 0xC0), (error.Source, error.Destination, error.Protocol, error.Tos));
        Assert.Equal(Wire.Icmp(3, 3, 0, frame[14..]), error.Payload);
    }

    [Fact]
    public void An_error_quotes_no_more_than_fits_576_bytes()
    {
        using var stack = new StackHarness();
        stack.KnowPeer();
        var frame = ToClosedPort(payload: Wire.Bytes(1400));
        stack.Receive(frame);
        var error = Assert.Single(stack.Flush());
        Assert.Equal(576, error.Network.Length);
        Assert.Equal(Wire.Icmp(3, 3, 0, frame[14..(14 + 548)]), error.Payload);
    }

    [Theory]
    [InlineData("10.0.0.255", null)]
    [InlineData("255.255.255.255", null)]
    [InlineData("224.0.0.1", null)]
    [InlineData(Wire.OwnAddress, "ff:ff:ff:ff:ff:ff")]
    [InlineData(Wire.OwnAddress, "01:00:5e:00:00:01")]
    public void No_error_answers_a_group_address_or_a_group_frame(string destination, string? mac)
    {
        using var stack = new StackHarness();
        stack.KnowPeer();
        Assert.Equal(Verdict.Drop(DropReason.NoSocket), stack.Receive(ToClosedPort(destination: destination, mac: mac is null ? null : MacAddress.Parse(mac))));
        Assert.Empty(stack.Flush());
    }

    [Fact]
    public void No_error_answers_an_icmp_error_and_one_does_answer_an_echo()
    {
        using var stack = new StackHarness();
        stack.KnowPeer();
        void Reject(byte type)
        {
            var frame = stack.Allocate(Wire.Ethernet(Wire.Ipv4(Wire.Icmp(type, 0, 0, Quoted()), protocol: 1)));
            stack.Arena.Metadata(frame).NetworkOffset = (ushort)(stack.Arena.Metadata(frame).DataOffset + 14);
            stack.Network.Reject(frame, RejectReason.ProtocolUnreachable, stack.Time);
            stack.Arena.Release(frame, Holders.Loop);
        }

        foreach (var type in new byte[] { 3, 4, 5, 11, 12 })
        {
            Reject(type);
        }

        Assert.Empty(stack.Flush());
        Reject(8);
        Assert.Equal(2, Assert.Single(stack.Flush()).Payload[1]);
    }

    [Fact]
    public void A_destination_gets_a_burst_of_six_errors_and_then_one_a_second()
    {
        using var stack = new StackHarness();
        stack.KnowPeer();
        int Errors(int packets)
        {
            for (var i = 0; i < packets; i++)
            {
                stack.Receive(ToClosedPort());
            }

            return stack.Flush().Count(s => s.Protocol == 1 && !s.IsArp);
        }

        Assert.Equal(6, Errors(20));
        stack.Advance(0.5);
        Assert.Equal(0, Errors(20));
        stack.Advance(0.5);
        Assert.Equal(1, Errors(20));
        stack.Advance(3);
        Assert.Equal(3, Errors(20));
    }

    [Fact]
    public void All_destinations_together_get_a_burst_of_fifty_and_then_a_thousand_a_second()
    {
        using var stack = new StackHarness(new Ipv4Options { IcmpRateLimitMilliseconds = 0 });
        stack.KnowPeer();
        int Errors(int packets)
        {
            for (var i = 0; i < packets; i++)
            {
                stack.Receive(ToClosedPort());
            }

            return stack.Flush().Count(s => s.Protocol == 1 && !s.IsArp);
        }

        Assert.Equal(50, Errors(100));
        stack.Advance(0.01);
        Assert.Equal(10, Errors(100));
        stack.Advance(10);
        Assert.Equal(50, Errors(100));
    }

    [Theory]
    [InlineData(3, 0, TransportErrorKind.NetworkUnreachable)]
    [InlineData(3, 1, TransportErrorKind.HostUnreachable)]
    [InlineData(3, 2, TransportErrorKind.ProtocolUnreachable)]
    [InlineData(3, 3, TransportErrorKind.PortUnreachable)]
    [InlineData(3, 5, TransportErrorKind.HostUnreachable)]
    [InlineData(3, 13, TransportErrorKind.AdministrativelyProhibited)]
    [InlineData(11, 0, TransportErrorKind.TimeExceeded)]
    [InlineData(12, 0, TransportErrorKind.ParameterProblem)]
    public void An_error_about_an_own_packet_is_handed_to_its_transport(byte type, byte code, TransportErrorKind kind)
    {
        using var stack = new StackHarness();
        Assert.Equal(Verdict.Consumed, stack.Receive(Error(type, code, 0, Quoted())));
        Assert.True(stack.Errors.TryTake(out var error));
        Assert.Equal(
            new TransportError(kind, IpProtocol.Tcp, Wire.Endpoint(Wire.OwnAddress, 0x1000), Wire.Endpoint("192.0.2.1", 80), 0x01020304, 0), error);
    }

    [Fact]
    public void An_error_about_another_hosts_packet_or_a_cut_quote_is_invalid()
    {
        using var stack = new StackHarness();
        Assert.Equal(Verdict.Drop(DropReason.IcmpInvalid), stack.Receive(Error(3, 3, 0, Quoted(source: "10.0.0.9"))));
        Assert.Equal(Verdict.Drop(DropReason.IcmpInvalid), stack.Receive(Error(3, 3, 0, Quoted()[..27])));
        Assert.Equal(Verdict.Drop(DropReason.IcmpInvalid), stack.Receive(Error(3, 3, 0, [])));
        Assert.False(stack.Errors.TryTake(out _));
    }

    [Fact]
    public void Fragmentation_needed_narrows_the_path_until_it_is_forgotten()
    {
        using var stack = new StackHarness();
        stack.KnowPeer();
        var destination = InetAddress.Parse("192.0.2.1");
        stack.Receive(Error(3, 4, 1400, Quoted(Udp)));
        Assert.True(stack.Errors.TryTake(out var error));
        Assert.Equal((TransportErrorKind.PacketTooBig, 1400), (error.Kind, error.Mtu));
        Assert.Equal(1400, stack.Network.PathMtu(destination));
        Assert.Equal(1500, stack.Network.PathMtu(InetAddress.Parse("192.0.2.2")));
        stack.Receive(Error(3, 4, 1450, Quoted(Udp)));
        Assert.Equal(1400, stack.Network.PathMtu(destination));
        stack.Advance(599);
        stack.Flush();
        Assert.Equal(1400, stack.Network.PathMtu(destination));
        stack.Advance(1);
        Assert.Equal(1500, stack.Network.PathMtu(destination));
        stack.Flush();
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(68u)]
    [InlineData(551u)]
    public void A_path_mtu_below_the_minimum_is_the_minimum_and_packets_go_without_df(uint mtu)
    {
        using var stack = new StackHarness();
        stack.KnowPeer();
        stack.Receive(Error(3, 4, mtu, Quoted(Udp)));
        Assert.Equal(552, stack.Network.PathMtu(InetAddress.Parse("192.0.2.1")));
        var template = new Outgoing { Destination = InetAddress.Parse("192.0.2.1"), Protocol = IpProtocol.Tcp, DontFragment = true };
        Assert.Equal(0, Assert.Single(stack.Send(template, Wire.Bytes(500))).FragmentWord & 0x4000);
        Assert.Equal(2, stack.Send(template, Wire.Bytes(540)).Count);
    }

    [Fact]
    public void Of_TCP_a_router_is_not_believed_until_TCP_says_that_it_sent_the_segment()
    {
        using var stack = new StackHarness();
        stack.KnowPeer();
        var destination = InetAddress.Parse("192.0.2.1");
        stack.Receive(Error(3, 4, 1400, Quoted()));
        Assert.True(stack.Errors.TryTake(out var error));
        Assert.Equal((TransportErrorKind.PacketTooBig, 0x01020304u, 1400), (error.Kind, error.Sequence, error.Mtu));
        Assert.Equal(1500, stack.Network.PathMtu(destination));
        Assert.Equal(1400, stack.Network.LearnPathMtu(destination, error.Mtu, stack.Time));
        Assert.Equal(1400, stack.Network.PathMtu(destination));
        Assert.Equal(552, stack.Network.LearnPathMtu(destination, 0, stack.Time));
    }

    [Fact]
    public void A_packet_that_fitted_did_not_need_fragmentation()
    {
        using var stack = new StackHarness();
        Assert.Equal(Verdict.Drop(DropReason.IcmpInvalid), stack.Receive(Error(3, 4, 1400, Quoted(length: 1000))));
        Assert.Equal(1500, stack.Network.PathMtu(InetAddress.Parse("192.0.2.1")));
    }
}
