using Millrace.Stack.Tests.Twin;
using Millrace.Testing.Packets;
using Millrace.Testing.Traffic;
using Millrace.Workers;

namespace Millrace.Stack.Tests.Workers;

/// <summary>Four loops and four twins, in lockstep on the same traffic, agree on every byte by every queue and on every count.</summary>
public sealed class SteeringTwinTests
{
    private const int Steps = 1500;

    [Fact]
    public void Loops_and_twins_agree()
    {
        for (ulong seed = 1; seed <= 5; seed++)
        {
            using var loops = new Side(seed, (nic, group, worker, log) => new TwoQueuesOfFour(
                new() { Nic = nic, Entropy = new Entropy(seed, 1), Group = group, Worker = worker, Log = log }));
            using var twins = new Side(seed, (nic, group, worker, log) => new TwoQueuesOfFourTwin(
                new() { Nic = nic, Entropy = new Entropy(seed, 1), Group = group, Worker = worker, Log = log }));
            Compare(seed, loops, twins);
        }
    }

    private static void Compare(ulong seed, Side loops, Side twins)
    {
        var random = new TrafficRandom(seed);
        var source = TrafficMix.Everything(TwinCase.Target with { UdpPorts = [54], TcpPorts = [80] });
        var frames = new List<byte[]>();
        long now = 1_000_000_000;
        long sent = 0;
        for (var step = 0; step < Steps; step++)
        {
            now += random.Chance(95) ? random.Next(2_000_000) : random.Next(300_000_000);
            frames.Clear();
            source.Next(random, now, frames);
            var (set, map, queue, worker) = (random.NextUInt64(), random.NextUInt64(), random.Next(2), random.Next(4));
            var changes = random.Next(10);
            foreach (var side in new[] { loops, twins })
            {
                if (changes == 0)
                {
                    side.Group.Rps[queue] = set;
                    side.Group.XpsOf(0, 2)[queue] = map;
                }

                frames.ForEach(frame => side.Nic.Inject(frame));
                side.Stacks[worker].Poll(0, worker, now);
            }

            Assert.Equal(loops.Sent.Select(packet => packet.Queue), twins.Sent.Select(packet => packet.Queue));
            foreach (var (mine, theirs) in loops.Sent.Zip(twins.Sent))
            {
                Assert.True(mine.Packet.IsSame(theirs.Packet), $"seed {seed}, step {step}: {mine.Packet} and {theirs.Packet}");
                source.Observe(Dissection.Of(mine.Packet.Bytes), now);
            }

            sent += loops.Sent.Count;
            loops.Sent.Clear();
            twins.Sent.Clear();
            for (var i = 0; i < loops.Stacks.Length; i++)
            {
                var mine = StackSnapshot.Of(loops.Stacks[i], [], countHolders: step % 16 == 0);
                var theirs = StackSnapshot.Of(twins.Stacks[i], [], countHolders: step % 16 == 0);
                Assert.True(mine.IsSame(theirs), $"seed {seed}, step {step}, worker {i}: {string.Join("; ", mine.DifferencesFrom(theirs))}");
            }
        }

        Assert.True(sent > Steps / 4, $"only {sent} packets were sent");
        Assert.True(loops.Stacks.Sum(stack => stack.Ledger.SteeredIn) > Steps / 4);
    }

    private sealed class Side : IDisposable
    {
        public Side(ulong seed, Func<FanNic, WorkerGroup, int, OrderLog, INetworkStack> make)
        {
            Nic = new FanNic(TwinCase.Mac, 2);
            Group = new WorkerGroup(4, Nic);
            var log = new OrderLog(1);
            Stacks = [.. Enumerable.Range(0, 4).Select(worker => make(Nic, Group, worker, log))];
            Nic.Sent = (queue, packet) => Sent.Add((queue, packet));
        }

        public FanNic Nic { get; }

        public WorkerGroup Group { get; }

        public INetworkStack[] Stacks { get; }

        public List<(int Queue, SentPacket Packet)> Sent { get; } = [];

        public void Dispose()
        {
            foreach (var stack in Stacks)
            {
                stack.Dispose();
            }
        }
    }
}
