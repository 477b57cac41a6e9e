using Millrace.Headers;
using Millrace.Stack.Tests.Twin;
using Millrace.Testing;
using Millrace.Testing.Packets;
using Millrace.Testing.Traffic;
using Millrace.Workers;

namespace Millrace.Stack.Tests.Workers;

/// <summary>
/// Workers send by the queues that a map gives them, and the map changes while packets wait: each flow leaves in order, nothing is
/// lost, and a flow changes its queue only when all it had sent has left.
/// </summary>
public sealed class SendSteeringTests
{
    private const int FlowsEach = 6;
    private const int Workers = 4;
    private const int Queues = 2;
    private const int Seeds = 8;

    [Theory]
    [InlineData(256, 0)]
    [InlineData(8, 40_000)]
    [InlineData(16, 300_000)]
    public void Each_flow_leaves_in_order_whatever_the_map_says(int ringSize, long completionAfter)
    {
        for (ulong seed = 1; seed <= Seeds; seed++)
        {
            using var run = new Run(seed, ringSize, completionAfter);
            for (var step = 0; step < 4000; step++)
            {
                run.Step();
            }

            run.End();
        }
    }

    [Fact]
    public void A_flow_stays_with_its_queue_while_packets_are_outstanding_and_then_moves()
    {
        using var run = new Run(1, 256, completionAfter: 1_000_000);
        run.Map[0] = 0b0001;
        run.Map[1] = 0b1110;
        run.Send(0, 0);
        run.Poll(0, 1000);
        run.Map[0] = 0b1110;
        run.Map[1] = 0b0001;
        run.Send(0, 0);
        run.Poll(0, 1000);
        Assert.Equal([0, 0], run.QueuesUsed);
        run.Poll(0, 2_000_000);
        run.Send(0, 0);
        run.Poll(0, 1000);
        run.Poll(1, 1000);
        Assert.Equal([0, 0, 1], run.QueuesUsed);
        run.End();
    }

    [Fact]
    public void A_queue_that_does_not_move_holds_packets_back_and_loses_none()
    {
        using var run = new Run(1, 8, completionAfter: 5_000_000);
        run.Map[0] = 0b1111;
        run.Map[1] = 0;
        for (var i = 0; i < 2000; i++)
        {
            run.Send(1 + (i % 3), i % FlowsEach);
            run.Poll(1 + (i % 3), 10);
            run.Poll(0, 10);
        }

        Assert.Equal(8, run.QueuesUsed.Count);
        run.End();
    }

    private sealed class Run : IDisposable
    {
        private readonly TrafficRandom random;
        private readonly FanNic nic;
        private readonly TwoQueuesOfFour[] stacks;
        private readonly long completionAfter;
        private readonly long[] sent = new long[Workers * FlowsEach];
        private readonly (long Number, int Queue, long At)[] left = new (long, int, long)[Workers * FlowsEach];
        private readonly byte[] payload = new byte[12];
        private string? problem;
        private long now = 1_000_000_000;

        public Run(ulong seed, int ringSize, long completionAfter)
        {
            this.completionAfter = completionAfter;
            random = new TrafficRandom(seed);
            nic = new FanNic(TwinCase.Mac, Queues, completionAfter, ringSize);
            var group = new WorkerGroup(Workers, nic);
            var log = new OrderLog(1);
            stacks = [.. Enumerable.Range(0, Workers).Select(worker => new TwoQueuesOfFour(
                new() { Nic = nic, Entropy = new Entropy(seed, 1), Group = group, Worker = worker, Log = log }))];
            Map = group.XpsOf(0, Queues);
            nic.Sent = See;

            // a worker takes what others have learnt of neighbours that it has asked for itself
            for (var flow = 0; flow < sent.Length; flow++)
            {
                Send(flow / FlowsEach, flow % FlowsEach);
            }

            PollAll();
            for (var peer = 0; peer < TwinCase.Target.PeerCount; peer++)
            {
                nic.Inject(TwinCase.Target.From(peer).ArpRequest());
            }

            PollAll();
            Assert.All(left, flow => Assert.Equal(1, flow.Number));
            QueuesUsed.Clear();
        }

        public XpsMap Map { get; }

        public INetworkStack[] Stacks => stacks;

        public List<int> QueuesUsed { get; } = [];

        public void Step()
        {
            if (random.Chance(20))
            {
                Map[random.Next(Queues)] = random.NextUInt64();
            }

            var worker = random.Next(Workers);
            for (var count = random.Next(6); count > 0; count--)
            {
                Send(worker, random.Next(FlowsEach));
            }

            Poll(worker, random.Next(20_000));
        }

        public void Send(int worker, int number)
        {
            var flow = (worker * FlowsEach) + number;
            OrderLog.Write(payload, flow, sent[flow] + 1);
            var peer = TwinCase.Target.From(flow % TwinCase.Target.PeerCount).Source;
            var remote = new InetEndpoint(InetAddress.FromIpv4(peer), 9000);
            if (stacks[worker].Udp.TrySend(new InetEndpoint(default, (ushort)(5000 + flow)), remote, payload))
            {
                sent[flow]++;
            }
        }

        public void Poll(int worker, long after)
        {
            stacks[worker].Poll(0, worker, now += after);
            LedgerAssert.Balanced(stacks[worker]);
            Assert.Null(problem);
        }

        public void End()
        {
            for (var round = 0; round < 20_000 && !left.Select(flow => flow.Number).SequenceEqual(sent); round++)
            {
                Poll(round % Workers, 1 + (completionAfter / 2));
            }

            Assert.Equal(sent, left.Select(flow => flow.Number));
            PollAll();
            Assert.All(stacks, LedgerAssert.Empty);
        }

        private void PollAll()
        {
            for (var round = 0; round < 8 * Workers; round++)
            {
                Poll(round % Workers, 1 + completionAfter);
            }
        }

        public void Dispose()
        {
            foreach (var stack in stacks)
            {
                stack.Dispose();
            }
        }

        private void See(int queue, SentPacket packet)
        {
            var dissection = packet.Bytes.AsSpan(14 + 20 + 8);
            if (packet.Bytes[12] != 8 || packet.Bytes[13] != 0 || packet.Bytes[14 + 9] != 17)
            {
                return;
            }

            var (flow, number) = OrderLog.Read(dissection);
            ref var before = ref left[flow];
            if (number != before.Number + 1)
            {
                problem ??= $"number {number} of flow {flow} left behind {before.Number}";
            }

            if (before.Number != 0 && queue != before.Queue && packet.At < before.At + completionAfter)
            {
                problem ??= $"flow {flow} changed to queue {queue} while number {before.Number} was in queue {before.Queue}";
            }

            before = (number, queue, packet.At);
            QueuesUsed.Add(queue);
        }
    }
}
