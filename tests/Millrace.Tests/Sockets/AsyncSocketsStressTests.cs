using System.Net.Sockets;
using Millrace.Sockets;

namespace Millrace.Tests.Sockets;

/// <summary>Alone, because they count what the whole process allocates, or want both processors.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;

[Collection(nameof(Alone))]
public sealed class AsyncSocketsStressTests
{
    [Fact]
    public async Task A_read_and_a_write_allocate_nothing()
    {
        await using var fixture = new AsyncSocketsFixture();
        var (client, server) = await fixture.ConnectPair();
        var echo = Task.Run(() => AsyncSocketsTests.Echo(server));
        var least = await Task.Run(async () =>
        {
            const int Pairs = 500;
            var buffer = new byte[64];
            var least = long.MaxValue;
            for (var round = 0; round < 12; round++)
            {
                var before = GC.GetTotalAllocatedBytes(precise: true);
                for (var i = 0; i < Pairs; i++)
                {
                    await client.WriteAsync(buffer);
                    for (var left = buffer.Length; left > 0;)
                    {
                        left -= await client.ReadAsync(buffer);
                    }
                }

                least = Math.Min(least, GC.GetTotalAllocatedBytes(precise: true) - before);
            }

            return least / (double)Pairs;
        }).WaitAsync(AsyncSocketsFixture.Patience);
        client.Shutdown();
        await echo;

        // one small object a pair would be 24
        Assert.True(least < 1, $"{least} bytes a pair");
    }

    [Fact]
    public async Task A_read_that_can_be_cancelled_allocates_nothing_either()
    {
        await using var fixture = new AsyncSocketsFixture();
        var (client, server) = await fixture.ConnectPair();
        var echo = Task.Run(() => AsyncSocketsTests.Echo(server));
        using var cancellation = new CancellationTokenSource();
        var least = await Task.Run(async () =>
        {
            const int Pairs = 500;
            var stream = client.GetStream();
            var buffer = new byte[1];
            var read = 0;
            var least = long.MaxValue;
            for (var round = 0; round < 12; round++)
            {
                var before = GC.GetTotalAllocatedBytes(precise: true);
                for (var i = 0; i < Pairs; i++)
                {
                    await stream.WriteAsync(buffer, cancellation.Token);
                    read += await stream.ReadAsync(buffer, cancellation.Token);
                }

                least = Math.Min(least, GC.GetTotalAllocatedBytes(precise: true) - before);
            }

            Assert.Equal(12 * Pairs, read);
            return least / (double)Pairs;
        }).WaitAsync(AsyncSocketsFixture.Patience);
        client.Shutdown();
        await echo;
        Assert.True(least < 1, $"{least} bytes a pair");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task No_wake_up_is_lost_whatever_the_callers_do(int seed)
    {
        await using var fixture = new AsyncSocketsFixture(connections: 256, calls: 2);
        using var listener = fixture.Sockets.Listen(7);
        using var ended = new CancellationTokenSource();
        var serving = Task.Run(async () =>
        {
            var echoes = new List<Task>();
            try
            {
                while (true)
                {
                    echoes.Add(Survive(AsyncSocketsTests.Echo(await listener.AcceptAsync(ended.Token))));
                }
            }
            catch (OperationCanceledException)
            {
                await Task.WhenAll(echoes);
            }
        });
        var clients = Enumerable.Range(0, 12).Select(i => Task.Run(() => Behave(fixture, new Random(seed * 100 + i))));
        await Task.WhenAll(clients).WaitAsync(AsyncSocketsFixture.Patience);
        await fixture.Until(() => fixture.Stack.Tcp.OpenCount == 0);
        ended.Cancel();
        await serving.WaitAsync(AsyncSocketsFixture.Patience);
        Assert.False(fixture.Worker.Faulted);
        Assert.True(fixture.Stack.Wakes > 0);
    }

    [Fact]
    public async Task A_worker_that_is_awake_is_not_woken()
    {
        await using var fixture = new AsyncSocketsFixture(start: false);
        using var listener = fixture.Sockets.Listen(7);
        var pending = fixture.Sockets.ConnectAsync(AsyncSocketsFixture.Port(7));
        Assert.Equal(0, fixture.Stack.Wakes);
        fixture.Stack.Poll(0, 0, 0);
        using var client = await pending;
        Assert.True(fixture.Sockets.TrySleep());
        var first = client.ReadAsync(new byte[1]);
        Assert.Equal(1, fixture.Stack.Wakes);
        var write = client.WriteAsync(new byte[1]);
        Assert.Equal(1, fixture.Stack.Wakes);
        Assert.False(fixture.Sockets.TrySleep());
        fixture.Stack.Poll(0, 0, 0);
        await write;
        Assert.False(first.IsCompleted);
        Assert.True(fixture.Sockets.TrySleep());
    }

    // random sizes, halves closed, aborts, cancellations, disposals: whatever was not cut short must come back whole
    private static async Task Behave(AsyncSocketsFixture fixture, Random random)
    {
        for (var round = 0; round < 12; round++)
        {
            using var client = await fixture.Sockets.ConnectAsync(AsyncSocketsFixture.Port(7));
            var sent = new byte[random.Next(1, 3 * CoupledTcp.Window)];
            random.NextBytes(sent);
            var end = random.Next(6);
            var write = Write(client, sent);
            switch (end)
            {
                case 0:
                    client.Abort();
                    await Survive(write);
                    break;
                case 1:
                    client.Dispose();
                    await Survive(write);
                    break;
                case 2:
                    using (var cancellation = new CancellationTokenSource())
                    {
                        var read = Survive(client.ReadAsync(new byte[100], cancellation.Token).AsTask());
                        cancellation.Cancel();
                        await read;
                        client.Abort();
                        await Survive(write);
                    }

                    break;
                default:
                    var received = await AsyncSocketsTests.ReadToEnd(client);
                    await write;
                    Assert.Equal(sent, received);
                    break;
            }
        }
    }

    private static async Task Write(AsyncTcpConnection client, byte[] sent)
    {
        await client.WriteAsync(sent);
        client.Shutdown();
    }

    private static async Task Survive(Task task)
    {
        try
        {
            await task;
        }
        catch (Exception exception) when (exception is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // cut short on purpose, by this end or the other
        }
    }
}
