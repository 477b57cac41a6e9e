using Millrace.Tests.Sockets;

namespace Millrace.Tests.Hosting;

public sealed class WorkerTests
{
    private static readonly TimeSpan Patience = AsyncSocketsFixture.Patience;

    [Fact]
    public async Task A_worker_sleeps_until_the_stacks_deadline()
    {
        using var stack = new CoupledStack();
        await using var worker = new Worker(stack);
        var due = new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously);
        stack.NextDeadline = StackClock.Now + 20_000_000;
        var deadline = stack.NextDeadline;
        stack.OnAdvance = now => due.TrySetResult(now);
        worker.Start();
        Assert.True(await due.Task.WaitAsync(Patience) >= deadline);
        var polls = await worker.InvokeAsync(() => stack.Polls);

        // asleep in between: it polled when it began, for the deadline, and for calls, not for 20 ms on end
        Assert.InRange(polls, 1, 20);
    }

    [Fact]
    public async Task Delegates_run_on_the_worker_between_polls_in_order()
    {
        using var stack = new CoupledStack();
        await using var worker = new Worker(stack, new WorkerOptions { Name = "worker under test" });
        worker.Start();
        var order = new List<int>();
        worker.Post(() => order.Add(1));
        worker.Post(() => order.Add(2));
        Assert.Equal("worker under test", await worker.InvokeAsync(() => Thread.CurrentThread.Name));
        Assert.Equal([1, 2], order);
        await Assert.ThrowsAsync<FormatException>(() => worker.InvokeAsync(() => throw new FormatException()));
        Assert.True(await worker.InvokeAsync(() => worker.IsCurrent));
        Assert.False(worker.IsCurrent);
    }

    [Fact]
    public async Task A_round_of_polls_ends_with_the_budget_though_packets_are_left()
    {
        using var stack = new CoupledStack();
        await using var worker = new Worker(stack);
        worker.Start();
        await worker.InvokeAsync(() => stack.PacketsWaiting = int.MaxValue);

        // a round is five polls of 64, the least that reach 300; what is posted is looked at only between rounds
        var polls = 0;
        for (var i = 0; i < 20; i++)
        {
            var (pollsNow, left) = await worker.InvokeAsync(() => (stack.Polls, stack.PacketsWaiting));
            Assert.True(left > 0);
            Assert.Equal(0, polls == 0 ? 0 : (pollsNow - polls) % 5);
            polls = pollsNow;
        }
    }

    [Fact]
    public async Task An_exception_of_the_loop_ends_the_worker_and_is_its_completion()
    {
        using var stack = new CoupledStack();
        await using var worker = new Worker(stack);
        stack.Fault = new FormatException("from a handler");
        worker.Start();
        await Assert.ThrowsAsync<FormatException>(() => worker.Completion.WaitAsync(Patience));
        Assert.True(worker.Faulted);
        Assert.Throws<InvalidOperationException>(() => worker.Post(() => { }));
    }

    [Fact]
    public async Task A_stop_polls_on_until_nothing_is_held()
    {
        using var stack = new CoupledStack();
        var worker = new Worker(stack, new WorkerOptions { Drain = Patience });
        worker.Start();
        await worker.InvokeAsync(() => stack.HeldEgress = 1000);
        await worker.StopAsync().WaitAsync(Patience);
        Assert.Equal(0, stack.HeldEgress);
        Assert.True(stack.Polls >= 1000);
        Assert.False(worker.Faulted);
    }

    [Fact]
    public async Task A_stop_gives_up_what_is_held_for_good()
    {
        using var stack = new CoupledStack { HeldEgress = 1, SentByEachPoll = 0 };
        var worker = new Worker(stack, new WorkerOptions { Drain = TimeSpan.FromMilliseconds(5) });
        worker.Start();
        await worker.StopAsync().WaitAsync(Patience);
        Assert.False(worker.Faulted);
    }

    [Fact]
    public async Task A_worker_is_started_once_and_may_be_stopped_unstarted()
    {
        using var stack = new CoupledStack();
        var worker = new Worker(stack);
        await worker.StopAsync().WaitAsync(Patience);
        Assert.Throws<InvalidOperationException>(worker.Start);
        var second = new Worker(stack);
        second.Start();
        Assert.Throws<InvalidOperationException>(second.Start);
        second.Dispose();
        Assert.True(second.Completion.IsCompletedSuccessfully);
        var late = await Assert.ThrowsAsync<InvalidOperationException>(() => second.InvokeAsync(() => 1));
        Assert.Contains("ended", late.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Busy_polling_goes_on_without_sleeping()
    {
        using var stack = new CoupledStack();
        await using var worker = new Worker(stack, new WorkerOptions { BusyPoll = Patience });
        worker.Start();
        var first = await worker.InvokeAsync(() => stack.Polls);
        while (await worker.InvokeAsync(() => stack.Polls) < first + 100)
        {
            // every delegate runs between two polls; without busy polling only their wakes would bring polls
        }

        Assert.Equal(0, stack.Wakes);
    }
}
