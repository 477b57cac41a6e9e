using Millrace.Headers;
using Millrace.Nics;
using Millrace.Stack.Tests.Sockets;
using Millrace.Testing;

namespace Millrace.Stack.Tests.WaysIn;

/// <summary>Requests and answers over a wire, two threads: who is woken by what.</summary>
public sealed class WireWaysTests
{
    private const int Requests = 100;

    private static readonly TimeSpan Patience = AsyncStacks.Patience;
    private static readonly InetEndpoint Bouncer = new(InetAddress.Parse("10.0.0.2"), 7);

    [Fact]
    public async Task With_deferral_the_timer_polls_and_hardly_an_interrupt_is_taken()
    {
        var prompt = await Ask(nic => new PromptBounce(new() { Nic = nic, Entropy = new Entropy(3, 4) }));
        var deferring = await Ask(nic => new DeferringBounce(new() { Nic = nic, Entropy = new Entropy(3, 4) }));
        Assert.True(deferring.TimerSleeps > 0);
        Assert.Equal(0, prompt.TimerSleeps);
        Assert.True(prompt.Interrupts > Requests / 2, $"{prompt.Interrupts} interrupts for {Requests} requests");
        Assert.True(deferring.Interrupts < prompt.Interrupts / 2, $"{deferring.Interrupts} interrupts with deferral, {prompt.Interrupts} without");
    }

    [Fact]
    public async Task Who_busy_polls_for_its_answers_leaves_the_worker_asleep()
    {
        using var wire = new MemoryWire(new MemoryWireOptions { Concurrent = true });
        var answers = new Answers();
        using var asking = new AskingStack(new() { Nic = wire.A, Entropy = new Entropy(1, 2), Answers = answers });
        using var bounce = new PromptBounce(new() { Nic = wire.B, Entropy = new Entropy(3, 4) });
        await using var far = new Worker(bounce);
        await using var near = new Worker(asking);
        far.Start();
        near.Start();
        var request = new byte[64];
        var counters = new List<WorkerCounters>();
        for (var i = 0; i < Requests; i++)
        {
            var isSent = false;
            Assert.True(near.BusyPoll(
                () =>
                {
                    if (near.IsCurrent && !isSent)
                    {
                        isSent = true;
                        counters.Add(near.Counters);
                        Assert.True(asking.Udp.TrySend(new InetEndpoint(default, 9), Bouncer, request));
                    }

                    if (answers.Count > i)
                    {
                        counters.Add(near.Counters);
                    }

                    return answers.Count > i;
                },
                Patience));
        }

        Assert.Equal(2 * Requests, counters.Count);
        for (var i = 0; i < counters.Count; i += 2)
        {
            Assert.Equal(counters[i].Polls, counters[i + 1].Polls);
            Assert.True(counters[i + 1].ApplicationPolls > counters[i].ApplicationPolls);
        }

        await near.StopAsync().WaitAsync(Patience);
        await far.StopAsync().WaitAsync(Patience);
        LedgerAssert.Balanced(asking);
        LedgerAssert.Balanced(bounce);
    }

    [Fact]
    public async Task A_masked_wire_waits_for_its_time_and_an_armed_one_interrupts_at_once()
    {
        using var wire = new MemoryWire(new MemoryWireOptions { Concurrent = true });
        using var asking = new AskingStack(new() { Nic = wire.A, Entropy = new Entropy(1, 2), Answers = new() });
        using var bounce = new PromptBounce(new() { Nic = wire.B, Entropy = new Entropy(3, 4) });
        bounce.SetInterrupt(armed: false);
        asking.Poll(0, 0, 1);
        Assert.True(asking.Udp.TrySend(new InetEndpoint(default, 9), Bouncer, new byte[10]));
        asking.Advance(2);
        Assert.False(bounce.Wait(TimeSpan.FromMilliseconds(1)));
        using var begun = new ManualResetEventSlim();
        var sleeper = Task.Run(() =>
        {
            begun.Set();
            return bounce.Wait(Patience);
        });
        begun.Wait();
        bounce.SetInterrupt(armed: true);
        Assert.True(await sleeper);
        Assert.True(bounce.Wait(Patience));
    }

    /// <summary>Asks one after another, with pauses in which a worker falls asleep.</summary>
    private static async Task<WorkerCounters> Ask(Func<Nic, INetworkStack> make)
    {
        using var wire = new MemoryWire(new MemoryWireOptions { Concurrent = true });
        var answers = new Answers();
        using var asking = new AskingStack(new() { Nic = wire.A, Entropy = new Entropy(1, 2), Answers = answers });
        using var bounce = make(wire.B);
        await using var far = new Worker(bounce);
        far.Start();
        var begin = StackClock.Now;
        for (var i = 0; i < Requests; i++)
        {
            asking.Poll(0, 0, StackClock.Now);
            Assert.True(asking.Udp.TrySend(new InetEndpoint(default, 9), Bouncer, new byte[64]));
            while (answers.Count <= i)
            {
                asking.Poll(0, 0, StackClock.Now);
                Assert.True(StackClock.Now - begin < 60_000_000_000, "No answer.");
            }

            // without its frames coming home a wire would wake the far worker once more, for them
            for (var pause = StackClock.Now; StackClock.Now - pause < 200_000;)
            {
                asking.Poll(0, 0, StackClock.Now);
            }
        }

        await far.StopAsync().WaitAsync(Patience);
        LedgerAssert.Balanced(bounce);
        return far.Counters;
    }
}
