using Millrace.Stack.Tests.Twin;
using Millrace.Testing;
using Millrace.Testing.Packets;
using Millrace.Testing.Traffic;
using Millrace.Workers;

namespace Millrace.Stack.Tests.Workers;

/// <summary>
/// Whatever is changed while packets flow, no flow is reordered: workers are polled in random order, and between polls the
/// indirection table, the sets of workers and the owners of flows change.
/// </summary>
public sealed class ReceiveSteeringTests
{
    private const int Flows = 40;
    private const int Steps = 6000;
    private const int Seeds = 8;

    public static TheoryData<string> Stacks => [nameof(OneQueueOfThree), nameof(TwoQueuesOfFour), nameof(TwoQueuesOfFourTwin), nameof(ShortBacklogs)];

    [Theory]
    [MemberData(nameof(Stacks))]
    public void No_flow_is_reordered_whatever_changes(string stack)
    {
        for (ulong seed = 1; seed <= Seeds; seed++)
        {
            using var run = new Run(stack, seed);
            run.Go(Steps);
            run.End(losses: stack == nameof(ShortBacklogs));
        }
    }

    [Fact]
    public void Packets_are_spread_by_their_hash_over_the_workers_of_the_set_and_without_one_stay()
    {
        using var run = new Run(nameof(OneQueueOfThree), 1);
        run.Group.Rps[0] = 0b110;
        run.Inject(200);
        run.Settle();
        var delivered = run.Stacks.Select(stack => stack.Ledger.Delivered).ToArray();
        Assert.Equal(0, delivered[0]);
        Assert.All(delivered[1..], count => Assert.InRange(count, 60, 140));
        Assert.Equal(200, run.Stacks[0].Ledger.SteeredOut);

        run.Group.Rps[0] = 0;
        run.Inject(100);
        run.Settle();
        Assert.Equal(100, run.Stacks[0].Ledger.Delivered);
        run.End(losses: false);
    }

    [Fact]
    public void A_flow_that_has_an_owner_goes_straight_to_it()
    {
        using var run = new Run(nameof(OneQueueOfThree), 1);
        run.Group.Rps[0] = 0b001;
        for (var flow = 0; flow < Flows; flow++)
        {
            Assert.True(run.Group.Owners.TryClaim(run.HashOf(flow), 2));
        }

        run.Inject(200);
        run.Settle();
        Assert.Equal(200, run.Stacks[2].Ledger.Delivered);
        run.End(losses: false);
    }

    [Fact]
    public void A_flow_stays_where_it_waits_until_that_worker_has_finished()
    {
        using var run = new Run(nameof(OneQueueOfThree), 1);
        run.Group.Rps[0] = 0b010;
        run.InjectAll();
        run.Poll(0);
        run.Group.Rps[0] = 0b100;
        run.InjectAll();
        run.Poll(0);
        Assert.Equal((2 * Flows, 0), (run.Group[1]!.WaitingPackets, run.Group[2]!.WaitingPackets));

        run.Poll(1);
        run.InjectAll();
        run.Poll(0);
        Assert.Equal((0, Flows), (run.Group[1]!.WaitingPackets, run.Group[2]!.WaitingPackets));
        run.End(losses: false);
    }

    [Fact]
    public void A_full_backlog_and_one_flow_that_fills_it_are_dropped_and_counted()
    {
        using var run = new Run(nameof(ShortBacklogs), 1);
        run.Group.Rps[0] = run.Group.Rps[1] = 0b10;
        run.Nic.Rss!.SpreadEvenly(1);
        run.Inject(30);
        run.Poll(0);
        Assert.Equal(9, run.Group[1]!.Backlog);
        Assert.Equal(21, run.Stacks[0].Ledger.IngressDrops(DropReason.CpuBacklog));
        run.Settle();

        // one flow alone: its packets are dropped from half of the backlog on, as soon as the history is half its own
        for (var round = 0; round < 40; round++)
        {
            run.InjectFlow(3, 8);
            run.Poll(0);
            run.Poll(1);
        }

        var steering = ((ShortBacklogs)run.Stacks[0]).Stages.Rps;
        Assert.True(steering.FlowLimited > 40, $"only {steering.FlowLimited} packets of the one flow were dropped");
        run.End(losses: true);
    }

    private sealed class Run : IDisposable
    {
        private readonly TrafficRandom random;
        private readonly OrderLog log = new(Flows);
        private readonly long[] numbers = new long[Flows];
        private readonly List<(uint Hash, int Worker)> claims = [];
        private long now = 1_000_000_000;
        private long injected;

        public Run(string name, ulong seed)
        {
            random = new TrafficRandom(seed);
            var (count, queues) = name switch
            {
                nameof(OneQueueOfThree) => (3, 1),
                nameof(ShortBacklogs) => (2, 2),
                _ => (4, 2),
            };
            Nic = new FanNic(TwinCase.Mac, queues);
            Group = new WorkerGroup(count, Nic);
            Stacks = [.. Enumerable.Range(0, count).Select(worker => Make(name, worker, new Entropy(seed, 1)))];
        }

        public WorkerGroup Group { get; }

        public FanNic Nic { get; }

        public INetworkStack[] Stacks { get; }

        public uint HashOf(int flow) => Group.Hash.OfFrame(Frame(flow, 0));

        public void Go(int steps)
        {
            for (var step = 0; step < steps; step++)
            {
                Change();
                if (random.Chance(40))
                {
                    Inject(random.Between(1, 8));
                }

                Poll(random.Next(Stacks.Length));
            }
        }

        public void Inject(int count)
        {
            for (var i = 0; i < count; i++)
            {
                InjectFlow(random.Next(Flows), 1);
            }
        }

        /// <summary>A datagram of each flow.</summary>
        public void InjectAll()
        {
            for (var flow = 0; flow < Flows; flow++)
            {
                InjectFlow(flow, 1);
            }
        }

        public void InjectFlow(int flow, int count)
        {
            for (var i = 0; i < count; i++)
            {
                Nic.Inject(Frame(flow, ++numbers[flow]));
                injected++;
            }
        }

        public void Poll(int worker)
        {
            Stacks[worker].Poll(0, worker, now += 1000);
            LedgerAssert.Balanced(Stacks[worker]);
            var (steeredOut, steeredIn) = (Stacks.Sum(stack => stack.Ledger.SteeredOut), Stacks.Sum(stack => stack.Ledger.SteeredIn));
            Assert.Equal(steeredOut - steeredIn, Group.PacketsInRings);
            Assert.Null(log.Problem);
        }

        public void Settle()
        {
            for (var round = 0; round < 40; round++)
            {
                for (var worker = 0; worker < Stacks.Length; worker++)
                {
                    Poll(worker);
                }
            }
        }

        public void End(bool losses)
        {
            Settle();
            Assert.Equal(0, Group.PacketsInRings);
            Assert.All(Stacks, LedgerAssert.Empty);
            Assert.All(Stacks, stack => Assert.Equal(0, stack.Arena.CountHeldBy(Memory.Holders.Crossing)));
            var dropped = Stacks.Sum(stack => stack.Ledger.IngressDropped);
            Assert.Equal(losses, dropped > 0);
            Assert.Equal(dropped, Stacks.Sum(stack => stack.Ledger.IngressDrops(DropReason.CpuBacklog)));
            Assert.Equal(injected, log.Count + dropped);
            Assert.Null(log.Problem);
        }

        public void Dispose()
        {
            foreach (var stack in Stacks)
            {
                stack.Dispose();
            }
        }

        private INetworkStack Make(string name, int worker, Entropy entropy) => name switch
        {
            nameof(OneQueueOfThree) => new OneQueueOfThree(new() { Nic = Nic, Entropy = entropy, Group = Group, Worker = worker, Log = log }),
            nameof(TwoQueuesOfFour) => new TwoQueuesOfFour(new() { Nic = Nic, Entropy = entropy, Group = Group, Worker = worker, Log = log }),
            nameof(TwoQueuesOfFourTwin) => new TwoQueuesOfFourTwin(new() { Nic = Nic, Entropy = entropy, Group = Group, Worker = worker, Log = log }),
            _ => new ShortBacklogs(new() { Nic = Nic, Entropy = entropy, Group = Group, Worker = worker, Log = log }),
        };

        private static byte[] Frame(int flow, long number)
        {
            var payload = new byte[12];
            OrderLog.Write(payload, flow, number);
            return TwinCase.Target.From(flow % TwinCase.Target.PeerCount)
                .Frame(new UdpMessage { SourcePort = (ushort)(4000 + flow), DestinationPort = 53, Payload = payload });
        }

        private void Change()
        {
            switch (random.Next(8))
            {
                case 0:
                    Group.Rps[random.Next(Group.Count)] = random.NextUInt64();
                    break;
                case 1:
                    MoveEntry();
                    break;
                case 2:
                    Claim();
                    break;
                case 3 when claims.Count > 0:
                    Release(random.Next(claims.Count));
                    break;
            }
        }

        /// <summary>A NIC that has packets of an entry in its queue reorders them by itself when the entry is moved.</summary>
        private void MoveEntry()
        {
            var table = Nic.Rss!;
            var entry = random.Next(table.Length);
            var queue = table[entry];
            if (Stacks[queue].Ledger.Received == Nic.Injected[queue])
            {
                table[entry] = random.Next(table.QueueCount);
            }
        }

        private void Claim()
        {
            var (hash, worker) = (HashOf(random.Next(Flows)), random.Next(Group.Count));
            if (Group.Owners.TryClaim(hash, worker))
            {
                claims.Add((hash, worker));
            }
        }

        private void Release(int index)
        {
            Group.Owners.Release(claims[index].Hash);
            claims.RemoveAt(index);
        }
    }
}
