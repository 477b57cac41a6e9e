using Millrace.Headers;

namespace Millrace.Tests.Ip;

public sealed class EthernetStageTests
{
    private static readonly byte[] Datagram = Wire.Ipv4(Wire.Udp([1, 2, 3]));

    [Fact]
    public void A_frame_to_the_own_address_is_taken()
    {
        using var stack = new StackHarness();
        Assert.Equal(Verdict.Deliver, stack.Receive(Wire.Ethernet(Datagram)));
    }

    [Fact]
    public void A_frame_to_another_address_is_dropped()
    {
        using var stack = new StackHarness();
        Assert.Equal(Verdict.Drop(DropReason.OtherHost), stack.Receive(Wire.Ethernet(Datagram, MacAddress.Parse("02:00:00:00:00:03"))));
    }

    [Fact]
    public void A_promiscuous_interface_takes_every_frame()
    {
        using var stack = new StackHarness(promiscuous: true);
        Assert.Equal(Verdict.Deliver, stack.Receive(Wire.Ethernet(Datagram, MacAddress.Parse("02:00:00:00:00:03"))));
    }

    [Fact]
    public void A_broadcast_is_taken()
    {
        using var stack = new StackHarness();
        Assert.Equal(Verdict.Deliver, stack.Receive(Wire.Ethernet(Datagram, MacAddress.Broadcast)));
    }

    [Fact]
    public void A_multicast_is_taken_while_its_group_is_joined()
    {
        using var stack = new StackHarness();
        var group = MacAddress.Parse("01:00:5e:00:00:fb");
        var frame = Wire.Ethernet(Wire.Ipv4(Wire.Udp([1], destination: "224.0.0.251"), destination: "224.0.0.251"), group);
        Assert.Equal(Verdict.Drop(DropReason.OtherHost), stack.Receive(frame));
        stack.Interface.JoinGroup(group);
        Assert.Equal(Verdict.Deliver, stack.Receive(frame));
        stack.Interface.LeaveGroup(group);
        Assert.Equal(Verdict.Drop(DropReason.OtherHost), stack.Receive(frame));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(13)]
    public void A_frame_shorter_than_its_header_is_too_small(int length)
    {
        using var stack = new StackHarness();
        Assert.Equal(Verdict.Drop(DropReason.PacketTooSmall), stack.Receive(new byte[length]));
    }

    [Fact]
    public void The_cursor_type_and_network_offset_are_those_behind_the_header()
    {
        using var stack = new StackHarness();
        stack.Receive(Wire.Ethernet([9, 8, 7], type: 0x86DD));
        Assert.Equal([9, 8, 7], Assert.Single(stack.Unclaimed).Data);
    }
}
