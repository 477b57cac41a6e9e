using Millrace.Memory;
using Millrace.Nics;
using Millrace.Tests.Nics;

namespace Millrace.Tests.Rss;

/// <summary>
/// Entries are set while packets pass, and no flow is reordered: what a poll took counts as processed when the next poll of that queue
/// begins.
/// </summary>
public sealed class SteeringOrderTests
{
    private const int Flows = 40;

    [Theory]
    [InlineData(2, WireMode.HandOver, 0, 0, false)]
    [InlineData(4, WireMode.HandOver, 0, 0, false)]
    [InlineData(2, WireMode.Copying, 0, 0, false)]
    [InlineData(4, WireMode.Copying, 0, 0, true)]
    [InlineData(4, WireMode.HandOver, 700, 0, false)]
    [InlineData(3, WireMode.Copying, 700, 0, false)]
    [InlineData(4, WireMode.HandOver, 300, 2_000_000_000, true)]
    [InlineData(2, WireMode.Copying, 300, 2_000_000_000, false)]
    public void Flows_keep_their_order_and_nothing_is_lost(int queues, WireMode mode, long delay, long bandwidth, bool concurrent)
    {
        for (ulong seed = 1; seed <= 5; seed++)
        {
            Run(seed, new MemoryWireOptions
            {
                QueuesA = queues, QueuesB = queues, Mode = mode, DelayNanoseconds = delay, BandwidthBitsPerSecond = bandwidth, Concurrent = concurrent,
                RingSize = 32, RssEntries = 16,
            }, linkGoes: false);
        }
    }

    [Theory]
    [InlineData(WireMode.HandOver, 0)]
    [InlineData(WireMode.Copying, 0)]
    [InlineData(WireMode.HandOver, 700)]
    [InlineData(WireMode.Copying, 700)]
    public void Flows_keep_their_order_although_the_link_goes_and_comes(WireMode mode, long delay)
    {
        for (ulong seed = 1; seed <= 5; seed++)
        {
            Run(seed, new MemoryWireOptions { QueuesA = 3, QueuesB = 4, Mode = mode, DelayNanoseconds = delay, RssEntries = 16 }, linkGoes: true);
        }
    }

    private static void Run(ulong seed, MemoryWireOptions options, bool linkGoes)
    {
        var random = new Random((int)seed);
        using var wire = new MemoryWire(options);
        Station[] a = [.. Enumerable.Range(0, options.QueuesA).Select(queue => new Station(wire.A, queue: queue))];
        Station[] b = [.. Enumerable.Range(0, options.QueuesB).Select(queue => new Station(wire.B, queue: queue))];
        var table = wire.B.Rss!;
        var sent = new int[Flows];
        var processed = new int[Flows];
        var used = new HashSet<(int Flow, int Queue)>();
        var taken = b.Select(_ => new List<Frame>()).ToArray();
        var burst = new Frame[8];
        long now = 0, total = 0;
        for (var step = 0; step < 4000; step++, now += random.Next(200))
        {
            switch (random.Next(linkGoes && step % 50 == 0 ? 8 : 7))
            {
                case < 3:
                    var flow = random.Next(Flows);
                    var sender = a[flow % a.Length];
                    for (var count = random.Next(1, 6); count > 0 && TrySend(sender, FlowPackets.Make(flow, sent[flow] + 1), now); count--)
                    {
                        sent[flow]++;
                        total++;
                    }

                    break;
                case 3:
                    table[random.Next(table.Length)] = random.Next(table.QueueCount);
                    break;
                case 7:
                    wire.IsUp = !wire.IsUp;
                    break;
                default:
                    Poll(random.Next(b.Length), random.Next(burst.Length + 1));
                    break;
            }

            a[random.Next(a.Length)].Reclaim(now);
        }

        now += 1_000_000_000;
        for (var round = 0; round < 1000; round++)
        {
            Poll(round % b.Length, burst.Length);
        }

        Assert.All(taken, Assert.Empty);
        var counters = wire.A.Counters;
        Assert.Equal(total, counters.Sent);
        Assert.Equal((total, 0), (counters.Delivered + counters.NoCarrier, counters.Missed));
        Assert.Equal(linkGoes, counters.NoCarrier > 0);
        if (!linkGoes)
        {
            Assert.Equal(sent, processed);
        }

        // the entries that were set had an effect
        Assert.True(used.Count > Flows * 3 / 2, $"seed {seed}: {used.Count}");
        foreach (var station in a)
        {
            station.Reclaim(now);
            Assert.Equal(0, station.Arena.CountHeldBy(Holders.TransmitRing));
            station.Dispose();
        }

        foreach (var station in b)
        {
            station.Dispose();
            Assert.Equal(station.Arena.Capacity, station.Arena.FreeCount);
        }

        void Poll(int queue, int weight)
        {
            var station = b[queue];
            foreach (var packet in taken[queue])
            {
                var bytes = station.Arena.Data(packet);
                var (flow, number) = (FlowPackets.Flow(bytes), FlowPackets.Number(bytes));
                Assert.True(linkGoes ? number > processed[flow] : number == processed[flow] + 1,
                    $"seed {seed}: flow {flow} has {number} after {processed[flow]} in queue {queue}");
                processed[flow] = number;
                used.Add((flow, queue));
                station.Free(packet);
            }

            taken[queue].Clear();
            station.Refill();
            taken[queue].AddRange(burst.AsSpan(0, station.Queue.Receive(burst.AsSpan(0, weight), now)));
        }
    }

    /// <summary>There may be less room than was said, once what travelled has arrived or another queue has sent.</summary>
    private static bool TrySend(Station station, byte[] bytes, long now)
    {
        var packet = station.Make(bytes);
        var accepted = station.TrySend(packet, now);
        if (!accepted)
        {
            station.Arena.ReleaseChain(packet, Holders.TransmitRing);
        }

        return accepted;
    }

    [Theory]
    [InlineData(WireMode.HandOver)]
    [InlineData(WireMode.Copying)]
    public void Workers_poll_a_queue_each_while_entries_are_set(WireMode mode)
    {
        const int workers = 2;
        const int packets = 60_000;
        using var wire = new MemoryWire(new MemoryWireOptions { QueuesA = workers, QueuesB = workers, Mode = mode, Concurrent = true, RssEntries = 32 });
        var processed = new int[Flows];
        var received = new int[workers];
        var complete = 0;
        Exception? failure = null;
        var stop = false;
        Station[] a = [.. Enumerable.Range(0, workers).Select(queue => new Station(wire.A, queue: queue))];
        Station[] b = [.. Enumerable.Range(0, workers).Select(queue => new Station(wire.B, queue: queue))];
        Thread[] threads =
        [
            .. Enumerable.Range(0, workers).Select(worker => new Thread(() => Guarded(() => Work(worker)))),
            new Thread(() => Guarded(Set)),
        ];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        Assert.Null(failure);
        Assert.Equal(packets * workers, received.Sum());
        Assert.All(received, count => Assert.True(count > 0));
        for (var i = 0; i < workers; i++)
        {
            a[i].Reclaim(0);
            Assert.Equal(0, a[i].Arena.CountHeldBy(Holders.TransmitRing));
            a[i].Dispose();
            b[i].Dispose();
            Assert.Equal(b[i].Arena.Capacity, b[i].Arena.FreeCount);
        }

        void Guarded(Action work)
        {
            try
            {
                work();
            }
            catch (Exception exception)
            {
                failure ??= exception;
                Volatile.Write(ref stop, true);
            }
        }

        void Set()
        {
            var random = new Random(1);
            while (!Volatile.Read(ref stop))
            {
                wire.B.Rss![random.Next(32)] = random.Next(workers);
                Thread.Yield();
            }
        }

        // every flow is one worker's to send, and anybody's to receive
        void Work(int worker)
        {
            var (from, to) = (a[worker], b[worker]);
            var random = new Random(worker);
            var sent = new int[Flows];
            var templates = Enumerable.Range(0, Flows).Select(flow => FlowPackets.Make(flow, 0)).ToArray();
            var burst = new Frame[16];
            for (var left = packets; !Volatile.Read(ref stop);)
            {
                var isLast = left > 0;
                for (var count = Math.Min(left, random.Next(1, 32)); count > 0; count--, left--)
                {
                    var flow = (random.Next(Flows / workers) * workers) + worker;
                    FlowPackets.SetNumber(templates[flow], sent[flow] + 1);
                    if (!TrySend(from, templates[flow], 0))
                    {
                        break;
                    }

                    sent[flow]++;
                }

                from.Reclaim(0);
                isLast &= left == 0;
                var taken = to.Queue.Receive(burst, 0);
                for (var i = 0; i < taken; i++)
                {
                    var bytes = to.Arena.Data(burst[i]);
                    var (flow, number) = (FlowPackets.Flow(bytes), FlowPackets.Number(bytes));
                    var before = Volatile.Read(ref processed[flow]);
                    if (number != before + 1)
                    {
                        throw new InvalidOperationException($"Flow {flow} has {number} after {before} in queue {worker}.");
                    }

                    Volatile.Write(ref processed[flow], number);
                    to.Free(burst[i]);
                }

                to.Refill();
                received[worker] += taken;
                if (isLast)
                {
                    Interlocked.Increment(ref complete);
                }

                if (Volatile.Read(ref complete) == workers && Volatile.Read(ref received[0]) + Volatile.Read(ref received[1]) == packets * workers)
                {
                    Volatile.Write(ref stop, true);
                }
                else if (taken == 0)
                {
                    Thread.Yield();
                }
            }
        }
    }
}
