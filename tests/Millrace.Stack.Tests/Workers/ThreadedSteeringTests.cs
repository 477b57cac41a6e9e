using System.Globalization;
using Millrace.Headers;
using Millrace.Nics;
using Millrace.Stack.Tests.Seeds;
using Millrace.Tcp;
using Millrace.Testing;
using Millrace.Testing.Traffic;
using Millrace.Workers;

namespace Millrace.Stack.Tests.Workers;

/// <summary>
/// The same on real threads, which poll without a pause while another changes everything. MILLRACE_STEERING_SECONDS runs it longer
/// than two seconds a wire.
/// </summary>
public sealed class ThreadedSteeringTests(ITestOutputHelper output)
{
    private const int Flows = 60;

    [Theory]
    [InlineData(WireMode.HandOver)]
    [InlineData(WireMode.Copying)]
    public void No_flow_is_reordered_between_threads(WireMode mode)
    {
        var text = Environment.GetEnvironmentVariable("MILLRACE_STEERING_SECONDS");
        var duration = TimeSpan.FromSeconds(string.IsNullOrEmpty(text) ? 2 : double.Parse(text, CultureInfo.InvariantCulture));
        using var wire = new MemoryWire(new MemoryWireOptions { Mode = mode, QueuesA = 2, Concurrent = true, RssEntries = 32 });
        using var run = new Run(wire);
        run.Go(duration);
        run.End(output);
    }

    private sealed class Run : IDisposable
    {
        private readonly TransferStack[] stacks;
        private readonly TransferPeer peer;
        private readonly MemoryWire wire;
        private readonly WorkerGroup group;
        private readonly OrderLog log = new(Flows);
        private readonly BulkPlan[] near;
        private readonly BulkPlan far = Plan(2, 1);
        private readonly long[] numbers = new long[Flows];
        private readonly List<Exception> failures = [];
        private volatile bool isSending = true;
        private volatile bool isRunning = true;

        public Run(MemoryWire wire)
        {
            this.wire = wire;
            group = new WorkerGroup(TransferStack.WorkerCount, wire.A);
            near = [.. Enumerable.Range(0, TransferStack.WorkerCount).Select(_ => Plan(1, 2))];
            stacks = [.. Enumerable.Range(0, TransferStack.WorkerCount).Select(worker => new TransferStack(
                new() { Nic = wire.A, Entropy = new Entropy(1, 2), Group = group, Worker = worker, Plan = near[worker], Log = log }))];
            peer = new TransferPeer(new() { Nic = wire.B, Entropy = new Entropy(1, 3), Plan = far });
        }

        public void Go(TimeSpan duration)
        {
            Thread[] threads =
            [
                .. stacks.Select((stack, worker) => Start(() => stack.Poll(0, worker, StackClock.Now))),
                Start(Peer),
            ];
            var random = new TrafficRandom(1);
            var end = DateTime.UtcNow + duration;
            var claims = new List<(uint Hash, int Worker)>();
            while (DateTime.UtcNow < end && failures.Count == 0)
            {
                Change(random, claims);
                Thread.Sleep(random.Chance(50) ? 0 : 1);
            }

            isSending = false;
            Thread.Sleep(100);
            isRunning = false;
            foreach (var thread in threads)
            {
                thread.Join();
            }
        }

        public void End(ITestOutputHelper output)
        {
            Assert.Empty(failures);
            Assert.Null(log.Problem);
            Assert.Null(far.Problem ?? near.Select(plan => plan.Problem).FirstOrDefault(problem => problem is not null));

            // what was under way comes to its end in one thread; when the far end has closed, its last segments are still to be taken
            const int roundsAtLeast = 4000;
            var (now, rounds) = (StackClock.Now, 0);
            for (var after = 0; rounds < 2_000_000 && after < roundsAtLeast; rounds++)
            {
                after = opened > far.Closed ? 0 : after + 1;
                now += 100_000;
                for (var worker = 0; worker < stacks.Length; worker++)
                {
                    stacks[worker].Poll(0, worker, now);
                }

                peer.Poll(0, 0, now);
            }

            Assert.Null(log.Problem);
            Assert.Equal(opened, far.Finished);
            Assert.Equal(0, group.PacketsInRings);
            Assert.Equal(stacks.Sum(stack => stack.Ledger.SteeredOut), stacks.Sum(stack => stack.Ledger.SteeredIn));
            Assert.All(stacks, LedgerAssert.Balanced);
            Assert.All(stacks, stack => Assert.Equal(0, stack.Arena.CountHeldBy(Memory.Holders.Crossing | Memory.Holders.TransmitRing)));
            var dropped = stacks.Sum(stack => stack.Ledger.IngressDrops(DropReason.CpuBacklog) + stack.Ledger.IngressDrops(DropReason.NoMemory));
            Assert.InRange(numbers.Sum() - log.Count, 0, dropped + peer.Ledger.EgressDropped);
            if (dropped == 0)
            {
                foreach (var counters in stacks.Select(stack => stack.Tcp.Counters).Append(peer.Tcp.Counters))
                {
                    Assert.Equal(0, counters.TCPOFOQueue);
                }
            }

            var steered = stacks.Sum(stack => stack.Ledger.SteeredIn);
            output.WriteLine($"{log.Count} datagrams, {log.Moves} moves of flows, {dropped} dropped, {steered} packets steered, {far.Finished} connections");
            Assert.True(log.Count > 1000 && log.Moves > 10 && steered > 1000 && far.Finished > 0, "hardly anything happened");
        }

        public void Dispose()
        {
            foreach (var stack in stacks)
            {
                stack.Dispose();
            }

            peer.Dispose();
        }

        private Thread Start(Action poll)
        {
            var thread = new Thread(() =>
            {
                try
                {
                    while (isRunning)
                    {
                        poll();
                    }
                }
                catch (Exception exception)
                {
                    lock (failures)
                    {
                        failures.Add(exception);
                    }
                }
            });
            thread.Start();
            return thread;
        }

        private readonly byte[] payload = new byte[200];
        private int turn;
        private int opened;

        private void Peer()
        {
            while (isSending && opened < far.Closed + 2
                && peer.Tcp.Connect(0, new InetEndpoint(InetAddress.Parse("10.0.0.1"), 80), out _) == TcpConnectResult.Opening)
            {
                opened++;
            }

            // before the neighbour is known, datagrams would be dropped here
            for (var i = 0; i < 16 && isSending && far.Connected > 0; i++)
            {
                SendNext();
            }

            peer.Poll(0, 0, StackClock.Now);
        }

        private void SendNext()
        {
            var flow = turn++ % Flows;
            OrderLog.Write(payload, flow, numbers[flow] + 1);
            if (peer.Udp.TrySend(new InetEndpoint(default, (ushort)(5000 + flow)), new InetEndpoint(InetAddress.Parse("10.0.0.1"), 53), payload))
            {
                numbers[flow]++;
            }
        }

        private void Change(TrafficRandom random, List<(uint Hash, int Worker)> claims)
        {
            switch (random.Next(5))
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
                case 3:
                    var hash = group.Hash.Of(
                        InetAddress.Parse("10.0.0.2"), InetAddress.Parse("10.0.0.1"), (ushort)(5000 + random.Next(Flows)), 53);
                    var worker = random.Next(group.Count);
                    if (group.Owners.TryClaim(hash, worker))
                    {
                        claims.Add((hash, worker));
                    }

                    break;
                case 4 when claims.Count > 0:
                    var index = random.Next(claims.Count);
                    group.Owners.Release(claims[index].Hash);
                    claims.RemoveAt(index);
                    break;
            }
        }

        private static BulkPlan Plan(int send, int receive) =>
            new() { SendLength = 300_000, ReceiveLength = 300_000, SendStream = send, ReceiveStream = receive };
    }
}
