using System.Net;
using System.Net.Sockets;
using Millrace.Nics;
using Millrace.Testing;
using Millrace.Testing.Traffic;
using Millrace.Tests;

namespace Millrace.Stack.Tests.Interfaces;

/// <summary>A worker with two NICs sleeps for both, and either wakes it. Its sleep has no end of its own here.</summary>
public sealed class SharedSleepTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly MemoryWireOptions Wire = new() { Concurrent = true, Mode = WireMode.Copying };

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task Either_of_two_wires_wakes_the_worker(int which)
    {
        using var left = new MemoryWire(Wire);
        using var right = new MemoryWire(Wire);
        using var stack = new CrossStack(new() { WanNic = left.A, LanNic = right.A, Entropy = new Entropy(1, 1) });
        var scripted = new ScriptedNic(new Headers.MacAddress(0x02_00_00_00_00_09));
        using var source = new CrossStack(new() { WanNic = scripted, LanNic = (which == 0 ? left : right).B, Entropy = new Entropy(1, 2) });
        source.Poll(0, 0, StackClock.Now);
        stack.Poll(0, 0, StackClock.Now);
        var slept = Task.Run(() => stack.Wait(Timeout.InfiniteTimeSpan));
        await Task.Delay(50);
        Assert.False(slept.IsCompleted);

        // what crosses the peer comes to the stack by the other wire
        scripted.Inject(new byte[60]);
        source.Poll(0, 0, StackClock.Now);
        Assert.True(await slept.WaitAsync(Patience));
        Assert.Equal(1, stack.Poll(which, 0, StackClock.Now));
    }

    [Fact]
    public async Task A_TAP_and_a_wire_wake_one_worker()
    {
        Requires.Tap();
        Requires.Tool("ip");
        using var space = new NetworkNamespace();
        using var tap = space.Run(() => new TapNic(new TapOptions { KernelAddress = "10.7.0.1/24" }));
        using var wire = new MemoryWire(Wire);
        using var stack = new TwoSidedEcho(new() { LeftNic = tap, RightNic = wire.A, Entropy = new Entropy(1, 1) });
        await using var worker = new Worker(stack);
        worker.Start();
        using var socket = space.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = 20_000 });
        for (byte i = 0; i < 5; i++)
        {
            await Task.Delay(30);
            socket.SendTo([i], new IPEndPoint(IPAddress.Parse("10.7.0.2"), 53));
            var answer = new byte[16];
            Assert.Equal((1, i), (socket.Receive(answer), answer[0]));
        }
    }
}
