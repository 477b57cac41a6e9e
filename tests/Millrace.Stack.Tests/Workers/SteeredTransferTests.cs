using Millrace.Headers;
using Millrace.Nics;
using Millrace.Stack.Tests.Seeds;
using Millrace.Tcp;
using Millrace.Testing;
using Millrace.Testing.Traffic;
using Millrace.Workers;

namespace Millrace.Stack.Tests.Workers;

/// <summary>
/// TCP over a wire of two queues whose table, whose sets and whose maps change all the time: on a wire that loses nothing no segment
/// may be out of order at either end, and none may go twice.
/// </summary>
public sealed class SteeredTransferTests
{
    private const int Length = 200_000;
    private const int Connections = 8;

    public static TheoryData<WireMode, long, bool> Wires => new()
    {
        { WireMode.HandOver, 0, false }, { WireMode.Copying, 0, false }, { WireMode.HandOver, 1_000_000_000, false },
        { WireMode.Copying, 1_000_000_000, false }, { WireMode.HandOver, 0, true },
    };

    [Theory]
    [MemberData(nameof(Wires))]
    public void Transfers_are_whole_and_in_order_whatever_changes(WireMode mode, long bandwidth, bool linkGoes)
    {
        for (ulong seed = 1; seed <= 3; seed++)
        {
            Run(seed, new MemoryWireOptions { Mode = mode, QueuesA = 2, BandwidthBitsPerSecond = bandwidth, RingSize = 64, RssEntries = 32 }, linkGoes);
        }
    }

    private static void Run(ulong seed, MemoryWireOptions options, bool linkGoes)
    {
        var random = new TrafficRandom(seed);
        using var wire = new MemoryWire(options);
        var group = new WorkerGroup(TransferStack.WorkerCount, wire.A);
        var (near, far, log) = (Plan(1, 2), Plan(2, 1), new OrderLog(1));
        var stacks = Enumerable.Range(0, TransferStack.WorkerCount).Select(worker => new TransferStack(
            new() { Nic = wire.A, Entropy = new Entropy(seed, 2), Group = group, Worker = worker, Plan = near, Log = log })).ToArray();
        using var peer = new TransferPeer(new() { Nic = wire.B, Entropy = new Entropy(seed, 3), Plan = far });
        INetworkStack[] all = [.. stacks, peer];
        long now = 1_000_000_000;
        var steps = 0;
        for (var i = 0; i < 40; i++)
        {
            Poll(i % all.Length);
        }

        for (var i = 0; i < Connections; i++)
        {
            var result = i % 2 == 0
                ? stacks[i / 2 % stacks.Length].Tcp.Connect(0, new InetEndpoint(InetAddress.Parse("10.0.0.2"), 80), out _)
                : peer.Tcp.Connect(0, new InetEndpoint(InetAddress.Parse("10.0.0.1"), 80), out _);
            Assert.Equal(TcpConnectResult.Opening, result);
        }

        while ((near.Closed < Connections || far.Closed < Connections) && near.Problem is null && far.Problem is null && steps++ < 600_000)
        {
            Change();
            Poll(random.Next(all.Length));
        }

        Assert.Null(near.Problem ?? far.Problem);
        Assert.Equal((Connections, Connections), (near.Finished, far.Finished));
        if (!linkGoes)
        {
            foreach (var counters in stacks.Select(stack => stack.Tcp.Counters).Append(peer.Tcp.Counters))
            {
                // a worker that is not polled for two round trips lets the probe of a tail go
                Assert.Equal((0, 0, 0), (counters.TCPOFOQueue, Math.Max(counters.RetransSegs - counters.TCPLossProbes, 0), counters.OutRsts));
            }
        }

        Assert.True(group.PacketsInRings >= 0 && stacks.Sum(stack => stack.Ledger.SteeredOut) > 100, "hardly anything was steered");
        wire.IsUp = true;
        var network = new VirtualTimeNetwork(all) { StartAt = now };
        network.RunFor(TimeSpan.FromSeconds(200));
        Assert.Equal(0, group.PacketsInRings);
        Assert.All(all, LedgerAssert.Empty);
        foreach (var stack in stacks)
        {
            stack.Dispose();
        }

        void Poll(int index)
        {
            now += random.Next(3000);
            all[index].Poll(0, index < stacks.Length ? index : 0, now);
            if (steps % 16 == 0)
            {
                LedgerAssert.Balanced(all[index]);

                // a merged packet is one in a ring, and counts its segments in the ledgers
                var waiting = stacks.Sum(stack => stack.Ledger.SteeredOut - stack.Ledger.SteeredIn);
                Assert.True(waiting >= group.PacketsInRings && waiting == 0 == (group.PacketsInRings == 0));
            }
        }

        void Change()
        {
            switch (random.Next(40))
            {
                case 0:
                    wire.A.Rss![random.Next(wire.A.Rss.Length)] = random.Next(2);
                    break;
                case 1:
                    group.Rps[random.Next(2)] = random.NextUInt64();
                    break;
                case 2:
                    group.XpsOf(0, 2)[random.Next(2)] = random.NextUInt64();
                    break;
                case 3 when linkGoes && (!wire.IsUp || random.Chance(3)):
                    wire.IsUp = !wire.IsUp;
                    break;
            }
        }
    }

    private static BulkPlan Plan(int send, int receive) =>
        new() { SendLength = Length, ReceiveLength = Length, SendStream = send, ReceiveStream = receive };
}
