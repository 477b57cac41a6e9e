using Millrace.Ip;
using Millrace.Nics;
using Millrace.Stack.Tests.Twin;
using Millrace.Testing;
using Millrace.Testing.Traffic;

namespace Millrace.Stack.Tests.Interfaces;

[NetworkStack]
[Interface("wan")]
[Interface("lan")]
[NicQueues(1)]
[ChecksumOffload]
[Gro]
[Ipv4("10.0.0.1/24", On = "wan", Forwarding = true, Routes = 20, NeighbourReachableSeconds = 1)]
[Ipv4Address("10.1.1.1/24", On = "lan")]
[Udp]
[UdpHandler<UdpEchoHandler>(53)]
[Gso]
[Route("10.1.0.0/27", Via = "10.0.0.107")]
[Route("10.1.0.0/28", Via = "10.0.0.103", Metric = 3)]
[Route("10.1.0.0/28", Via = "10.0.0.104", Metric = 2)]
[Route("10.1.0.32/28", On = "wan")]
[Route("10.1.0.48/29", Kind = RouteKind.Prohibit)]
[Route("10.1.0.56/30", Kind = RouteKind.Unreachable)]
[Route("10.1.0.60/31", Kind = RouteKind.Blackhole)]
[Route("169.254.0.0/16", Via = "10.0.0.107")]
internal sealed partial class RoutingStack;

[TwinOf<RoutingStack>]
internal sealed partial class RoutingTwin;

/// <summary>A router with declared routes: loop and twin agree, and what the loop sends on by itself is as the way behind it would have.</summary>
public sealed class RoutingTwinTests
{
    private const int Steps = 1_500;

    [Theory]
    [InlineData(1, 256)]
    [InlineData(2, 256)]
    [InlineData(3, 16)]
    public void Loop_and_twin_agree_on_what_is_routed(ulong seed, int ringSize)
    {
        var (first, second) = (Nics(), Nics());
        using var stack = new RoutingStack(new() { WanNic = first[0], LanNic = first[1], Entropy = new Entropy(seed, 1) });
        using var twin = new RoutingTwin(new() { WanNic = second[0], LanNic = second[1], Entropy = new Entropy(seed, 1) });
        var traffic = new TrafficMix(
            (new TransitTraffic(TwinCase.Target), 5), (new SpoiltTraffic(new TransitTraffic(TwinCase.Target), 40), 2), (new UdpTraffic(TwinCase.Target), 1))
        {
            Always = [new ArpTraffic(TwinCase.Target)],
        };
        var run = new StackRun(traffic, seed, new StackLane("loop", stack, first), new StackLane("twin", twin, second));
        run.Run(Steps);
        Assert.True(stack.Ledger.Forwarded > 100, LedgerAssert.Describe(stack));
        Assert.True(stack.Ledger.IngressDrops(DropReason.IpInNoRoutes) > 10, LedgerAssert.Describe(stack));

        ScriptedNic[] Nics() => [new(TwinCase.Mac, NicFeatures.None, ringSize: ringSize), new(TwinCase.Mac, NicFeatures.None, ringSize: ringSize)];
    }

    [Fact]
    public void Declared_routes_are_there_when_the_stack_is_made_and_can_be_changed()
    {
        using var stack = new RoutingStack(new() { WanNic = new ScriptedNic(TwinCase.Mac), LanNic = new ScriptedNic(TwinCase.Mac), Entropy = new Entropy(1, 1) });
        Assert.Equal(8 + 2, stack.Ipv4.RouteCount);
        Assert.Equal("10.1.0.0/28 via 10.0.0.104 dev 0 metric 2", Way("10.1.0.5"));
        Assert.True(stack.Ipv4.RemoveRoute(Address("10.1.0.0"), 28));
        Assert.Equal("10.1.0.0/28 via 10.0.0.103 dev 0 metric 3", Way("10.1.0.5"));
        Assert.True(stack.Ipv4.RemoveRoute(Address("10.1.0.0"), 28));
        Assert.Equal("10.1.0.0/27 via 10.0.0.107 dev 0", Way("10.1.0.5"));
        Assert.Equal("prohibit 10.1.0.48/29", Way("10.1.0.50"));
        Assert.Equal("10.1.1.0/24 dev 1", Way("10.1.1.9"));

        string Way(string address) => stack.Ipv4.TryGetRoute(Address(address), out var route) ? route.ToString() : "none";

        static Headers.InetAddress Address(string text) => Headers.InetAddress.Parse(text);
    }
}
