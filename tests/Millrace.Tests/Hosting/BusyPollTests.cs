using Millrace.Tests.Sockets;

namespace Millrace.Tests.Hosting;

/// <summary>Threads of the application that poll in the worker's place.</summary>
public sealed class BusyPollTests
{
    private static readonly TimeSpan Patience = AsyncSocketsFixture.Patience;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task One_thread_at_a_time_is_in_the_stack_and_nothing_is_lost(bool defers)
    {
        const int Packets = 20_000;
        const int Calls = 1_000;
        using var stack = defers ? new GuardedStack { Deferral = new(), DeferHardIrqs = 2, GroFlushTimeout = 100_000 } : new GuardedStack();
        await using var worker = new Worker(stack);
        worker.Start();
        using var end = new CancellationTokenSource();
        var pollers = Enumerable.Range(0, 3).Select(i => Task.Factory.StartNew(
            () =>
            {
                var random = new Random(i);
                while (!end.IsCancellationRequested)
                {
                    worker.BusyPoll(() => random.Next(50) == 0, TimeSpan.FromMicroseconds(random.Next(300)));
                    Thread.Sleep(random.Next(20) == 0 ? 1 : 0);
                }
            },
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)).ToArray();
        var arriving = Task.Run(() =>
        {
            var random = new Random(100);
            for (var left = Packets; left > 0;)
            {
                var count = Math.Min(left, random.Next(1, 100));
                stack.Arrive(count);
                left -= count;
                Thread.SpinWait(random.Next(2_000));
            }
        });

        // each waits for the one before it: a wake-up that is lost would end here
        var ran = 0;
        for (var i = 0; i < Calls; i++)
        {
            await worker.InvokeAsync(() =>
            {
                stack.Enter();
                ran++;
                stack.Leave();
            }).WaitAsync(Patience);
        }

        await arriving;
        await end.CancelAsync();
        await Task.WhenAll(pollers).WaitAsync(Patience);

        // nobody polls but the worker now, and it must not have missed what came while it slept
        var deadline = DateTime.UtcNow + Patience;
        while (await worker.InvokeAsync(() => stack.Taken) < Packets)
        {
            Assert.True(DateTime.UtcNow < deadline, $"{stack.Taken} of {Packets} packets");
            await Task.Delay(1);
        }

        Assert.Equal(Calls, ran);
        Assert.Equal(0, stack.Overlaps);
        await worker.StopAsync().WaitAsync(Patience);
        Assert.Equal(Packets, worker.Counters.Packets);
        Assert.True(worker.Counters.TakeOvers > 0);
        Assert.True(stack.Threads.Count > 1);
    }

    [Fact]
    public async Task A_packet_for_who_busy_polls_wakes_nobody()
    {
        using var stack = new GuardedStack();
        await using var worker = new Worker(stack);
        worker.Start();
        await worker.InvokeAsync(() => { });
        var before = default(WorkerCounters);
        var after = default(WorkerCounters);
        Assert.True(worker.BusyPoll(
            () =>
            {
                if (!worker.IsCurrent)
                {
                    // not taken over yet
                    return false;
                }

                before = before.TakeOvers == 0 ? worker.Counters : before;
                stack.Arrive(1);
                after = worker.Counters;
                return after.Packets - before.Packets >= 100;
            },
            Patience));
        Assert.Equal(before.Polls, after.Polls);
        Assert.Equal(before.Interrupts, after.Interrupts);
        Assert.Equal(0, after.Intrusions);
        Assert.True(after.ApplicationPolls - before.ApplicationPolls >= 100);
        Assert.False(worker.IsCurrent);
    }

    [Fact]
    public async Task A_busy_poll_takes_its_budget_and_what_is_posted_runs_on_its_thread()
    {
        using var stack = new GuardedStack();
        await using var worker = new Worker(stack);
        worker.Start();
        await worker.InvokeAsync(() => stack.Arrive(1));
        var ranOn = 0;
        var own = 0;
        await Task.Run(() =>
        {
            own = Environment.CurrentManagedThreadId;
            var taken = -1L;
            Assert.True(worker.BusyPoll(
                () =>
                {
                    if (worker.IsCurrent && taken < 0)
                    {
                        taken = stack.Taken;
                        stack.Arrive(30);
                        worker.Post(() => ranOn = Environment.CurrentManagedThreadId);
                    }
                    else if (worker.IsCurrent && stack.Taken - taken < 30)
                    {
                        Assert.Equal(0, (stack.Taken - taken) % 8);
                    }

                    return taken >= 0 && stack.Taken - taken >= 30;
                },
                Patience));
        });
        Assert.Equal(own, ranOn);
        Assert.Equal(0, stack.Overlaps);
    }

    [Fact]
    public async Task Where_deferral_is_declared_the_interrupt_stays_off_after_a_busy_poll_and_is_armed_again_by_the_timer()
    {
        using var stack = new GuardedStack { Deferral = new(), DeferHardIrqs = 3, GroFlushTimeout = 1_000_000 };
        await using var worker = new Worker(stack);
        worker.Start();
        await worker.InvokeAsync(() => { });
        worker.BusyPoll(TimeSpan.Zero);
        var timed = 0L;
        for (var deadline = DateTime.UtcNow + Patience; timed < 3 && DateTime.UtcNow < deadline;)
        {
            await Task.Delay(1);
            timed = worker.Counters.TimerSleeps;
        }

        // three, and perhaps one that a wake-up which was kept has cut short
        Assert.Equal(1, worker.Counters.TakeOvers);
        Assert.InRange(timed, 3, 5);
        await worker.InvokeAsync(() => { });
        stack.Arrive(1);
        for (var deadline = DateTime.UtcNow + Patience; worker.Counters.Packets == 0 && DateTime.UtcNow < deadline;)
        {
            await Task.Delay(1);
        }

        Assert.Equal(1, worker.Counters.Packets);
    }

    [Fact]
    public async Task What_a_busy_poll_throws_ends_the_worker()
    {
        using var stack = new GuardedStack();
        await using var worker = new Worker(stack);
        worker.Start();
        await worker.InvokeAsync(() => { });
        Assert.Throws<FormatException>(() => worker.BusyPoll(
            () =>
            {
                stack.Fault = worker.IsCurrent ? new FormatException("from a handler") : null;
                return false;
            },
            Patience));
        await Assert.ThrowsAsync<FormatException>(() => worker.Completion.WaitAsync(Patience));
        Assert.False(worker.BusyPoll(() => false, Patience));
    }

    [Fact]
    public async Task An_exception_of_the_condition_is_the_callers_alone()
    {
        using var stack = new GuardedStack();
        await using var worker = new Worker(stack);
        worker.Start();
        Assert.Throws<FormatException>(() => worker.BusyPoll(() => worker.IsCurrent ? throw new FormatException() : false, Patience));
        Assert.Equal(1, await worker.InvokeAsync(() => 1).WaitAsync(Patience));
        Assert.False(worker.Faulted);
    }

    [Fact]
    public async Task A_stop_ends_a_busy_poll()
    {
        using var stack = new GuardedStack();
        var worker = new Worker(stack);
        worker.Start();
        var polling = Task.Run(() => worker.BusyPoll(() => false, TimeSpan.FromHours(1)));
        while (worker.Counters.ApplicationPolls == 0)
        {
            await Task.Yield();
        }

        await worker.StopAsync().WaitAsync(Patience);
        Assert.False(await polling.WaitAsync(Patience));
        Assert.Equal(0, stack.Overlaps);
    }

    [Fact]
    public async Task Who_polls_already_or_before_the_start_is_told_so()
    {
        using var stack = new GuardedStack();
        await using var worker = new Worker(stack);
        Assert.Contains("Start", Assert.Throws<InvalidOperationException>(() => worker.BusyPoll(TimeSpan.Zero)).Message, StringComparison.Ordinal);
        worker.Start();
        await Assert.ThrowsAsync<InvalidOperationException>(() => worker.InvokeAsync(() => worker.BusyPoll(TimeSpan.Zero)));
        Assert.Throws<InvalidOperationException>(() => worker.BusyPoll(
            () =>
            {
                if (worker.IsCurrent)
                {
                    worker.BusyPoll(TimeSpan.Zero);
                }

                return false;
            },
            Patience));
        Assert.Throws<ArgumentOutOfRangeException>(() => worker.BusyPoll(TimeSpan.FromTicks(-1)));
    }
}
