using Millrace.Interop;
using Millrace.Tests.Sockets;

namespace Millrace.Tests.Hosting;

/// <summary>Where a worker runs, what it uses and what it counts.</summary>
public sealed class WorkerThreadTests
{
    private static readonly TimeSpan Patience = AsyncSocketsFixture.Patience;

    [Fact]
    public async Task A_pinned_worker_runs_where_it_was_told_to()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux is asked to pin a thread.");
        var processor = CurrentThread.Processor;
        using var stack = new GuardedStack();
        await using var worker = new Worker(stack, new WorkerOptions { Cpu = processor });
        worker.Start();
        Assert.Equal(processor, await worker.InvokeAsync(() => CurrentThread.Processor).WaitAsync(Patience));
        Assert.Equal($"CPU {processor}", worker.Pinning);
    }

    [Theory]
    [InlineData(1_023)]
    [InlineData(100_000)]
    [InlineData(-1)]
    public async Task A_processor_that_is_not_there_is_a_message_and_no_end(int processor)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux is asked to pin a thread.");
        using var stack = new GuardedStack();
        await using var worker = new Worker(stack, new WorkerOptions { Cpu = processor });
        Assert.Equal("not asked for", worker.Pinning);
        worker.Start();
        Assert.Equal(1, await worker.InvokeAsync(() => 1).WaitAsync(Patience));
        Assert.Contains($"not done: sched_setaffinity for CPU {processor} says ", worker.Pinning, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_time_a_worker_used_grows_while_it_polls_and_is_known_after_its_end()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux's clocks of threads are read.");
        using var stack = new GuardedStack();
        var worker = new Worker(stack, new WorkerOptions { BusyPoll = Patience });
        Assert.Equal(TimeSpan.Zero, worker.ProcessorTime);
        worker.Start();
        var first = worker.ProcessorTime;
        await worker.InvokeAsync(() =>
        {
            for (var own = CurrentThread.ProcessorTime; CurrentThread.ProcessorTime - own < TimeSpan.FromMilliseconds(5);)
            {
            }
        }).WaitAsync(Patience);
        var second = worker.ProcessorTime;
        Assert.True(second - first >= TimeSpan.FromMilliseconds(5));
        await worker.StopAsync().WaitAsync(Patience);
        Assert.True(worker.ProcessorTime >= second);
    }

    [Fact]
    public async Task The_declared_busy_polling_holds_unless_the_host_says_otherwise()
    {
        using var stack = new GuardedStack { BusyPollMicroseconds = 1_000_000 };
        await using (var worker = new Worker(stack))
        {
            worker.Start();
            while (worker.Counters.BusyPolls < 100)
            {
                await Task.Yield();
            }

            Assert.Equal(0, worker.Counters.Sleeps);
        }

        await using (var worker = new Worker(stack, new WorkerOptions { BusyPoll = TimeSpan.Zero }))
        {
            worker.Start();
            await worker.InvokeAsync(() => { });
            await worker.InvokeAsync(() => { });
            Assert.Equal(0, worker.Counters.BusyPolls);
        }
    }

    [Fact]
    public async Task An_interrupt_is_counted_for_each_packet_that_ends_a_sleep()
    {
        using var stack = new GuardedStack();
        await using var worker = new Worker(stack);
        worker.Start();
        for (var i = 1; i <= 20; i++)
        {
            stack.Arrive(1);
            while (worker.Counters.Packets < i)
            {
                await Task.Yield();
            }
        }

        var counters = worker.Counters;
        Assert.Equal(20, counters.Packets);
        Assert.InRange(counters.Interrupts, 1, 41);
        Assert.Equal(0, counters.TimerSleeps);
        Assert.Equal(0, counters.BusyPolls);
        Assert.Equal(counters.Polls, counters.EmptyPolls + 20);
    }

    [Fact]
    public async Task A_wake_up_before_the_sleep_is_kept_and_one_is_enough()
    {
        var wake = new WakeEvent();
        Assert.False(wake.Wait(TimeSpan.FromMicroseconds(20)));
        wake.Set();
        wake.Set();
        Assert.True(wake.Wait(Timeout.InfiniteTimeSpan));
        Assert.False(wake.Wait(TimeSpan.Zero));
        using var begun = new ManualResetEventSlim();
        var sleeper = Task.Run(() =>
        {
            begun.Set();
            return wake.Wait(Patience);
        });
        begun.Wait();
        wake.Set();
        Assert.True(await sleeper);
    }
}
