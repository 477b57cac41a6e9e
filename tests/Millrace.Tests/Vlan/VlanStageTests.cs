using Millrace.Headers;
using Millrace.Memory;
using Millrace.Testing.Traffic;
using Millrace.Tests.Ip;

namespace Millrace.Tests.Vlan;

public sealed class VlanStageTests
{
    private const ushort Customer = 0x8100;
    private const ushort Service = 0x88A8;
    private const FrameFlags Tagged = FrameFlags.VlanTagged;

    private static readonly byte[] Plain = Wire.Ethernet(Wire.Ipv4(Wire.Udp([1, 2, 3])));

    [Theory]
    [InlineData(10, Customer, Tagged | FrameFlags.OtherVlan)]
    [InlineData(0xB014, Customer, Tagged | FrameFlags.OtherVlan)]
    [InlineData(0xFFFE, Service, Tagged | FrameFlags.ServiceVlan | FrameFlags.OtherVlan)]
    public void The_tag_moves_from_the_frame_to_its_metadata_with_priority_and_drop_eligibility(ushort tci, ushort protocol, FrameFlags flags)
    {
        using var vlan = new VlanHarness<TrunkSettings>(default);
        var received = vlan.Receive(TaggedTraffic.Tag(Plain, tci, protocol));
        Assert.Equal(Verdict.Continue, received.Verdict);
        Assert.Equal(EtherType.Ipv4, received.Type);
        Assert.Equal(Plain, received.Bytes);
        Assert.Equal(Plain[14..], received.Cursor);
        Assert.Equal((tci, flags), (received.Tci, received.Flags));
        Assert.Equal((Plain.Length, EthernetHeader.Length), (received.TotalLength, received.NetworkOffset));
    }

    [Theory]
    [InlineData(11, Customer)]
    [InlineData(1, Customer)]
    [InlineData(4095, Customer)]
    [InlineData(0xE00B, Service)]
    public void A_VLAN_that_is_not_named_is_filtered(ushort tci, ushort protocol)
    {
        using var vlan = new VlanHarness<TrunkSettings>(default);
        Assert.Equal(Verdict.Drop(DropReason.VlanFiltered), vlan.Receive(TaggedTraffic.Tag(Plain, tci, protocol)).Verdict);
    }

    [Fact]
    public void An_untagged_frame_is_left_as_it_is()
    {
        using var vlan = new VlanHarness<TrunkSettings>(default);
        var received = vlan.Receive(Plain);
        Assert.Equal((Verdict.Continue, EtherType.Ipv4, FrameFlags.None), (received.Verdict, received.Type, received.Flags));
        Assert.Equal(Plain, received.Bytes);
    }

    [Fact]
    public void A_tag_of_no_VLAN_is_taken_off_and_leaves_nothing_but_its_priority()
    {
        using var vlan = new VlanHarness<TrunkSettings>(default);
        var received = vlan.Receive(TaggedTraffic.Tag(Plain, 0xA000));
        Assert.Equal((Verdict.Continue, EtherType.Ipv4, FrameFlags.None, (ushort)0xA000), (received.Verdict, received.Type, received.Flags, received.Tci));
        Assert.Equal(Plain, received.Bytes);
    }

    [Theory]
    [InlineData(10, Customer, FrameFlags.VlanTagged)]
    [InlineData(0x700A, Customer, FrameFlags.VlanTagged)]
    [InlineData(20, Customer, FrameFlags.VlanTagged | FrameFlags.OtherVlan)]
    [InlineData(0, Customer, FrameFlags.OtherVlan)]
    public void Only_the_own_VLAN_is_not_marked_as_another(ushort tci, ushort protocol, FrameFlags flags)
    {
        using var vlan = new VlanHarness<OwnSettings>(default);
        Assert.Equal(flags, vlan.Receive(TaggedTraffic.Tag(Plain, tci, protocol)).Flags);
        Assert.Equal(FrameFlags.OtherVlan, vlan.Receive(Plain).Flags);
    }

    [Fact]
    public void The_own_VLAN_is_one_of_identifier_and_protocol()
    {
        using var customer = new VlanHarness<OwnSettings>(default);
        using var service = new VlanHarness<ServiceSettings>(default);
        Assert.Equal(Verdict.Drop(DropReason.VlanFiltered), customer.Receive(TaggedTraffic.Tag(Plain, 10, Service)).Verdict);
        Assert.Equal(Verdict.Drop(DropReason.VlanFiltered), service.Receive(TaggedTraffic.Tag(Plain, 10)).Verdict);
        Assert.Equal(FrameFlags.VlanTagged | FrameFlags.ServiceVlan, service.Receive(TaggedTraffic.Tag(Plain, 10, Service)).Flags);
    }

    [Fact]
    public void Of_two_tags_the_outer_one_counts_and_the_inner_one_may_name_no_VLAN()
    {
        using var vlan = new VlanHarness<TrunkSettings>(default);
        var received = vlan.Receive(TaggedTraffic.Tag(TaggedTraffic.Tag(Plain, 0xE000), 0x200A, Service));
        Assert.Equal((Verdict.Continue, (ushort)0x200A), (received.Verdict, received.Tci));
        Assert.Equal(Plain, received.Bytes);
        Assert.Equal(Verdict.Drop(DropReason.VlanFiltered), vlan.Receive(TaggedTraffic.Tag(TaggedTraffic.Tag(Plain, 20), 10, Service)).Verdict);
        Assert.Equal(Verdict.Drop(DropReason.VlanFiltered), vlan.Receive(TaggedTraffic.Tag(TaggedTraffic.Tag(Plain, 20), 11, Service)).Verdict);
    }

    [Fact]
    public void A_VLAN_behind_a_tag_of_none_is_the_outer_one()
    {
        using var vlan = new VlanHarness<TrunkSettings>(default);
        var received = vlan.Receive(TaggedTraffic.Tag(TaggedTraffic.Tag(Plain, 0x6014), 0));
        Assert.Equal((Verdict.Continue, (ushort)0x6014), (received.Verdict, received.Tci));
        Assert.Equal(Plain, received.Bytes);
    }

    [Theory]
    [InlineData(14)]
    [InlineData(15)]
    [InlineData(17)]
    public void Half_a_tag_is_too_small_a_packet(int length)
    {
        using var vlan = new VlanHarness<TrunkSettings>(default);
        Assert.Equal(Verdict.Drop(DropReason.PacketTooSmall), vlan.Receive(TaggedTraffic.Tag(Plain, 10)[..length]).Verdict);
        Assert.Equal(Verdict.Drop(DropReason.PacketTooSmall), vlan.Receive(TaggedTraffic.Tag(TaggedTraffic.Tag(Plain, 0), 10)[..(length + 4)]).Verdict);
    }

    [Fact]
    public void A_frame_that_ends_with_its_tag_goes_on_empty()
    {
        using var vlan = new VlanHarness<TrunkSettings>(default);
        var received = vlan.Receive(TaggedTraffic.Tag(Plain, 10)[..18]);
        Assert.Equal(Verdict.Continue, received.Verdict);
        Assert.Empty(received.Cursor);
    }

    [Fact]
    public void What_the_stack_sends_gets_the_tag_of_its_VLAN()
    {
        using var customer = new VlanHarness<OwnSettings>(default);
        using var service = new VlanHarness<ServiceSettings>(default);
        using var trunk = new VlanHarness<TrunkSettings>(default);
        Assert.Equal(TaggedTraffic.Tag(Plain, 0xA00A), customer.Transmit(Plain).Bytes);
        Assert.Equal(TaggedTraffic.Tag(Plain, 10, Service), service.Transmit(Plain).Bytes);
        Assert.Equal(Plain, trunk.Transmit(Plain).Bytes);
    }

    [Fact]
    public void What_is_turned_round_goes_out_by_the_VLAN_it_came_in_by()
    {
        using var vlan = new VlanHarness<OwnSettings>(default);
        Assert.Equal(TaggedTraffic.Tag(Plain, 0x7014, Service), vlan.Transmit(Plain, FrameFlags.Vlan, 0x7014).Bytes);
        Assert.Equal(Plain, vlan.Transmit(Plain, FrameFlags.OtherVlan, 0x6000).Bytes);
    }

    [Fact]
    public void A_frame_without_headroom_is_a_counted_drop()
    {
        using var vlan = new VlanHarness<OwnSettings>(default);
        var (verdict, bytes) = vlan.Transmit(Plain, dataOffset: 3);
        Assert.Equal(Verdict.Drop(DropReason.NoMemory), verdict);
        Assert.Equal(Plain, bytes);
        Assert.Equal(TaggedTraffic.Tag(Plain, 0xA00A), vlan.Transmit(Plain, dataOffset: 4).Bytes);
    }

    [Fact]
    public void Receiving_what_was_transmitted_gives_back_frame_and_tag()
    {
        using var vlan = new VlanHarness<TrunkSettings>(default);
        var random = new Random(7);
        for (var round = 0; round < 2000; round++)
        {
            var payload = new byte[random.Next(0, 1500)];
            random.NextBytes(payload);
            var frame = Wire.Ethernet(payload, type: (ushort)random.Next(0x0600, 0x8000));
            int[] ids = [10, 20, 4094];
            var tci = (ushort)((random.Next(16) << 12) | ids[random.Next(3)]);
            var flags = FrameFlags.VlanTagged | FrameFlags.OtherVlan | (random.Next(2) == 0 ? FrameFlags.ServiceVlan : FrameFlags.None);
            var (verdict, sent) = vlan.Transmit(frame, flags, tci);
            Assert.Equal(Verdict.Continue, verdict);
            Assert.Equal(TaggedTraffic.Tag(frame, tci, (flags & FrameFlags.ServiceVlan) != 0 ? Service : Customer), sent);
            var received = vlan.Receive(sent);
            Assert.Equal((Verdict.Continue, tci, flags), (received.Verdict, received.Tci, received.Flags));
            Assert.Equal(frame, received.Bytes);
        }
    }
}
