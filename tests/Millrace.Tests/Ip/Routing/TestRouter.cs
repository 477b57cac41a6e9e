using System.Globalization;
using Millrace.Headers;
using Millrace.Ip;

namespace Millrace.Tests.Ip.Routing;

/// <summary>A router with 10.0.0.2/24 on eth0 and 10.1.0.1/24 on eth1, behind which gateways are that it knows.</summary>
internal sealed class TestRouter : IDisposable
{
    public const int Gateways = 6;

    public static readonly MacAddress SecondMac = MacAddress.Parse("02:00:00:00:01:02");

    public TestRouter(INetfilterHooks? hooks = null, int routes = 256)
    {
        Harness = new StackHarness(
            new Ipv4Options { Forwarding = true, Gateway = "", Routes = routes, IcmpMessagesPerSecond = 0 }, second: new FakeNic(SecondMac), hooks: hooks);
        Layer.SetAddress(1, InterfaceAddress.Parse("10.1.0.1/24"));
        Harness.Flush();
        for (var i = 0; i < Gateways; i++)
        {
            Harness.ReceiveOn(1, Wire.Arp(1, GatewayMac(i), Gateway(i), default, "10.1.0.1"));
            Learn(i);
        }

        Harness.Flush();
    }

    public StackHarness Harness { get; }

    public Ipv4Layer Layer => Harness.Layer;

    /// <summary>Packets that did not leave the loop on their way.</summary>
    public long SentInLoop { get; private set; }

    public static string Gateway(int number) => InetAddress.FromIpv4(GatewayNumber(number)).ToString();

    public static uint GatewayNumber(int number) => 0x0A01_0064u + (uint)number;

    public static MacAddress GatewayMac(int number) => new(0x0200_0000_0300UL + (uint)number);

    public static byte[] Packet(string destination, ushort port = 9) =>
        Wire.Ethernet(Wire.Ipv4(Wire.Udp([1, 2, 3], source: "198.18.0.1", destination: destination, destinationPort: port), source: "198.18.0.1", destination: destination));

    /// <summary>Tells the router where a gateway is, as an answer to its question does.</summary>
    public void Learn(int gateway) =>
        Harness.ReceiveOn(1, Wire.Arp(2, GatewayMac(gateway), Gateway(gateway), SecondMac, "10.1.0.1", SecondMac));

    public (Verdict Verdict, List<Sent> Sent) Receive(byte[] frame)
    {
        var readies = UsedInLoop();
        var verdict = Harness.Receive(frame);
        SentInLoop += UsedInLoop() == readies ? 0 : 1;
        var sent = Harness.Flush();
        Harness.Advance(0.000_001);
        return (verdict, sent);
    }

    /// <summary>Sends a packet in, and asserts that it takes the way of a route, or ends as none would let it.</summary>
    public void Expect(uint address, Ipv4Route? route, bool inLoop = false)
    {
        var before = SentInLoop;
        var (verdict, sent) = Receive(Packet(InetAddress.FromIpv4(address).ToString()));
        if (route is not { Kind: RouteKind.Unicast } way)
        {
            Assert.Equal(Verdict.Drop(DropReason.IpInNoRoutes), verdict);
            return;
        }

        Assert.Equal(Verdict.Transmit, verdict);
        var packet = Assert.Single(sent, one => !one.IsArp);
        var mac = way.Gateway == 0 ? "02:00:00:00:02:09" : GatewayMac((int)(way.Gateway - GatewayNumber(0))).ToString();
        Assert.Equal((1, mac, 63), (packet.Interface, packet.DestinationMac, packet.Ttl));
        Assert.True(packet.IsIpv4HeaderRight);
        Assert.True(!inLoop || SentInLoop > before, string.Create(CultureInfo.InvariantCulture, $"{way} was not taken in the loop"));
    }

    public void Dispose() => Harness.Dispose();

    /// <summary>The time that the forward stage alone writes.</summary>
    private long UsedInLoop()
    {
        long latest = 0;
        for (var i = 1; Layer.Forwarder is { } forwarder && i <= forwarder.NextHopCount + 8; i++)
        {
            latest = Math.Max(latest, forwarder.Fib[i].UsedAt);
        }

        return latest;
    }
}
