using Millrace.Memory;

namespace Millrace.Tests.Memory;

public sealed class TimerWheelTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Timers_expire_in_order_neither_early_nor_more_than_a_tick_late(int seed)
    {
        const int Count = 200;
        var random = new Random(seed);
        var wheel = new TimerWheel(Count);
        var due = new long[Count];
        Array.Fill(due, long.MaxValue);
        long now = random.NextInt64(1L << 40);
        Assert.False(wheel.TryExpire(now, out _));
        for (var step = 0; step < 20_000; step++)
        {
            var timer = random.Next(Count);
            switch (random.Next(4))
            {
                case 0:
                    wheel.Cancel(timer);
                    due[timer] = long.MaxValue;
                    break;
                case 1:
                    due[timer] = now + random.NextInt64(1L << random.Next(10, 45));
                    wheel.Set(timer, due[timer]);
                    break;
                case 2:
                    now += random.NextInt64(1L << random.Next(10, 38));
                    Expire(wheel, due, now);
                    break;
                default:
                    // a driver of virtual time
                    var next = wheel.NextDeadline;
                    Assert.True(next == long.MaxValue ? due.All(at => at == long.MaxValue) : next > now);
                    if (next != long.MaxValue)
                    {
                        now = next;
                        Expire(wheel, due, now);
                    }

                    break;
            }
        }
    }

    [Fact]
    public void A_timer_that_is_due_but_not_taken_can_be_set_anew_or_cancelled_and_the_others_expire_all_the_same()
    {
        var wheel = new TimerWheel(5);
        for (var timer = 0; timer < 5; timer++)
        {
            wheel.Set(timer, TimerWheel.Tick);
        }

        Assert.True(wheel.TryExpire(TimerWheel.Tick, out var first));
        var others = Enumerable.Range(0, 5).Where(timer => timer != first).ToArray();
        Assert.True(wheel.IsSet(others[0]));
        foreach (var timer in others[..2])
        {
            wheel.Set(timer, 1_000 * TimerWheel.Tick);
        }

        wheel.Cancel(others[2]);
        Assert.True(wheel.TryExpire(TimerWheel.Tick, out var last));
        Assert.Equal(others[3], last);
        Assert.False(wheel.TryExpire(999 * TimerWheel.Tick, out _));
        var later = new List<int>();
        while (wheel.TryExpire(1_000 * TimerWheel.Tick, out var timer))
        {
            later.Add(timer);
        }

        Assert.Equal(others[..2], later.Order());
    }

    private static void Expire(TimerWheel wheel, long[] due, long now)
    {
        while (wheel.TryExpire(now, out var timer))
        {
            Assert.True(due[timer] <= now, "a timer is early, or was cancelled");
            Assert.False(wheel.IsSet(timer));
            due[timer] = long.MaxValue;
        }

        Assert.All(due, at => Assert.True(at > now - TimerWheel.Tick, "a timer is late"));
    }

    [Fact]
    public void A_time_that_is_past_expires_at_the_next_tick()
    {
        var wheel = new TimerWheel(1);
        Assert.False(wheel.TryExpire(1_000_000_000, out _));
        wheel.Set(0, 5);
        Assert.InRange(wheel.NextDeadline, 1_000_000_000, 1_000_000_000 + TimerWheel.Tick);
        Assert.True(wheel.TryExpire(wheel.NextDeadline, out var timer));
        Assert.Equal(0, timer);
        Assert.Equal(long.MaxValue, wheel.NextDeadline);
    }
}
