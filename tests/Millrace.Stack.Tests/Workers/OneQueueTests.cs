using Millrace.Nics;
using Millrace.Testing;
using Millrace.Testing.Traffic;

namespace Millrace.Stack.Tests.Workers;

/// <summary>Workers without a queue of their own: what is theirs comes and goes by another's.</summary>
public sealed class OneQueueTests
{
    private const int MostSteps = 200_000;

    [Theory]
    [InlineData(WireMode.HandOver)]
    [InlineData(WireMode.Copying)]
    public void A_worker_without_a_queue_opens_connections_and_gets_their_answers_by_the_ring(WireMode mode)
    {
        using var world = OneQueueWorld.OfLoops(mode);
        world.Open();
        for (var step = 0; step < MostSteps && !world.IsOver; step++)
        {
            world.Network.Step();
            LedgerAssert.Balanced(world.First);
            LedgerAssert.Balanced(world.Second);
        }

        Assert.Null(world.Near.Problem ?? world.Far.Problem);
        Assert.Equal((OneQueueWorld.Connections, OneQueueWorld.Connections), (world.Near.Finished, world.Far.Finished));
        Assert.Equal(world.First.Ledger.SteeredOut, world.Second.Ledger.SteeredIn);
        Assert.True(world.Second.Ledger.SteeredIn > 100, $"only {world.Second.Ledger.SteeredIn} packets crossed");
        Assert.Equal(0, world.Second.Ledger.Received);
        world.Network.RunFor(TimeSpan.FromSeconds(130));
        LedgerAssert.Empty(world.First);
        LedgerAssert.Empty(world.Second);
        Assert.Equal(0, Flows(world));
    }

    [Theory]
    [InlineData(WireMode.HandOver)]
    [InlineData(WireMode.Copying)]
    public void Loops_and_twins_of_two_workers_do_the_same_with_TCP(WireMode mode)
    {
        using var loops = OneQueueWorld.OfLoops(mode);
        using var twins = OneQueueWorld.OfTwins(mode);
        loops.Open();
        twins.Open();
        for (var step = 0; step < MostSteps && !loops.IsOver; step++)
        {
            loops.Network.Step();
            twins.Network.Step();
            Assert.Equal(loops.Network.Now, twins.Network.Now);
            Compare(step, "first", loops.First, twins.First);
            Compare(step, "second", loops.Second, twins.Second);
        }

        Assert.True(loops.IsOver && twins.IsOver);
        Assert.True(twins.Second.Ledger.SteeredIn > 100, $"only {twins.Second.Ledger.SteeredIn} packets crossed");
    }

    private static void Compare(int step, string worker, INetworkStack loop, INetworkStack twin)
    {
        var mine = StackSnapshot.Of(loop, [], countHolders: step % 64 == 0);
        var theirs = StackSnapshot.Of(twin, [], countHolders: step % 64 == 0);
        Assert.True(mine.IsSame(theirs), $"step {step}, {worker} worker: {string.Join("; ", mine.DifferencesFrom(theirs))}");
    }

    private static int Flows(OneQueueWorld world)
    {
        var flows = new int[world.Group.Count];
        world.Group.Owners.CountFlows(flows);
        return flows.Sum();
    }
}
