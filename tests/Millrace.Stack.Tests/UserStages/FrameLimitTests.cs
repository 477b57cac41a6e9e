using Millrace.Headers;
using Millrace.Testing.Traffic;

namespace Millrace.Stack.Tests.UserStages;

public sealed class FrameLimitTests : IDisposable
{
    private readonly ScriptedNic nic = new(new MacAddress(1));
    private readonly List<string> log = [];
    private readonly LimitedStack stack;

    public FrameLimitTests() => stack = new LimitedStack(new() { Nic = nic, Entropy = new Entropy(1, 2), Log = log });

    [Fact]
    public void A_declared_setting_is_what_the_stage_reads()
    {
        Poll(frames: 5, now: 1);
        Assert.Equal(2, stack.Ledger.Consumed);
        Assert.Equal(3, stack.Ledger.IngressDrops(DropReason.StagePolicy));
    }

    [Fact]
    public void A_run_time_setting_is_seen_by_the_next_poll_and_not_before()
    {
        Poll(frames: 5, now: 1);
        stack.Settings.FrameLimit.Limit = 7;
        stack.Settings.FrameLimit.TickAfter = 50;
        Assert.Equal(7, stack.Settings.FrameLimit.Limit);
        Assert.Equal(1_001, stack.NextDeadline);
        Poll(frames: 5, now: 2);
        Assert.Equal(4, stack.Ledger.Consumed);
        stack.Advance(1_001);
        Assert.Equal(1_051, stack.NextDeadline);
    }

    [Fact]
    public void A_run_time_setting_is_validated()
    {
        var exception = Assert.Throws<ArgumentOutOfRangeException>(() => stack.Settings.FrameLimit.Limit = 101);
        Assert.Contains("Limit is a value from 0 to 100.", exception.Message, StringComparison.Ordinal);
        Assert.Equal(2, stack.Settings.FrameLimit.Limit);
    }

    [Fact]
    public void A_setting_that_is_fixed_cannot_be_set() =>
        Assert.False(typeof(LimitedStack.FrameLimitValues).GetProperty(nameof(IFrameLimitSettings.Polls))!.CanWrite);

    [Fact]
    public void Its_timer_is_the_stacks_deadline_and_its_state_can_be_read()
    {
        Poll(frames: 3, now: 10);
        Assert.Equal(1_010, stack.NextDeadline);
        Assert.Equal(3, stack.Stages.FrameLimit.Seen);
        stack.Advance(1_009);
        Assert.Equal(3, stack.Stages.FrameLimit.Seen);
        stack.Advance(1_010);
        Assert.Equal(0, stack.Stages.FrameLimit.Seen);
        Assert.Equal(2_010, stack.NextDeadline);
    }

    [Fact]
    public void The_end_of_each_poll_is_told_behind_its_packets()
    {
        Poll(frames: 1, now: 1);
        Poll(frames: 1, now: 2);
        Assert.Equal([1, 2], stack.Stages.FrameLimit.History);
    }

    [Fact]
    public void Start_comes_with_the_first_poll_and_stop_with_the_end()
    {
        Assert.Empty(log);
        Poll(frames: 0, now: 5);
        Poll(frames: 0, now: 6);
        stack.Dispose();
        stack.Dispose();
        Assert.Equal(["started at 5", "stopped"], log);
        Assert.Throws<ObjectDisposedException>(() => stack.Poll(0, 0, 7));
    }

    [Fact]
    public void Loop_and_twin_agree_when_settings_change()
    {
        var (first, second) = (new ScriptedNic(new MacAddress(1)), new ScriptedNic(new MacAddress(1)));
        using var loop = new LimitedStack(new() { Nic = first, Entropy = new Entropy(1, 2), Log = log });
        using var twin = new LimitedTwin(new() { Nic = second, Entropy = new Entropy(1, 2), Log = log });
        var run = new StackRun(new UdpTraffic(new TrafficTarget(1, 2)), 3, new StackLane("loop", loop, first), new StackLane("twin", twin, second));
        run.RunFrames(200);
        loop.Settings.FrameLimit.Limit = twin.Settings.FrameLimit.Limit = 1;
        run.RunFrames(400);
        Assert.True(loop.Ledger.IngressDrops(DropReason.StagePolicy) > 0);
    }

    private void Poll(int frames, long now)
    {
        for (var i = 0; i < frames; i++)
        {
            nic.Inject(new byte[60]);
        }

        Assert.Equal(frames, stack.Poll(0, 0, now));
    }

    public void Dispose() => stack.Dispose();
}
