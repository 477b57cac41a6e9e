using Millrace.Headers;
using Millrace.Nics;
using Millrace.Stack.Tests.Twin;
using Millrace.Testing.Traffic;

namespace Millrace.Stack.Tests.Bridging;

/// <summary>Loop and twin of bridges; frames arrive by any port, for the host, for others and for all.</summary>
public sealed class BridgeTwinTests
{
    private const int Steps = 400;

    [Theory]
    [InlineData(1, 256, 0)]
    [InlineData(2, 32, 300_000)]
    public void Loop_and_twin_agree_on_a_switch(ulong seed, int ringSize, long completionAfter) => Run(
        seed, TrafficMix.Everything(TwinCase.Target), NicFeatures.None, ringSize, completionAfter,
        nics => new SwitchStack(new() { OneNic = nics[0], TwoNic = nics[1], ThreeNic = nics[2], Entropy = new Entropy(seed, 1) }),
        nics => new SwitchTwin(new() { OneNic = nics[0], TwoNic = nics[1], ThreeNic = nics[2], Entropy = new Entropy(seed, 1) }));

    [Theory]
    [InlineData(11, 256, 0)]
    [InlineData(12, 256, 200_000)]
    [InlineData(13, 32, 300_000)]
    public void Loop_and_twin_agree_on_a_bridge_whose_host_speaks(ulong seed, int ringSize, long completionAfter) => Run(
        seed, new TaggedTraffic(TrafficMix.Everything(TwinCase.Target), 0, [10, 20, 30]), TwinCase.AllFeatures[(int)seed % TwinCase.AllFeatures.Count], ringSize, completionAfter,
        nics => new BridgingHost(new() { OneNic = nics[0], TwoNic = nics[1], ThreeNic = nics[2], Entropy = new Entropy(seed, 1) }),
        nics => new BridgingHostTwin(new() { OneNic = nics[0], TwoNic = nics[1], ThreeNic = nics[2], Entropy = new Entropy(seed, 1) }));

    [Fact]
    public void Loop_and_twin_agree_on_a_bridge_of_some_interfaces() => Run(
        21, TrafficMix.Everything(TwinCase.Target), NicFeatures.None, 256, 0,
        nics => new BridgingRouter(new() { WanNic = nics[0], TwoNic = nics[1], ThreeNic = nics[2], Entropy = new Entropy(21, 1) }),
        nics => new BridgingRouterTwin(new() { WanNic = nics[0], TwoNic = nics[1], ThreeNic = nics[2], Entropy = new Entropy(21, 1) }));

    private static void Run(
        ulong seed, ITrafficSource source, NicFeatures features, int ringSize, long completionAfter,
        Func<ScriptedNic[], INetworkStack> compiled, Func<ScriptedNic[], INetworkStack> interpreted)
    {
        var (first, second) = (Nics(), Nics());
        using var stack = compiled(first);
        using var twin = interpreted(second);
        var run = new StackRun(source, seed, new StackLane("loop", stack, first), new StackLane("twin", twin, second));
        run.Run(Steps);
        Assert.True(run.FrameCount > Steps);
        Assert.All(first, nic => Assert.True(nic.SentCount > 0));

        ScriptedNic[] Nics() => [.. Enumerable.Range(0, 3).Select(i =>
            new ScriptedNic(new MacAddress(TwinCase.Mac.Value + (ulong)(i << 4)), features, ringSize: ringSize, completionAfter: completionAfter))];
    }
}
