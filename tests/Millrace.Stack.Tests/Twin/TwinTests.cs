using Millrace.Nics;
using Millrace.Testing.Traffic;

namespace Millrace.Stack.Tests.Twin;

/// <summary>The compiled loop and the unspecialised twin agree on every byte and count, for all stacks, on seeded traffic.</summary>
public sealed class TwinTests
{
    private const int Seeds = 6;
    private const int Steps = 400;

    public static TheoryData<string> Stacks => [.. TwinCase.All.Select(one => one.Name)];

    [Theory]
    [MemberData(nameof(Stacks))]
    public void Loop_and_twin_agree_on_everything_at_once(string stack)
    {
        for (ulong seed = 1; seed <= Seeds; seed++)
        {
            var features = TwinCase.AllFeatures[(int)seed % TwinCase.AllFeatures.Count];
            var run = TwinCase.Named(stack).Run(TrafficMix.Everything(TwinCase.Target), seed, features, run => run.Run(Steps));
            Assert.True(run.FrameCount > Steps);
        }
    }

    [Theory]
    [MemberData(nameof(Stacks))]
    public void Loop_and_twin_agree_on_TCP_alone_with_slow_transmits_and_a_small_ring(string stack)
    {
        for (ulong seed = 100; seed < 100 + Seeds; seed++)
        {
            var features = TwinCase.AllFeatures[(int)seed % TwinCase.AllFeatures.Count];
            var source = new TrafficMix((new TcpTraffic(TwinCase.Target), 1)) { Always = [new ArpTraffic(TwinCase.Target)] };
            TwinCase.Named(stack).Run(source, seed, features, run => run.Run(Steps), ringSize: 32, completionAfter: 300_000);
        }
    }

    [Theory]
    [MemberData(nameof(Stacks))]
    public void Loop_and_twin_agree_when_some_neighbours_never_answer(string stack)
    {
        var source = new TrafficMix((new UdpTraffic(TwinCase.Target), 2), (new TcpTraffic(TwinCase.Target), 3), (new FragmentTraffic(TwinCase.Target), 1))
        {
            Always = [new ArpTraffic(TwinCase.Target) { SilentFrom = 4 }],
        };
        TwinCase.Named(stack).Run(source, 200, NicFeatures.None, run => run.Run(2 * Steps));
    }

    [Fact]
    public void Loop_and_twin_agree_on_data_in_SYNs_with_right_and_wrong_cookies()
    {
        var target = TwinCase.Target with { PeerCount = 4 };
        for (ulong seed = 300; seed < 300 + Seeds; seed++)
        {
            var early = new FastOpenTraffic(target);
            var source = new TrafficMix((early, 6), (new SpoiltTraffic(new FastOpenTraffic(target), 30), 2), (new TcpTraffic(target), 1))
            {
                Always = [new ArpTraffic(target)],
            };
            var features = TwinCase.AllFeatures[(int)seed % TwinCase.AllFeatures.Count];
            TwinCase.Named(nameof(FastOpenStack)).Run(source, seed, features, run => run.Run(2 * Steps));
            Assert.True(early.AcceptedCount > 0, "no data was accepted in a SYN");
        }
    }
}
