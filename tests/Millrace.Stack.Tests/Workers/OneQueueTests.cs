using Millrace.Headers;
using Millrace.Nics;
using Millrace.Stack.Tests.Seeds;
using Millrace.Tcp;
using Millrace.Testing;
using Millrace.Workers;

namespace Millrace.Stack.Tests.Workers;

/// <summary>Workers without a queue of their own: what is theirs comes and goes by another's.</summary>
public sealed class OneQueueTests
{
    private const int Length = 300_000;

    [Theory]
    [InlineData(WireMode.HandOver)]
    [InlineData(WireMode.Copying)]
    public void A_worker_without_a_queue_opens_connections_and_gets_their_answers_by_the_ring(WireMode mode)
    {
        using var wire = new MemoryWire(new MemoryWireOptions { Mode = mode });
        var group = new WorkerGroup(OneQueueStack.WorkerCount);
        var (near, far) = (Plan(1, 2), Plan(2, 1));
        using var first = new OneQueueStack(new() { Nic = wire.A, Entropy = new Entropy(1, 2), Group = group, Worker = 0, Plan = near });
        using var second = new OneQueueStack(new() { Nic = wire.A, Entropy = new Entropy(1, 2), Group = group, Worker = 1, Plan = near });
        using var peer = new BulkClient(new() { Nic = wire.B, Entropy = new Entropy(3, 4), Plan = far });
        var network = new VirtualTimeNetwork(first, second, peer);
        network.Settle();

        for (var i = 0; i < 4; i++)
        {
            Assert.Equal(TcpConnectResult.Opening, second.Tcp.Connect(0, new InetEndpoint(InetAddress.Parse("10.0.0.2"), 80), out _));
        }

        for (var step = 0; step < 200_000 && (near.Closed < 4 || far.Closed < 4); step++)
        {
            network.Step();
            LedgerAssert.Balanced(first);
            LedgerAssert.Balanced(second);
        }

        Assert.Null(near.Problem ?? far.Problem);
        Assert.Equal((4, 4), (near.Finished, far.Finished));
        Assert.Equal(first.Ledger.SteeredOut, second.Ledger.SteeredIn);
        Assert.True(second.Ledger.SteeredIn > 100, $"only {second.Ledger.SteeredIn} packets crossed");
        Assert.Equal(0, second.Ledger.Received);
        network.RunFor(TimeSpan.FromSeconds(130));
        LedgerAssert.Empty(first);
        LedgerAssert.Empty(second);
        Assert.Equal(-1, OwnerOfAny(group));
    }

    private static int OwnerOfAny(WorkerGroup group)
    {
        Span<int> flows = stackalloc int[group.Count];
        group.Owners.CountFlows(flows);
        return flows.IndexOfAnyExcept(0);
    }

    private static BulkPlan Plan(int send, int receive) =>
        new() { SendLength = Length, ReceiveLength = Length, SendStream = send, ReceiveStream = receive };
}
