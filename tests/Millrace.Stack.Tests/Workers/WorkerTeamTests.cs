using Millrace.Headers;
using Millrace.Nics;
using Millrace.Stack.Tests.Seeds;
using Millrace.Tcp;
using Millrace.Testing;
using Millrace.Workers;

namespace Millrace.Stack.Tests.Workers;

/// <summary>Real threads: start, stop in the middle of transfers, start again, and a worker that stands still.</summary>
public sealed class WorkerTeamTests
{
    private const int Connections = 6;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Transfers_survive_stops_and_starts_without_loss()
    {
        using var wire = new MemoryWire(new MemoryWireOptions { Concurrent = true, FlowControl = true });
        var (near, far) = (new[] { Plan(1, 2), Plan(1, 2) }, Plan(2, 1));
        var group = new WorkerGroup(OneQueueStack.WorkerCount);
        await using var team = new WorkerTeam<OneQueueStack>(
            group, i => new OneQueueStack(new() { Nic = wire.A, Entropy = new Entropy(1, 2), Group = group, Worker = i, Plan = near[i] }));
        using var peerStack = new BulkClient(new() { Nic = wire.B, Entropy = new Entropy(3, 4), Plan = far });
        await using var peer = new Worker(peerStack);
        peer.Start();
        team.Start();
        for (var i = 0; i < Connections; i++)
        {
            var stack = team.Stacks[i % 2];
            var result = await team.Workers[i % 2].InvokeAsync(() => stack.Tcp.Connect(0, new InetEndpoint(InetAddress.Parse("10.0.0.2"), 80), out _));
            Assert.Equal(TcpConnectResult.Opening, result);
        }

        var before = 0L;
        for (var round = 0; round < 3; round++)
        {
            await Until(() => far.Received > before);
            await team.StopAsync();
            before = far.Received;
            team.Start();
        }

        await Until(() => near[0].Closed + near[1].Closed == Connections && far.Closed == Connections);
        await team.StopAsync();
        await peer.StopAsync();
        Assert.Null(near[0].Problem ?? near[1].Problem ?? far.Problem);
        Assert.Equal((Connections, Connections), (near[0].Finished + near[1].Finished, far.Finished));
        foreach (var stack in team.Stacks)
        {
            LedgerAssert.Balanced(stack);
        }

        Assert.Equal(team.Stacks.Sum(stack => stack.Ledger.SteeredOut), team.Stacks.Sum(stack => stack.Ledger.SteeredIn) + group.PacketsInRings);
    }

    [Fact]
    public async Task A_worker_that_stands_still_is_reported_and_so_is_that_it_goes_on()
    {
        using var wire = new MemoryWire(new MemoryWireOptions { Concurrent = true });
        var group = new WorkerGroup(OneQueueStack.WorkerCount);
        var options = new WorkerTeamOptions { StallAfter = TimeSpan.FromMilliseconds(200) };
        await using var team = new WorkerTeam<OneQueueStack>(
            group, i => new OneQueueStack(new() { Nic = wire.A, Entropy = new Entropy(1, 2), Group = group, Worker = i, Plan = Plan(1, 2) }), options);
        var stalls = new System.Collections.Concurrent.ConcurrentQueue<WorkerStall>();
        team.Stalled += (_, stall) => stalls.Enqueue(stall);
        team.Start();
        using var release = new ManualResetEventSlim();
        team.Workers[1].Post(release.Wait);

        await Until(() => !stalls.IsEmpty);
        release.Set();
        await Until(() => stalls.Count == 2);
        await team.StopAsync();

        Assert.Collection(
            stalls,
            stall => Assert.Equal((1, false, false), (stall.Worker, stall.IsAsleep, stall.IsOver)),
            stall => Assert.Equal((1, true), (stall.Worker, stall.IsOver)));
    }

    [Fact]
    public void A_group_of_another_size_than_the_declaration_is_refused()
    {
        using var wire = new MemoryWire();
        var exception = Assert.Throws<ArgumentException>(
            () => new OneQueueStack(new() { Nic = wire.A, Entropy = new Entropy(1, 2), Group = new WorkerGroup(3), Worker = 0, Plan = Plan(1, 2) }));
        Assert.Contains("new WorkerGroup(2)", exception.Message, StringComparison.Ordinal);
    }

    private static async Task Until(Func<bool> condition)
    {
        var end = DateTime.UtcNow + Limit;
        while (!condition())
        {
            Assert.True(DateTime.UtcNow < end, "it did not happen in time");
            await Task.Delay(5);
        }
    }

    private static BulkPlan Plan(int send, int receive) =>
        new() { SendLength = 4_000_000, ReceiveLength = 4_000_000, SendStream = send, ReceiveStream = receive };
}
