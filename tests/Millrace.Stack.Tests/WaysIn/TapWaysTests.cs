using System.Net;
using System.Net.Sockets;
using Millrace.Nics;
using Millrace.Stack.Tests.Sockets;
using Millrace.Testing;
using Millrace.Tests;

namespace Millrace.Stack.Tests.WaysIn;

/// <summary>The ways in with the kernel at the other end of a TAP.</summary>
public sealed class TapWaysTests
{
    private static readonly IPEndPoint Bouncer = new(IPAddress.Parse("10.0.0.2"), 7);

    [Fact]
    public async Task A_masked_TAP_does_not_interrupt_and_an_armed_one_does_at_once()
    {
        Requires.Tap();
        using var space = new NetworkNamespace();
        using var tap = space.Run(() => new TapNic(new TapOptions { KernelAddress = "10.0.0.1/24" }));
        using var stack = new PromptBounce(new() { Nic = tap, Entropy = new Entropy(1, 2) });
        using var socket = space.Run(() => new UdpClient(new IPEndPoint(IPAddress.Parse("10.0.0.1"), 0)));
        stack.Poll(0, 0, 1);
        socket.Send([1, 2, 3], Bouncer);
        Assert.True(stack.Wait(AsyncStacks.Patience));
        stack.SetInterrupt(armed: false);
        Assert.False(stack.Wait(TimeSpan.FromMilliseconds(2)));
        stack.Wake();
        Assert.True(stack.Wait(AsyncStacks.Patience));
        using var begun = new ManualResetEventSlim();
        var sleeper = Task.Run(() =>
        {
            begun.Set();
            return stack.Wait(AsyncStacks.Patience);
        });
        begun.Wait();
        stack.SetInterrupt(armed: true);
        Assert.True(await sleeper);
        Assert.True(stack.Wait(TimeSpan.FromMilliseconds(2)));
    }

    [Fact]
    public async Task The_kernels_datagrams_are_answered_by_the_timers_polls()
    {
        Requires.Tap();
        using var space = new NetworkNamespace();
        using var tap = space.Run(() => new TapNic(new TapOptions { KernelAddress = "10.0.0.1/24" }));
        using var stack = new DeferringBounce(new() { Nic = tap, Entropy = new Entropy(1, 2) });
        using var socket = space.Run(() => new UdpClient(new IPEndPoint(IPAddress.Parse("10.0.0.1"), 0)));
        socket.Client.ReceiveTimeout = 20_000;
        await using var worker = new Worker(stack);
        worker.Start();
        IPEndPoint? from = null;
        for (byte i = 0; i < 100; i++)
        {
            socket.Send([i], Bouncer);
            Assert.Equal([i], socket.Receive(ref from));
        }

        var counters = worker.Counters;
        Assert.True(counters.TimerSleeps > 0);
        Assert.True(counters.Interrupts < 50, $"{counters.Interrupts} interrupts");
        await worker.StopAsync();
        LedgerAssert.Balanced(stack);
    }

    [Fact]
    public async Task A_thread_of_the_application_answers_while_the_worker_sleeps()
    {
        Requires.Tap();
        using var space = new NetworkNamespace();
        using var tap = space.Run(() => new TapNic(new TapOptions { KernelAddress = "10.0.0.1/24" }));
        using var stack = new PromptBounce(new() { Nic = tap, Entropy = new Entropy(1, 2) });
        using var socket = space.Run(() => new UdpClient(new IPEndPoint(IPAddress.Parse("10.0.0.1"), 0)));
        socket.Client.ReceiveTimeout = 20_000;
        await using var worker = new Worker(stack);
        worker.Start();
        var isDone = false;
        var polling = Task.Run(() => worker.BusyPoll(() => Volatile.Read(ref isDone), AsyncStacks.Patience));
        while (worker.Counters.ApplicationPolls == 0)
        {
            await Task.Yield();
        }

        var before = worker.Counters;
        IPEndPoint? from = null;
        for (byte i = 0; i < 100; i++)
        {
            socket.Send([i], Bouncer);
            Assert.Equal([i], socket.Receive(ref from));
        }

        var after = worker.Counters;
        Volatile.Write(ref isDone, true);
        Assert.True(await polling);
        Assert.Equal((before.Polls, before.Interrupts), (after.Polls, after.Interrupts));
        Assert.True(after.Packets - before.Packets >= 100);

        // and the worker answers again
        socket.Send([7], Bouncer);
        Assert.Equal([7], socket.Receive(ref from));
        await worker.StopAsync();
        LedgerAssert.Balanced(stack);
    }
}
