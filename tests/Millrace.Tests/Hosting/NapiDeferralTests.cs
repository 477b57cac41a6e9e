namespace Millrace.Tests.Hosting;

/// <summary>The decisions of napi_complete_done, one a line.</summary>
public sealed class NapiDeferralTests
{
    private const int Weight = 64;
    private const long Timeout = 20_000;

    private readonly NapiDeferral deferral = new();

    [Fact]
    public void The_interrupt_stays_off_for_the_declared_number_of_empty_polls_of_the_timer()
    {
        Complete(work: 5, defer: 3, now: 1_000);
        for (var i = 1; i <= 3; i++)
        {
            Assert.Equal((true, 1_000 + (i * Timeout), true), State);
            Complete(work: 0, defer: 3, now: 1_000 + (i * Timeout));
        }

        Assert.Equal((false, long.MaxValue, false), State);
    }

    [Fact]
    public void Packets_begin_the_count_anew()
    {
        Complete(work: 5, defer: 2, now: 0);
        Complete(work: 0, defer: 2, now: Timeout);
        Complete(work: 1, defer: 2, now: 2 * Timeout);
        Complete(work: 0, defer: 2, now: 3 * Timeout);
        Assert.Equal((true, 4 * Timeout, true), State);
        Complete(work: 0, defer: 2, now: 4 * Timeout);
        Assert.Equal((false, long.MaxValue, false), State);
    }

    [Fact]
    public void An_empty_poll_before_the_timer_does_not_count()
    {
        Complete(work: 5, defer: 1, now: 0);
        Complete(work: 0, defer: 1, now: 1);
        Complete(work: 0, defer: 1, now: Timeout - 1);
        Assert.Equal((true, Timeout, true), State);
    }

    [Fact]
    public void Without_a_timeout_nothing_is_deferred()
    {
        deferral.Complete(5, Weight, 10, 0, 0);
        Assert.Equal((false, long.MaxValue, false), State);
    }

    [Fact]
    public void A_full_poll_decides_nothing_and_keeps_nothing()
    {
        Complete(work: 5, defer: 3, now: 0);
        Complete(work: Weight, defer: 3, now: 1);
        Assert.Equal((false, long.MaxValue, false), State);
    }

    [Fact]
    public void Without_deferral_the_timer_runs_only_if_packets_are_held_and_the_interrupt_is_armed()
    {
        Complete(work: 5, defer: 0, now: 100);
        Assert.Equal((false, long.MaxValue, true), State);
        deferral.StartTimer();
        Assert.Equal((false, 100 + Timeout, true), State);
        Complete(work: 0, defer: 0, now: 100 + Timeout);
        Assert.Equal((false, long.MaxValue, false), State);
    }

    [Fact]
    public void Who_busy_polls_is_asked_nothing_and_puts_the_interrupt_off_when_it_ends()
    {
        deferral.StartBusyPolling();
        Complete(work: 5, defer: 2, now: 100);
        Assert.Equal((false, long.MaxValue, false), State);
        deferral.StopBusyPolling(200);
        Assert.Equal((true, 200 + Timeout), (deferral.IsInterruptMasked, deferral.TimerAt));
        deferral.StartBusyPolling();
        Complete(work: 0, defer: 0, now: 300);
        deferral.StopBusyPolling(400);
        Assert.Equal((false, long.MaxValue, false), State);
    }

    private (bool IsMasked, long TimerAt, bool Keeps) State => (deferral.IsInterruptMasked, deferral.TimerAt, deferral.KeepsYoung);

    private void Complete(int work, int defer, long now) => deferral.Complete(work, Weight, defer, Timeout, now);
}
