using System.Net;
using Millrace.Headers;
using Millrace.Ip;

namespace Millrace.Tests.Ip.Routing;

/// <summary>Packets that the forward stage sends on in the loop, beside the way that all others take.</summary>
public sealed class ForwarderTests
{
    private const string Far = "192.0.2.7";

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void While_routes_come_and_go_every_packet_takes_the_way_of_a_linear_scan(int seed)
    {
        var random = new Random(seed);
        using var router = new TestRouter();
        var plain = new PlainRoutes();
        plain.Put(new Ipv4Route(0x0A00_0000, 24, 0, 0));
        plain.Put(new Ipv4Route(0x0A01_0000, 24, 0, 1));
        for (var change = 0; change < 1_500; change++)
        {
            if (plain.All.Count > 60 || (plain.All.Count > 2 && random.Next(3) == 0))
            {
                var route = plain.All[random.Next(plain.All.Count)];
                if (route.PrefixLength == 24 && route.IsConnected && route.Metric == 0)
                {
                    continue;
                }

                plain.Remove(route);
                Assert.True(router.Layer.RemoveRoute(InetAddress.FromIpv4(route.Network), route.PrefixLength, route.Metric));
            }
            else
            {
                var route = AnyRoute(random);
                plain.Put(route);
                router.Layer.AddRoute(in route);
            }

            for (var look = 0; look < 8; look++)
            {
                var address = AnyAddress(random);
                router.Expect(address, plain.Find(address));
            }
        }

        Assert.True(router.SentInLoop > 1_000, "too few packets were sent on in the loop");
    }

    [Fact]
    public void In_the_loop_and_behind_it_a_packet_becomes_the_same()
    {
        var random = new Random(4);
        using var fast = new TestRouter();
        using var slow = new TestRouter(new ForwardHooks());
        foreach (var router in (TestRouter[])[fast, slow])
        {
            router.Layer.AddRoute(InetAddress.Parse("192.0.2.0"), 24, InetAddress.Parse(TestRouter.Gateway(3)));
            router.Receive(TestRouter.Packet(Far));
        }

        var agreed = new Dictionary<Verdict, int>();
        for (var i = 0; i < 20_000; i++)
        {
            var frame = AnyFrame(random);
            var (one, sent) = fast.Receive(frame);
            var (other, expected) = slow.Receive(frame);
            Assert.Equal(other, one);
            Assert.Equal(expected.Select(packet => (packet.Interface, Convert.ToHexString(packet.Frame))), sent.Select(packet => (packet.Interface, Convert.ToHexString(packet.Frame))));
            agreed[one] = agreed.GetValueOrDefault(one) + 1;
        }

        Assert.True(agreed[Verdict.Transmit] > 1_000 && agreed.Count > 8, string.Join(", ", agreed));
        Assert.Equal(0, slow.SentInLoop);
    }

    [Fact]
    public void A_change_of_a_neighbours_link_address_is_seen_by_all_routes_at_once()
    {
        using var router = new TestRouter();
        for (var i = 0; i < 50; i++)
        {
            router.Layer.AddRoute(InetAddress.FromIpv4(0xC000_0000u + ((uint)i << 8)), 24, InetAddress.Parse(TestRouter.Gateway(i % 2)));
        }

        var moved = MacAddress.Parse("02:00:00:00:77:77");
        router.Harness.Advance(2);
        router.Harness.ReceiveOn(1, Wire.Arp(2, moved, TestRouter.Gateway(0), TestRouter.SecondMac, "10.1.0.1", TestRouter.SecondMac));
        router.Harness.Flush();
        for (var i = 0; i < 50; i++)
        {
            var (verdict, sent) = router.Receive(TestRouter.Packet($"192.0.{i}.9"));
            Assert.Equal(Verdict.Transmit, verdict);
            Assert.Equal((i % 2 == 0 ? moved : TestRouter.GatewayMac(1)).ToString(), Assert.Single(sent).DestinationMac);
        }
    }

    [Fact]
    public void A_gateway_in_use_is_asked_again_in_time_and_packets_flow_meanwhile()
    {
        using var router = new TestRouter();
        router.Layer.AddRoute(InetAddress.Parse("192.0.2.0"), 24, InetAddress.Parse(TestRouter.Gateway(0)));
        var asked = 0;
        for (var second = 0; second < 120; second++)
        {
            router.Harness.Advance(1);
            var sent = router.Harness.Flush();
            var (verdict, out_) = router.Receive(TestRouter.Packet(Far));
            Assert.Equal(Verdict.Transmit, verdict);
            foreach (var request in sent.Concat(out_).Where(packet => packet.IsArp && packet.ArpTarget == TestRouter.Gateway(0)))
            {
                asked++;
                router.Learn(0);
            }
        }

        Assert.InRange(asked, 2, 12);
    }

    [Fact]
    public void A_neighbour_on_the_link_is_led_to_straight_until_its_network_changes()
    {
        using var router = new TestRouter();
        router.Harness.ReceiveOn(1, Wire.Arp(1, MacAddress.Parse("02:00:00:00:02:09"), "10.1.0.209", default, "10.1.0.1"));
        router.Harness.Flush();
        router.Receive(TestRouter.Packet("10.1.0.209"));
        router.Expect(0x0A01_00D1, new Ipv4Route(0x0A01_0000, 24, 0, 1), inLoop: true);
        router.Layer.AddRoute(InetAddress.Parse("10.1.0.208"), 28, InetAddress.Parse(TestRouter.Gateway(1)));
        router.Expect(0x0A01_00D1, new Ipv4Route(0x0A01_00D0, 28, TestRouter.GatewayNumber(1), 1), inLoop: true);
        router.Layer.RemoveRoute(InetAddress.Parse("10.1.0.208"), 28);
        router.Expect(0x0A01_00D1, new Ipv4Route(0x0A01_0000, 24, 0, 1));
        router.Expect(0x0A01_00D1, new Ipv4Route(0x0A01_0000, 24, 0, 1), inLoop: true);
        router.Layer.SetAddress(1, InterfaceAddress.Parse("10.2.0.1/24"));
        Assert.Equal(Verdict.Drop(DropReason.IpInNoRoutes), router.Receive(TestRouter.Packet("10.1.0.209")).Verdict);
    }

    [Fact]
    public void Link_local_addresses_are_sent_on_until_a_route_refuses_them()
    {
        using var router = new TestRouter();
        router.Layer.SetGateway(InetAddress.Parse(TestRouter.Gateway(2)));
        router.Expect(0xA9FE_0101, new Ipv4Route(0, 0, TestRouter.GatewayNumber(2), 1));
        router.Layer.AddRoute(new Ipv4Route(0xA9FE_0000, 16, 0, 0, Kind: RouteKind.Blackhole));
        router.Expect(0xA9FE_0101, null);
    }

    [Fact]
    public void An_address_that_becomes_the_hosts_own_is_delivered_and_one_that_was_is_sent_on()
    {
        using var router = new TestRouter();
        router.Layer.AddRoute(InetAddress.Parse("10.0.0.0"), 8, InetAddress.Parse("10.0.0.254"));
        router.Receive(TestRouter.Packet("10.2.0.1"));
        router.Layer.SetAddress(1, InterfaceAddress.Parse("10.2.0.1/24"));
        Assert.Equal(Verdict.Deliver, router.Receive(TestRouter.Packet("10.2.0.1", port: 53)).Verdict);
        Assert.Equal(Verdict.Deliver, router.Receive(TestRouter.Packet("10.2.0.255", port: 53)).Verdict);
        router.Layer.SetAddress(1, InterfaceAddress.Parse("10.3.0.1/24"));
        Assert.Equal(Verdict.Held, router.Receive(TestRouter.Packet("10.2.0.1", port: 53)).Verdict);
    }

    [Fact]
    public void Sending_on_in_the_loop_allocates_nothing()
    {
        using var router = new TestRouter();
        router.Layer.AddRoute(InetAddress.Parse("192.0.2.0"), 24, InetAddress.Parse(TestRouter.Gateway(3)));
        var frame = TestRouter.Packet(Far);
        var transmitted = router.Harness.Ledger.Transmitted;
        Work();
        Assert.Equal(400, router.Harness.Ledger.Transmitted - transmitted);
        Assert.Equal(0, Allocated.Least(Work));

        void Work()
        {
            for (var i = 0; i < 400; i++)
            {
                router.Harness.ForwardOnce(frame);
            }
        }
    }

    [Fact]
    public void A_full_table_says_how_to_make_room()
    {
        using var router = new TestRouter(routes: 4);
        for (var i = 0; i < 4; i++)
        {
            router.Layer.AddRoute(InetAddress.FromIpv4(0xC000_0000u + ((uint)i << 8)), 24, InetAddress.Parse(TestRouter.Gateway(0)));
        }

        var exception = Assert.Throws<InvalidOperationException>(() => router.Layer.AddRoute(InetAddress.Parse("198.51.100.0"), 24, InetAddress.Parse(TestRouter.Gateway(0))));
        Assert.Contains("Routes = …", exception.Message);
        Assert.True(router.Layer.RemoveRoute(InetAddress.Parse("192.0.0.0"), 24));
        router.Layer.AddRoute(InetAddress.Parse("198.51.100.0"), 24, InetAddress.Parse(TestRouter.Gateway(0)));
    }

    private static Ipv4Route AnyRoute(Random random)
    {
        var length = random.Next(33);
        var network = AnyAddress(random) & Ipv4Route.Mask(length);
        var metric = (uint)random.Next(3);
        return random.Next(8) switch
        {
            0 => new Ipv4Route(network, (byte)length, 0, 0, metric, RouteKind.Blackhole),
            1 => new Ipv4Route(network, (byte)length, 0, 0, metric, RouteKind.Unreachable),
            2 => new Ipv4Route(network, (byte)length, 0, 0, metric, RouteKind.Prohibit),
            _ => new Ipv4Route(network, (byte)length, TestRouter.GatewayNumber(random.Next(TestRouter.Gateways)), 1, metric),
        };
    }

    /// <summary>Of few, so that routes lie within each other; none of the router's own networks.</summary>
    private static uint AnyAddress(Random random) =>
        0xC000_0000u | (uint)random.Next(4) << 20 | (uint)random.Next(4) << 12 | (uint)random.Next(4) << 8 | (uint)random.Next(8);

    private static byte[] AnyFrame(Random random)
    {
        string[] sources = ["10.0.0.1", "198.18.0.1", "0.0.0.0", "127.0.0.1", "169.254.1.1", "224.0.0.1", "10.0.0.2", "10.0.0.255", "10.1.0.1", "10.1.0.255", "240.0.0.1"];
        var frame = Wire.Ethernet(
            Wire.Ipv4(
                Wire.Bytes(random.Next(8, 40)),
                source: random.Next(3) == 0 ? sources[random.Next(sources.Length)] : "198.18.0.1",
                destination: random.Next(4) == 0 ? $"{random.Next(224)}.0.0.{random.Next(3)}" : Far,
                ttl: random.Next(5) == 0 ? (byte)random.Next(3) : (byte)random.Next(256),
                id: (ushort)random.Next(65536),
                fragment: random.Next(5) == 0 ? (ushort)random.Next(0x4000) : (ushort)0,
                protocol: (byte)random.Next(100, 256),
                options: random.Next(8) == 0 ? [1, 1, 1, 0] : null),
            destination: random.Next(10) == 0 ? MacAddress.Broadcast : null,
            pad: random.Next(3) == 0 ? random.Next(20) : 0);
        if (random.Next(4) == 0)
        {
            frame[random.Next(14, frame.Length)] ^= (byte)(1 << random.Next(8));
        }

        return random.Next(10) == 0 ? frame[..random.Next(14, frame.Length)] : frame;
    }

    /// <summary>A hook at FORWARD that does nothing, but for which no packet may be sent on in the loop.</summary>
    private sealed class ForwardHooks : INetfilterHooks
    {
        public bool HasPreRouting => false;

        public bool HasLocalIn => false;

        public bool HasForward => true;

        public bool HasLocalOut => false;

        public bool HasPostRouting => false;

        public Verdict PreRouting(HookPacket packet) => Verdict.Continue;

        public Verdict LocalIn(HookPacket packet) => Verdict.Continue;

        public Verdict Forward(HookPacket packet) => Verdict.Continue;

        public Verdict LocalOut(HookPacket packet) => Verdict.Continue;

        public Verdict PostRouting(HookPacket packet) => Verdict.Continue;
    }
}
