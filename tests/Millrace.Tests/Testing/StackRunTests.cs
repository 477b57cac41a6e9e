using Millrace.Headers;
using Millrace.Testing.Traffic;

namespace Millrace.Tests.Testing;

/// <summary>The comparison of stacks finds what was planted, and nothing where nothing was.</summary>
public sealed class StackRunTests
{
    private static readonly TrafficTarget Target = TrafficTarget.At("02:00:00:00:00:01", "10.0.0.1") with { UdpPorts = [53], TcpPorts = [80] };

    [Fact]
    public void Two_stacks_that_do_the_same_agree()
    {
        var run = Run(ReflectingStack.Defect.None, seed: 1);
        Assert.True(run.FrameCount > 300);
        Assert.Equal(run.FrameCount, run.SentCount);
    }

    [Theory]
    [InlineData(nameof(ReflectingStack.Defect.WrongByte), "differs")]
    [InlineData(nameof(ReflectingStack.Defect.CountsTwice), "Reflect received")]
    [InlineData(nameof(ReflectingStack.Defect.Leaks), "differs")]
    [InlineData(nameof(ReflectingStack.Defect.MissesInTheLedger), "do not balance")]
    [InlineData(nameof(ReflectingStack.Defect.Throws), "a planted exception")]
    public void A_planted_defect_is_found_and_the_report_says_the_seed(string defect, string reported)
    {
        var exception = Assert.Throws<StackRunException>(() => Run(Enum.Parse<ReflectingStack.Defect>(defect), seed: 77));
        Assert.Contains(reported, exception.Message, StringComparison.Ordinal);
        Assert.Contains("seed 77,", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_leak_in_a_single_stack_is_found_by_the_frames_that_are_missing()
    {
        var nic = new ScriptedNic(MacAddress.Parse("02:00:00:00:00:01"), ringSize: 64);
        using var stack = new ReflectingStack(nic, ReflectingStack.Defect.Leaks);
        var run = new StackRun(TrafficMix.Everything(Target), 5, new StackLane("stack", stack, nic));
        var exception = Assert.Throws<StackRunException>(() => run.Run(1000));
        Assert.Contains("has lost frames", exception.Message, StringComparison.Ordinal);
    }

    private static StackRun Run(ReflectingStack.Defect defect, ulong seed)
    {
        var nics = new[] { Nic(), Nic() };
        using var good = new ReflectingStack(nics[0]);
        using var other = new ReflectingStack(nics[1], defect);
        var run = new StackRun(TrafficMix.Everything(Target), seed, new StackLane("good", good, nics[0]), new StackLane("other", other, nics[1]));
        run.Run(300);
        return run;

        static ScriptedNic Nic() => new(MacAddress.Parse("02:00:00:00:00:01"), ringSize: 64);
    }
}
