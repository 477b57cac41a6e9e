using Millrace.Headers;
using Millrace.Ip;
using Millrace.Memory;

namespace Millrace.Tests.Ip;

/// <summary>A router between 10.0.0.0/24 on eth0 and 10.1.0.0/24 on eth1 (ip_forward, RFC 1812).</summary>
public sealed class ForwardTests
{
    private static readonly MacAddress FarMac = MacAddress.Parse("02:00:00:00:01:09");
    private static readonly MacAddress SecondMac = MacAddress.Parse("02:00:00:00:01:02");

    private const string Far = "10.1.0.9";
    private const ushort DontFragment = 0x4000;

    [Fact]
    public void A_packet_for_another_network_leaves_there_with_a_lower_time_to_live()
    {
        using var router = Router();
        Assert.Equal(Verdict.Transmit, router.Receive(Wire.Ethernet(Wire.Ipv4(Wire.Udp([1, 2, 3], destination: Far), destination: Far, ttl: 9, tos: 0x10), pad: 15)));
        var sent = Assert.Single(router.Flush());
        Assert.Equal((1, FarMac.ToString(), SecondMac.ToString()), (sent.Interface, sent.DestinationMac, sent.SourceMac));
        Assert.True(sent.IsIpv4HeaderRight);
        Assert.Equal(8, sent.Ttl);
        Assert.Equal(Wire.Ipv4(Wire.Udp([1, 2, 3], destination: Far), destination: Far, ttl: 8, tos: 0x10), sent.Network);
        Assert.Equal(1, router.Ledger.Forwarded);
    }

    [Fact]
    public void The_checksum_that_is_updated_is_the_one_that_would_be_computed_for_every_time_to_live()
    {
        using var router = Router();
        for (var i = 2; i < 256; i++)
        {
            router.Receive(Wire.Ethernet(Wire.Ipv4(Wire.Bytes(i), destination: Far, ttl: (byte)i, protocol: (byte)(255 - i), id: (ushort)(i * 997))));
            var sent = Assert.Single(router.Flush());
            Assert.True(sent.IsIpv4HeaderRight);
            Assert.Equal(i - 1, sent.Ttl);
        }
    }

    [Fact]
    public void Without_forwarding_it_is_nobodys_packet()
    {
        using var host = new StackHarness();
        Assert.Equal(Verdict.Drop(DropReason.IpInvalidDestination), host.Receive(Wire.Ethernet(Wire.Ipv4(Wire.Udp([1]), destination: Far))));
        Assert.Empty(host.Flush());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void A_time_to_live_that_ends_here_is_told_to_the_sender(byte ttl)
    {
        using var router = Router();
        var packet = Wire.Ipv4(Wire.Udp([1], destination: Far), destination: Far, ttl: ttl);
        Assert.Equal(Verdict.Drop(DropReason.IpInHeader), router.Receive(Wire.Ethernet(packet)));
        var error = Assert.Single(router.Flush());
        Assert.Equal((0, Wire.OwnAddress, Wire.PeerAddress, (byte)1), (error.Interface, error.Source, error.Destination, error.Protocol));
        Assert.Equal([11, 0], error.Payload[..2]);
        Assert.Equal(packet, error.Payload[8..]);
    }

    [Fact]
    public void A_packet_that_nobody_can_take_is_a_network_unreachable()
    {
        using var router = Router(gateway: "");
        Assert.Equal(Verdict.Drop(DropReason.IpInNoRoutes), router.Receive(Wire.Ethernet(Wire.Ipv4(Wire.Udp([1]), destination: "192.0.2.1"))));
        Assert.Equal([3, 0], Assert.Single(router.Flush()).Payload[..2]);
    }

    [Fact]
    public void A_packet_too_big_that_may_not_be_cut_is_answered_with_the_next_hops_MTU()
    {
        using var router = Router(mtu: 1280);
        Assert.Equal(Verdict.Drop(DropReason.PacketTooBig), router.Receive(Wire.Ethernet(Wire.Ipv4(new byte[1261], destination: Far, fragment: DontFragment))));
        var error = Assert.Single(router.Flush());
        Assert.Equal([3, 4], error.Payload[..2]);
        Assert.Equal([0, 0, 0x05, 0x00], error.Payload[4..8]);
        Assert.Equal(0, Wire.Checksum(error.Payload));
        Assert.Equal(Verdict.Transmit, router.Receive(Wire.Ethernet(Wire.Ipv4(new byte[1260], destination: Far, fragment: DontFragment))));
        Assert.Single(router.Flush());
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(0x2000, 0)]
    [InlineData(100, 800)]
    public void A_packet_too_big_that_may_be_cut_leaves_in_fragments_that_make_it_up(ushort fragment, int start)
    {
        using var router = Router(mtu: 1280);
        // record route is the first fragment's alone, the other option (copied) is in all
        byte[] options = [7, 7, 4, 0, 0, 0, 0, 0x94, 4, 0, 0, 1];
        var payload = Wire.Bytes(1440);
        Assert.Equal(Verdict.Held, router.Receive(Wire.Ethernet(Wire.Ipv4(payload, destination: Far, fragment: fragment, options: options, ttl: 7))));
        var sent = router.Flush();
        Assert.Equal(2, sent.Count);
        Assert.All(sent, one => Assert.True(one.IsIpv4HeaderRight && one.Ttl == 6 && one.Id == 7 && one.Interface == 1 && one.Network.Length <= 1280));
        Assert.Equal(payload, sent.SelectMany(one => one.Payload));
        Assert.Equal([start, start + sent[0].Payload.Length], sent.Select(one => (one.FragmentWord & 0x1FFF) * 8));
        Assert.Equal([true, (fragment & 0x2000) != 0], sent.Select(one => (one.FragmentWord & 0x2000) != 0));
        Assert.Equal(fragment == 100 ? [1, 1, 1, 1, 1, 1, 1, .. options[7..]] : options, sent[0].Network[20..32]);
        Assert.Equal([1, 1, 1, 1, 1, 1, 1, .. options[7..]], sent[1].Network[20..32]);
    }

    [Fact]
    public void A_merged_packet_is_judged_by_its_segments()
    {
        using var router = Router(mtu: 1280);
        var segment = new byte[20 + 3000];
        segment[12] = 0x50;
        var packet = Wire.Ethernet(Wire.Ipv4(segment, protocol: 6, destination: Far, fragment: DontFragment));
        Assert.Equal(Verdict.Drop(DropReason.PacketTooBig), Merged(router, packet, 1241));
        Assert.Equal([3, 4], Assert.Single(router.Flush()).Payload[..2]);
        Assert.Equal(Verdict.Transmit, Merged(router, packet, 1240));
        Assert.Equal((1240, 1), (Assert.Single(router.Flush()) is var sent ? sent.GsoSize : 0, sent.Interface));
        Assert.Equal(3, router.Ledger.Forwarded);
    }

    [Fact]
    public void A_packet_waits_for_its_neighbour_outside_the_receive_share_and_belongs_to_egress()
    {
        using var router = Router(knows: false);
        router.Flush();
        var free = router.Arena.Available(Share.Receive);
        Assert.Equal(Verdict.Held, router.Receive(Wire.Ethernet(Wire.Ipv4(Wire.Udp([1]), destination: Far))));
        Assert.Equal(free, router.Arena.Available(Share.Receive));
        Assert.Equal((1, 1), (router.HeldEgress, router.Ledger.Forwarded));
        var request = Assert.Single(router.Flush(), sent => sent.IsArp && sent.ArpTarget == Far);
        Assert.Equal(1, request.Interface);
        router.ReceiveOn(1, Wire.Arp(2, FarMac, Far, SecondMac, "10.1.0.2", SecondMac));
        Assert.Equal(63, Assert.Single(router.Flush(), sent => !sent.IsArp).Ttl);
    }

    [Fact]
    public void A_neighbour_who_never_answers_is_a_host_unreachable_to_the_sender()
    {
        using var router = Router(knows: false);
        router.Receive(Wire.Ethernet(Wire.Ipv4(Wire.Udp([1]), destination: Far)));
        var sent = new List<Sent>();
        for (var second = 0; second < 6; second++)
        {
            sent.AddRange(router.Flush());
            router.Advance(1);
        }

        sent.AddRange(router.Flush());
        Assert.Equal(1, router.Ledger.EgressDrops(DropReason.NeighbourFailed));
        var error = Assert.Single(sent, one => !one.IsArp);
        Assert.Equal([3, 1], error.Payload[..2]);
        Assert.Equal(Wire.PeerAddress, error.Destination);
    }

    [Theory]
    [InlineData("127.0.0.1", Far, DropReason.IpInvalidSource)]
    [InlineData("0.0.0.0", Far, DropReason.IpInvalidSource)]
    [InlineData("224.0.0.1", Far, DropReason.IpInvalidSource)]
    [InlineData("255.255.255.255", Far, DropReason.IpInvalidSource)]
    [InlineData("10.1.0.2", Far, DropReason.IpLocalSource)]
    [InlineData("10.0.0.1", "127.0.0.1", DropReason.IpInvalidDestination)]
    [InlineData("10.0.0.1", "0.0.0.9", DropReason.IpInvalidDestination)]
    [InlineData("10.0.0.1", "239.1.2.3", DropReason.IpInvalidDestination)]
    public void What_no_router_sends_on_is_dropped_without_a_word(string source, string destination, DropReason reason)
    {
        using var router = Router();
        Assert.Equal(Verdict.Drop(reason), router.Receive(Wire.Ethernet(Wire.Ipv4(Wire.Udp([1]), source: source, destination: destination))));
        Assert.Empty(router.Flush());
    }

    [Fact]
    public void A_packet_in_a_broadcast_frame_is_not_sent_on()
    {
        using var router = Router();
        Assert.Equal(Verdict.Drop(DropReason.OtherHost), router.Receive(Wire.Ethernet(Wire.Ipv4(Wire.Udp([1]), destination: Far), destination: MacAddress.Broadcast)));
    }

    [Theory]
    [InlineData("10.1.0.2")]
    [InlineData("10.1.0.255")]
    public void The_routers_own_addresses_and_broadcasts_are_local_on_every_interface(string address)
    {
        using var router = Router();
        Assert.Equal(Verdict.Deliver, router.Receive(Wire.Ethernet(Wire.Ipv4(Wire.Udp([1], destination: address), destination: address))));
        Assert.Single(router.Udp.Received);
    }

    [Fact]
    public void Hooks_see_PRE_ROUTING_FORWARD_and_POST_ROUTING_with_both_interfaces_and_the_lower_time_to_live()
    {
        var log = new HookLog();
        using var router = Router(hooks: log);
        log.Seen.Clear();
        router.Receive(Wire.Ethernet(Wire.Ipv4(Wire.Udp([1]), destination: Far)));
        router.Flush();
        Assert.Equal(["PRE_ROUTING 0->-1 10.0.0.1>10.1.0.9 Udp 29", "FORWARD 0->1 10.0.0.1>10.1.0.9 Udp 29", "POST_ROUTING 0->1 10.0.0.1>10.1.0.9 Udp 29"], log.Seen);
        log.Seen.Clear();
        router.Receive(Wire.Ethernet(Wire.Ipv4(Wire.Udp([1]), destination: Far, ttl: 1)));
        Assert.Single(log.Seen);
    }

    [Theory]
    [InlineData("PRE_ROUTING", 100)]
    [InlineData("FORWARD", 100)]
    [InlineData("POST_ROUTING", 100)]
    [InlineData("POST_ROUTING", 1400)]
    public void A_hook_ends_a_forwarded_packet_as_one_that_came_in(string point, int length)
    {
        var log = new HookLog();
        using var router = Router(mtu: 1280, hooks: log);
        log.Ends = (point, Verdict.Drop(DropReason.NetfilterDrop));
        router.Receive(Wire.Ethernet(Wire.Ipv4(new byte[length], destination: Far)));
        Assert.Empty(router.Flush());
        Assert.Equal((1, 0, 0), (router.Ledger.IngressDrops(DropReason.NetfilterDrop), router.Ledger.EgressDropped, router.Ledger.Forwarded));
        log.Ends = (point, Verdict.Consumed);
        var consumed = router.Ledger.Consumed;
        router.Receive(Wire.Ethernet(Wire.Ipv4(new byte[length], destination: Far)));
        Assert.Equal(1, router.Ledger.Consumed - consumed);
    }

    [Fact]
    public void Forwarding_allocates_nothing()
    {
        var hooks = new CountingHooks();
        using var router = Router(mtu: 1280, hooks: hooks);
        byte[][] packets =
        [
            Wire.Ethernet(Wire.Ipv4(new byte[100], destination: Far)), Wire.Ethernet(Wire.Ipv4(new byte[1400], destination: Far)),
            Wire.Ethernet(Wire.Ipv4(new byte[1400], destination: Far, fragment: DontFragment)), Wire.Ethernet(Wire.Ipv4(new byte[9], destination: Far, ttl: 1)),
        ];
        Work();
        Assert.Equal(0, Allocated.Least(Work));
        Assert.True(hooks.Count > 1000);

        void Work()
        {
            for (var i = 0; i < 400; i++)
            {
                router.ForwardOnce(packets[i % packets.Length]);
            }
        }
    }

    private static Verdict Merged(StackHarness router, byte[] packet, int gsoSize)
    {
        var frame = router.Allocate(packet, 1500);
        ref var metadata = ref router.Arena.Metadata(frame);
        metadata.GsoSize = (ushort)gsoSize;
        metadata.WirePackets = 3;
        return router.ReceiveFrame(frame);
    }

    private static StackHarness Router(string gateway = "10.0.0.1", int mtu = 1500, bool knows = true, INetfilterHooks? hooks = null)
    {
        var second = new FakeNic(SecondMac);
        second.SetMtu(mtu);
        var router = new StackHarness(new Ipv4Options { Forwarding = true, Gateway = gateway }, second: second, hooks: hooks);
        router.Layer.SetAddress(1, InterfaceAddress.Parse("10.1.0.2/24"));
        router.Flush();
        router.KnowPeer();
        if (knows)
        {
            router.ReceiveOn(1, Wire.Arp(1, FarMac, Far, default, "10.1.0.2"));
        }

        router.Flush();
        return router;
    }
}
