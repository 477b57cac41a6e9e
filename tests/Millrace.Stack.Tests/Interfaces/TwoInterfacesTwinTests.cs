using Millrace.Nics;
using Millrace.Stack.Tests.Twin;
using Millrace.Testing.Traffic;

namespace Millrace.Stack.Tests.Interfaces;

/// <summary>Loop and twin of stacks with two interfaces; frames arrive by either, whichever network they are of.</summary>
public sealed class TwoInterfacesTwinTests
{
    private const int Steps = 600;

    [Theory]
    [InlineData(1, 256, 0)]
    [InlineData(2, 256, 200_000)]
    [InlineData(3, 16, 300_000)]
    public void Loop_and_twin_agree_on_what_crosses(ulong seed, int ringSize, long completionAfter) => Run(
        seed, new UdpTraffic(TwinCase.Target), NicFeatures.None, ringSize, completionAfter,
        nics => new CrossStack(new() { WanNic = nics[0], LanNic = nics[1], Entropy = new Entropy(seed, 1) }),
        nics => new CrossTwin(new() { WanNic = nics[0], LanNic = nics[1], Entropy = new Entropy(seed, 1) }));

    [Theory]
    [InlineData(11, 256, 0)]
    [InlineData(12, 256, 200_000)]
    [InlineData(13, 32, 300_000)]
    [InlineData(14, 8, 30_000_000)]
    public void Loop_and_twin_agree_on_everything_at_a_host_in_two_networks(ulong seed, int ringSize, long completionAfter) => Run(
        seed, TrafficMix.Everything(TwinCase.Target), TwinCase.AllFeatures[(int)seed % TwinCase.AllFeatures.Count], ringSize, completionAfter,
        nics => new TwoNetworksStack(new() { WanNic = nics[0], LanNic = nics[1], Entropy = new Entropy(seed, 1) }),
        nics => new TwoNetworksTwin(new() { WanNic = nics[0], LanNic = nics[1], Entropy = new Entropy(seed, 1) }));

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

        ScriptedNic[] Nics() => [
            new(TwinCase.Mac, features, ringSize: ringSize, completionAfter: completionAfter),
            new(TwinCase.Mac, features, ringSize: ringSize, completionAfter: completionAfter)];
    }
}
