using Millrace.Nics;
using Millrace.Sockets;
using Millrace.Stack.Tests.Sockets;
using Millrace.Testing;

namespace Millrace.Stack.Tests.WaysIn;

/// <summary>Blocking reads of streams that poll by themselves.</summary>
public sealed class BusyReadTests
{
    [Fact]
    public async Task Blocking_reads_of_both_ends_poll_by_themselves_and_every_byte_arrives()
    {
        const int Rounds = 300;
        using var wire = new MemoryWire(new MemoryWireOptions { Concurrent = true });
        using var left = new LeftStack(new() { Nic = wire.A, Entropy = new Entropy(1, 2) });
        using var right = new RightStack(new() { Nic = wire.B, Entropy = new Entropy(3, 4) });
        var options = new WorkerOptions { BusyRead = TimeSpan.FromMilliseconds(50) };
        await using var leftWorker = new Worker(left, options);
        await using var rightWorker = new Worker(right, options);
        leftWorker.Start();
        rightWorker.Start();
        using var listener = right.Sockets.Listen(80);
        await listener.Listening.WaitAsync(AsyncStacks.Patience);
        var accepting = listener.AcceptAsync();
        using var client = (await left.Sockets.ConnectAsync(AsyncStackTests.Right(80)).AsTask().WaitAsync(AsyncStacks.Patience)).GetStream();
        using var server = (await accepting.AsTask().WaitAsync(AsyncStacks.Patience)).GetStream();
        var serving = OnThread(() =>
        {
            var buffer = new byte[100];
            for (var count = server.Read(buffer, 0, 100); count > 0; count = server.Read(buffer, 0, 100))
            {
                server.Write(buffer, 0, count);
            }
        });
        var asking = OnThread(() =>
        {
            var (sent, received) = (new byte[100], new byte[100]);
            for (var round = 0; round < Rounds; round++)
            {
                Random.Shared.NextBytes(sent);
                client.Write(sent, 0, sent.Length);
                client.ReadExactly(received);
                Assert.Equal(sent, received);
            }
        });
        await asking.WaitAsync(AsyncStacks.Patience);
        client.Dispose();
        await serving.WaitAsync(AsyncStacks.Patience);
        Assert.True(leftWorker.Counters.ApplicationPolls > 0);
        Assert.True(rightWorker.Counters.ApplicationPolls > 0);
        await leftWorker.StopAsync().WaitAsync(AsyncStacks.Patience);
        await rightWorker.StopAsync().WaitAsync(AsyncStacks.Patience);
        LedgerAssert.Balanced(left);
        LedgerAssert.Balanced(right);
    }

    private static Task OnThread(Action action) =>
        Task.Factory.StartNew(action, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
}
