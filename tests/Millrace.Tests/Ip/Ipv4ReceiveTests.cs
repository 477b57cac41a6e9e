using Millrace.Headers;

namespace Millrace.Tests.Ip;

public sealed class Ipv4ReceiveTests
{
    private static readonly byte[] Udp = Wire.Udp([1, 2, 3]);

    private static Verdict Receive(byte[] packet, int pad = 0)
    {
        using var stack = new StackHarness();
        return stack.Receive(Wire.Ethernet(packet, pad: pad));
    }

    private static byte[] With(byte[] packet, Action<byte[]> change, bool fixChecksum = true)
    {
        var copy = (byte[])packet.Clone();
        change(copy);
        if (fixChecksum)
        {
            copy[10] = copy[11] = 0;
            var checksum = Wire.Checksum(copy[..Math.Min(copy.Length, Math.Max(20, (copy[0] & 15) * 4))]);
            copy[10] = (byte)(checksum >> 8);
            copy[11] = (byte)checksum;
        }

        return copy;
    }

    [Fact]
    public void An_ordinary_packet_goes_on() => Assert.Equal(Verdict.Deliver, Receive(Wire.Ipv4(Udp)));

    [Fact]
    public void Link_layer_padding_is_cut_off()
    {
        using var stack = new StackHarness();
        stack.Receive(Wire.Ethernet(Wire.Ipv4([5, 6], protocol: 99), pad: 24));
        Assert.Equal([5, 6], Assert.Single(stack.Unclaimed).Data);
    }

    [Fact]
    public void Padding_is_cut_off_a_chain_too()
    {
        using var stack = new StackHarness();
        stack.Receive(Wire.Ethernet(Wire.Ipv4(Wire.Bytes(40), protocol: 99), pad: 24), 50, 80);
        Assert.Equal(Wire.Bytes(40), Assert.Single(stack.Unclaimed).Data);
    }

    [Fact]
    public void A_packet_with_options_goes_on_behind_them()
    {
        using var stack = new StackHarness();
        stack.Receive(Wire.Ethernet(Wire.Ipv4([5, 6], protocol: 99, options: [7, 7, 4, 0, 0, 0, 0, 1])));
        Assert.Equal([5, 6], Assert.Single(stack.Unclaimed).Data);
    }

    [Theory]
    [InlineData(new byte[] { 131, 7, 4, 10, 0, 0, 9, 0 })]
    [InlineData(new byte[] { 1, 137, 7, 4, 10, 0, 0, 9 })]
    [InlineData(new byte[] { 7, 1, 0, 0 })]
    [InlineData(new byte[] { 7, 9, 0, 0 })]
    [InlineData(new byte[] { 1, 1, 1, 7 })]
    public void Source_routes_and_malformed_options_are_refused(byte[] options) =>
        Assert.Equal(Verdict.Drop(DropReason.IpInHeader), Receive(Wire.Ipv4(Udp, options: options)));

    [Fact]
    public void Another_version_is_refused() =>
        Assert.Equal(Verdict.Drop(DropReason.IpInHeader), Receive(With(Wire.Ipv4(Udp), packet => packet[0] = 0x65)));

    [Fact]
    public void A_header_length_below_twenty_is_refused() =>
        Assert.Equal(Verdict.Drop(DropReason.IpInHeader), Receive(With(Wire.Ipv4(Udp), packet => packet[0] = 0x44)));

    [Fact]
    public void A_header_longer_than_the_frame_is_truncated() =>
        Assert.Equal(Verdict.Drop(DropReason.HeaderTruncated), Receive(With(Wire.Ipv4([1]), packet => packet[0] = 0x4F)));

    [Fact]
    public void A_frame_without_a_whole_header_is_truncated() =>
        Assert.Equal(Verdict.Drop(DropReason.HeaderTruncated), Receive(Wire.Ipv4(Udp)[..19]));

    [Fact]
    public void A_wrong_header_checksum_is_refused() =>
        Assert.Equal(Verdict.Drop(DropReason.IpChecksum), Receive(With(Wire.Ipv4(Udp), packet => packet[10] ^= 1, fixChecksum: false)));

    [Fact]
    public void Every_flipped_bit_of_the_header_changes_the_verdict_or_a_field_that_is_not_checked()
    {
        for (var bit = 0; bit < 160; bit++)
        {
            var packet = Wire.Ipv4(Udp);
            packet[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.NotEqual(Verdict.Deliver, Receive(packet));
        }
    }

    [Fact]
    public void A_total_length_beyond_the_frame_is_too_small() =>
        Assert.Equal(Verdict.Drop(DropReason.PacketTooSmall), Receive(With(Wire.Ipv4(Udp), packet => packet[3]++)));

    [Fact]
    public void A_total_length_below_the_header_is_refused() =>
        Assert.Equal(Verdict.Drop(DropReason.IpInHeader), Receive(With(Wire.Ipv4(Udp), packet => packet[3] = 19)));

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("0.0.0.0")]
    [InlineData("0.1.2.3")]
    [InlineData("224.0.0.1")]
    [InlineData("239.255.255.255")]
    [InlineData("255.255.255.255")]
    [InlineData("10.0.0.255")]
    public void A_source_that_cannot_be_is_a_martian(string source) =>
        Assert.Equal(Verdict.Drop(DropReason.IpInvalidSource), Receive(Wire.Ipv4(Udp, source: source)));

    [Fact]
    public void The_own_address_as_source_is_refused() =>
        Assert.Equal(Verdict.Drop(DropReason.IpLocalSource), Receive(Wire.Ipv4(Udp, source: Wire.OwnAddress)));

    [Theory]
    [InlineData("10.0.0.3")]
    [InlineData("127.0.0.1")]
    [InlineData("0.0.0.0")]
    [InlineData("239.1.1.1")]
    [InlineData("240.0.0.1")]
    public void A_destination_that_is_not_this_host_is_refused(string destination) =>
        Assert.Equal(Verdict.Drop(DropReason.IpInvalidDestination), Receive(Wire.Ipv4(Wire.Udp([1], destination: destination), destination: destination)));

    [Theory]
    [InlineData("255.255.255.255")]
    [InlineData("10.0.0.255")]
    [InlineData("224.0.0.1")]
    public void Broadcasts_and_joined_groups_are_taken(string destination) =>
        Assert.Equal(Verdict.Deliver, Receive(Wire.Ipv4(Wire.Udp([1], destination: destination), destination: destination)));

    [Fact]
    public void A_host_without_an_address_may_ask_everybody() =>
        Assert.Equal(Verdict.Deliver, Receive(Wire.Ipv4(
            Wire.Udp([1], source: "0.0.0.0", destination: "255.255.255.255"), source: "0.0.0.0", destination: "255.255.255.255")));

    [Fact]
    public void Another_protocol_goes_on_with_its_number()
    {
        using var stack = new StackHarness();
        stack.Receive(Wire.Ethernet(Wire.Ipv4([1], protocol: 132)));
        Assert.Equal((IpProtocol)132, Assert.Single(stack.Unclaimed).Protocol);
    }

    [Fact]
    public void A_new_address_is_the_one_that_is_answered_for()
    {
        using var stack = new StackHarness();
        stack.Layer.SetAddress(0, Millrace.Ip.InterfaceAddress.Parse("192.168.7.9/16"));
        stack.Flush();
        Assert.Equal(Verdict.Drop(DropReason.IpInvalidDestination), stack.Receive(Wire.Ethernet(Wire.Ipv4(Udp))));
        Assert.Equal(Verdict.Deliver, stack.Receive(Wire.Ethernet(
            Wire.Ipv4(Wire.Udp([1], destination: "192.168.7.9"), destination: "192.168.7.9"))));
    }
}
