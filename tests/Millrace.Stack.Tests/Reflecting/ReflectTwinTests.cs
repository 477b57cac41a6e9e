using Millrace.Headers;
using Millrace.Testing;
using Millrace.Testing.Traffic;

namespace Millrace.Stack.Tests.Reflecting;

[TwinOf<ReflectStack>]
public sealed partial class ReflectTwin;

public sealed class ReflectTwinTests
{
    [Fact]
    public void Loop_and_twin_agree_on_every_byte_and_count()
    {
        var address = new MacAddress(0x02_00_00_00_00_01);
        var (first, second) = (new ScriptedNic(address), new ScriptedNic(address));
        using var stack = new ReflectStack(new() { Nic = first, Entropy = new Entropy(1, 2) });
        using var twin = new ReflectTwin(new() { Nic = second, Entropy = new Entropy(1, 2) });
        var run = new StackRun(new UdpTraffic(new TrafficTarget(0x02_00_00_00_00_01, 0x0A000001)), 7, new StackLane("loop", stack, first), new StackLane("twin", twin, second));
        run.RunFrames(2_000);
        Assert.True(run.SentCount >= 2_000);
    }
}
