using Millrace.Memory;
using Millrace.Tcp;

namespace Millrace.Tests.Tcp;

public sealed class TcpClockTests
{
    // before and behind the point where 32 bits of ticks begin anew
    private const long Wrap = TimerWheel.Tick << 32;

    [Theory]
    [InlineData(0)]
    [InlineData(1_000_000_007)]
    [InlineData(Wrap - 1_000_000)]
    [InlineData(Wrap)]
    [InlineData((5 * Wrap) - 1)]
    public void A_deadline_is_due_at_the_tick_behind_it_and_not_before(long now)
    {
        foreach (var after in new[] { 1L, TimerWheel.Tick, 40_000_000, 60_000_000_000, 32_767_000_000_000 })
        {
            Deadline deadline = now + after;
            Assert.True(deadline.IsSet);
            Assert.False(deadline.IsDue(now + after - TimerWheel.Tick));
            Assert.True(deadline.IsDue(now + after + TimerWheel.Tick));
            Assert.InRange((now / TimerWheel.Tick) + deadline.TicksLeft(now), (now + after) / TimerWheel.Tick, ((now + after) / TimerWheel.Tick) + 1);
        }
    }

    [Fact]
    public void Never_is_never_due()
    {
        Deadline never = long.MaxValue;
        Assert.False(never.IsSet);
        Assert.False(never.IsDue(long.MaxValue - TimerWheel.Tick));
        Assert.Equal(default, never);
        Assert.Equal(int.MaxValue, never.TicksLeft(5));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(Wrap - 1_000_000)]
    [InlineData(3 * Wrap)]
    public void A_moment_tells_how_long_ago_it_was(long then)
    {
        Moment moment = then;
        Assert.True(moment.IsSet);
        foreach (var since in new[] { 0L, 20_000_000, 7_200_000_000_000, 5L * 24 * 3600 * 1_000_000_000 })
        {
            Assert.InRange(moment.Elapsed(then + since), since - TimerWheel.Tick, since + TimerWheel.Tick);
        }
    }
}
