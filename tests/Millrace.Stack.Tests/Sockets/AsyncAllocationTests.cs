using Millrace.Sockets;

namespace Millrace.Stack.Tests.Sockets;

/// <summary>Alone, because it counts what the whole process allocates.</summary>
[CollectionDefinition(nameof(AsyncAllocationTests), DisableParallelization = true)]
public sealed class AsyncAllocationCollection;

[Collection(nameof(AsyncAllocationTests))]
public sealed class AsyncAllocationTests
{
    [Fact]
    public async Task A_round_trip_between_two_stacks_allocates_nothing()
    {
        const int RoundTrips = 500;
        await using var stacks = new AsyncStacks();
        var (client, server) = await stacks.ConnectPair();
        var echo = Task.Run(() => Echo(server));
        var least = await Task.Run(async () =>
        {
            var buffer = new byte[256];
            var least = long.MaxValue;
            for (var round = 0; round < 12; round++)
            {
                var before = GC.GetTotalAllocatedBytes(precise: true);
                for (var i = 0; i < RoundTrips; i++)
                {
                    await client.WriteAsync(buffer);
                    for (var left = buffer.Length; left > 0;)
                    {
                        left -= await client.ReadAsync(buffer);
                    }
                }

                least = Math.Min(least, GC.GetTotalAllocatedBytes(precise: true) - before);
            }

            return least / (double)RoundTrips;
        }).WaitAsync(AsyncStacks.Patience);
        client.Shutdown();
        await echo;
        Assert.True(least < 1, $"{least} bytes a round trip");
    }

    [Fact]
    public async Task Opening_and_closing_connections_allocates_nothing_in_the_loops()
    {
        const int Connections = 100;
        await using var stacks = new AsyncStacks();
        using var listener = stacks.Right.Sockets.Listen(80);
        await listener.Listening;
        var least = long.MaxValue;
        for (var round = 0; round < 8; round++)
        {
            var before = await stacks.AllocatedByLoops();
            for (var i = 0; i < Connections; i++)
            {
                await using var client = await stacks.Left.Sockets.ConnectAsync(AsyncStackTests.Right(80));
                await using var server = await listener.AcceptAsync();
                client.Shutdown();
                await server.ReadAsync(Memory<byte>.Empty);
            }

            least = Math.Min(least, await stacks.AllocatedByLoops() - before);
        }

        // handing the measurement over costs the loops something too, but not by the connection
        Assert.True(least < 8 * Connections, $"{least} bytes for {Connections} connections");
    }

    private static async Task Echo(AsyncTcpConnection connection)
    {
        using (connection)
        {
            var buffer = new byte[1024];
            for (int count; (count = await connection.ReadAsync(buffer)) > 0;)
            {
                await connection.WriteAsync(buffer.AsMemory(0, count));
            }
        }
    }
}
