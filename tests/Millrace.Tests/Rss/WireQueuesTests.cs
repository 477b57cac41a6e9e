using Millrace.Headers;
using Millrace.Memory;
using Millrace.Nics;
using Millrace.Tests.Nics;

namespace Millrace.Tests.Rss;

/// <summary>A wire whose ends have several queues.</summary>
public sealed class WireQueuesTests
{
    [Theory]
    [InlineData(2, WireMode.HandOver, 0)]
    [InlineData(4, WireMode.HandOver, 0)]
    [InlineData(2, WireMode.Copying, 0)]
    [InlineData(4, WireMode.Copying, 0)]
    [InlineData(4, WireMode.HandOver, 1000)]
    [InlineData(4, WireMode.Copying, 1000)]
    public void Flows_are_spread_by_their_hash(int queues, WireMode mode, long delay)
    {
        using var wire = new MemoryWire(new MemoryWireOptions { QueuesB = queues, Mode = mode, DelayNanoseconds = delay });
        using var a = new Station(wire.A);
        var b = Open(wire.B);
        var table = wire.B.Rss!;
        var counts = new int[queues];
        for (var flow = 0; flow < 200; flow++)
        {
            a.Send(FlowPackets.Make(flow, flow), flow * 10_000L);
            var hash = table.Hash.OfFrame(FlowPackets.Make(flow, 0));
            for (var queue = 0; queue < queues; queue++)
            {
                var packet = b[queue].Receive((flow * 10_000L) + delay);
                Assert.Equal(queue == table.QueueOf(hash), !packet.IsNone);
                if (!packet.IsNone)
                {
                    Assert.Equal(FlowPackets.Make(flow, flow), b[queue].Bytes(packet));
                    Assert.Equal(hash, b[queue].Arena.Metadata(packet).Hash);
                    b[queue].Free(packet);
                    b[queue].Refill();
                    counts[queue]++;
                }
            }

            a.Reclaim((flow * 10_000L) + delay);
        }

        // of 200 flows, no queue has less than half its part
        Assert.All(counts, count => Assert.True(count > 100 / queues, $"{string.Join(' ', counts)}"));
        Assert.Equal(new WireCounters(200, 200, 0, 0, 0, default), wire.A.Counters);
        Assert.Equal(0, a.Arena.CountHeldBy(Holders.TransmitRing));
        Close(b);
    }

    [Fact]
    public void A_tagged_packet_goes_where_its_flow_goes_and_what_is_no_packet_of_IP_by_the_first_entry()
    {
        using var wire = new MemoryWire(new MemoryWireOptions { QueuesB = 2 });
        using var a = new Station(wire.A);
        var b = Open(wire.B);
        var table = wire.B.Rss!;
        var bytes = Enumerable.Range(0, 100).Select(flow => FlowPackets.Make(flow, 0)).First(frame => table.QueueOf(table.Hash.OfFrame(frame)) == 1);
        a.Send([.. bytes[..12], 0x81, 0, 0, 5, .. bytes[12..]], 0);
        a.Send(Station.Pattern(60, 1), 0);
        var tagged = b[1].Receive(0);
        Assert.Equal(table.Hash.OfFrame(bytes), b[1].Arena.Metadata(tagged).Hash);
        var other = b[0].Receive(0);
        Assert.Equal(0u, b[0].Arena.Metadata(other).Hash);
        table[0] = 1;
        b[0].Receive(0);
        a.Send(Station.Pattern(60, 2), 0);
        Assert.True(b[0].Receive(0).IsNone);
        Assert.Equal(2, Station.Number(b[1].Bytes(b[1].Receive(0))));
        Close(b);
    }

    [Fact]
    public void One_queue_has_a_table_only_where_the_hash_is_asked_for()
    {
        using var plain = new MemoryWire();
        Assert.Null(plain.A.Rss);
        Assert.Equal(NicFeatures.None, plain.A.Features & NicFeatures.ReceiveHash);
        var key = new byte[Toeplitz.KeyLength];
        key[3] = 1;
        using var wire = new MemoryWire(new MemoryWireOptions { Features = NicFeatures.ReceiveHash, Toeplitz = new Toeplitz(key), RssEntries = 16 });
        using Station a = new(wire.A), b = new(wire.B);
        Assert.Equal(16, wire.B.Rss!.Length);
        a.Send(FlowPackets.Make(3, 0), 0);
        var hash = b.Arena.Metadata(b.Receive(0)).Hash;
        Assert.Equal(new FlowHash(new Toeplitz(key)).OfFrame(FlowPackets.Make(3, 0)), hash);
        Assert.NotEqual(new FlowHash(Toeplitz.Published).OfFrame(FlowPackets.Make(3, 0)), hash);
    }

    [Theory]
    [InlineData(WireMode.HandOver)]
    [InlineData(WireMode.Copying)]
    public void A_completion_goes_back_to_the_queue_that_sent(WireMode mode)
    {
        using var wire = new MemoryWire(new MemoryWireOptions { QueuesA = 3, Mode = mode });
        Assert.Equal((3, 1), (wire.A.QueueCount, wire.B.QueueCount));
        var a = Open(wire.A);
        using var b = new Station(wire.B);
        for (var queue = 0; queue < 3; queue++)
        {
            for (var i = 0; i <= queue; i++)
            {
                a[queue].Send(FlowPackets.Make(queue, i), 0);
            }
        }

        var departed = new Frame[8];
        Assert.Equal([0, 0, 0], a.Select(station => station.Reclaim(0)));
        Assert.Equal(6, b.Swallow(0));
        Assert.Equal([1, 2, 3], a.Select(station => station.Reclaim(0)));
        Assert.Equal(0, a[1].Queue.TakeDeparted(departed, 0));
        a[1].Send(FlowPackets.Make(1, 9), 0);
        Assert.Equal(mode == WireMode.HandOver ? 1 : 0, a[1].Queue.TakeDeparted(departed, 0));
        Assert.Equal(0, a[2].Queue.TakeDeparted(departed, 0));

        // and the other way by the other end's own table
        b.Send(FlowPackets.Make(7, 0), 0);
        var expected = wire.A.Rss!.QueueOf(wire.A.Rss.Hash.OfFrame(FlowPackets.Make(7, 0)));
        Assert.Equal(Enumerable.Range(0, 3).Select(queue => queue == expected ? 1 : 0), a.Select(station => station.Swallow(0)));
        Close(a);
    }

    [Fact]
    public void An_entry_that_was_set_takes_effect_when_the_old_queue_is_through()
    {
        using var wire = new MemoryWire(new MemoryWireOptions { QueuesB = 2 });
        using var a = new Station(wire.A);
        var b = Open(wire.B);
        var table = wire.B.Rss!;
        var entry = table.EntryOf(table.Hash.OfFrame(FlowPackets.Make(0, 0)));
        var (old, other) = (table[entry], 1 - table[entry]);

        // nothing is under way: at once
        table[entry] = other;
        a.Send(FlowPackets.Make(0, 1), 0);
        Assert.Equal(1, Number(b[other]));
        b[other].Receive(0);
        table[entry] = old;
        a.Send(FlowPackets.Make(0, 2), 0);
        a.Send(FlowPackets.Make(0, 3), 0);

        // on its way in the old queue
        table[entry] = other;
        a.Send(FlowPackets.Make(0, 4), 0);
        Assert.Equal(2, Number(b[old]));
        Assert.Equal(3, Number(b[old]));

        // all but one is taken
        a.Send(FlowPackets.Make(0, 5), 0);
        Assert.Equal(4, Number(b[old]));
        Assert.Equal(5, Number(b[old]));

        // all is taken, and the poll that took the last of it is not over
        a.Send(FlowPackets.Make(0, 6), 0);
        Assert.True(b[other].Receive(0).IsNone);
        Assert.Equal(6, Number(b[old]));
        Assert.True(b[old].Receive(0).IsNone);
        a.Send(FlowPackets.Make(0, 7), 0);
        Assert.True(b[old].Receive(0).IsNone);
        Assert.Equal(7, Number(b[other]));

        // set back before it took effect
        table[entry] = old;
        a.Send(FlowPackets.Make(0, 8), 0);
        table[entry] = other;
        a.Send(FlowPackets.Make(0, 9), 0);
        table[entry] = old;
        a.Send(FlowPackets.Make(0, 10), 0);
        Assert.Equal([8, 9, 10], [Number(b[other]), Number(b[other]), Number(b[other])]);
        Close(b);

        static int Number(Station station) => FlowPackets.Number(station.Bytes(station.Receive(0)));
    }

    [Theory]
    [InlineData(WireMode.HandOver)]
    [InlineData(WireMode.Copying)]
    public void Packets_of_a_queue_that_was_closed_are_missed_until_its_entries_name_another(WireMode mode)
    {
        using var wire = new MemoryWire(new MemoryWireOptions { QueuesB = 2, Mode = mode });
        using var a = new Station(wire.A);
        var b = Open(wire.B);
        var table = wire.B.Rss!;
        var ofQueue1 = Enumerable.Range(0, 100).First(flow => table.QueueOf(table.Hash.OfFrame(FlowPackets.Make(flow, 0))) == 1);
        a.Send(FlowPackets.Make(ofQueue1, 1), 0);
        var kept = b[1].Receive(0);
        a.Send(FlowPackets.Make(ofQueue1, 2), 0);
        b[1].Queue.Drain();
        a.Send(FlowPackets.Make(ofQueue1, 3), 0);
        Assert.Equal((2, 0), (b[1].Queue.Missed, b[0].Queue.Missed));
        Assert.Equal(2, wire.A.Counters.Missed);
        Assert.Equal(0, b[0].Swallow(0));
        Assert.Equal(mode == WireMode.HandOver ? 2 : 3, a.Reclaim(0));
        b[1].Free(kept);
        table.SpreadEvenly(1);
        a.Send(FlowPackets.Make(ofQueue1, 4), 0);
        Assert.Equal(4, FlowPackets.Number(b[0].Bytes(b[0].Receive(0))));
        Assert.Equal(b[1].Arena.Capacity, b[1].Arena.FreeCount);
        Close(b);
    }

    [Fact]
    public void A_queue_that_ends_takes_back_its_own_packets_alone()
    {
        using var wire = new MemoryWire(new MemoryWireOptions { QueuesA = 2, QueuesB = 2, DelayNanoseconds = 100 });
        var (a, b) = (Open(wire.A), Open(wire.B));
        for (var i = 0; i < 20; i++)
        {
            a[i % 2].Send(FlowPackets.Make(i, i), i < 10 ? 0 : 50);
        }

        // ten have arrived, ten travel
        b[0].Queue.Receive([], 100);
        a[0].Queue.Drain();
        Assert.Equal(a[0].Arena.Capacity, a[0].Arena.FreeCount);
        Assert.Equal(10, wire.A.Counters.NoCarrier);
        Assert.Equal(10, b[0].Swallow(200) + b[1].Swallow(200));
        Assert.Equal(10, a[1].Reclaim(200));
        Close(a);
        Close(b);
    }

    [Fact]
    public void Each_queue_has_its_ring_and_counts_what_it_missed()
    {
        using var wire = new MemoryWire(new MemoryWireOptions { QueuesB = 2, RingSize = 8, FlowControl = false });
        using var a = new Station(wire.A);
        var b = Open(wire.B);
        var table = wire.B.Rss!;
        var flows = Enumerable.Range(0, 100).GroupBy(flow => table.QueueOf(table.Hash.OfFrame(FlowPackets.Make(flow, 0)))).ToDictionary(group => group.Key, group => group.First());
        for (var i = 0; i < 20; i++)
        {
            a.Send(FlowPackets.Make(flows[0], i), 0);
        }

        a.Send(FlowPackets.Make(flows[1], 0), 0);
        Assert.Equal((4, 0), (b[0].Queue.Missed, b[1].Queue.Missed));
        Assert.Equal((16, 1), (b[0].Swallow(0), b[1].Swallow(0)));
        Close(b);
    }

    [Fact]
    public void A_queue_that_does_not_keep_up_holds_every_sender_back_until_it_does()
    {
        using var wire = new MemoryWire(new MemoryWireOptions { QueuesA = 2, QueuesB = 2, RingSize = 8, Concurrent = true });
        var (a, b) = (Open(wire.A), Open(wire.B));
        var table = wire.B.Rss!;
        var flow = Enumerable.Range(0, 100).First(flow => table.QueueOf(table.Hash.OfFrame(FlowPackets.Make(flow, 0))) == 1);
        for (var i = 0; i < 16; i++)
        {
            a[0].Send(FlowPackets.Make(flow, i), 0);
        }

        Assert.Equal((0, 0), (a[0].Queue.TransmitRoom, a[1].Queue.TransmitRoom));
        Assert.False(a[1].Queue.Wait(TimeSpan.Zero));
        var waiter = new Thread(() => a[1].Queue.Wait(Timeout.InfiniteTimeSpan));
        waiter.Start();
        b[1].Swallow(0);
        waiter.Join();
        Assert.Equal(8, a[1].Queue.TransmitRoom);
        Close(a);
        Close(b);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3_000_000)]
    public void A_packet_wakes_the_worker_of_its_queue(long delay)
    {
        using var wire = new MemoryWire(new MemoryWireOptions { QueuesB = 2, Concurrent = true, DelayNanoseconds = delay });
        using var a = new Station(wire.A);
        var b = Open(wire.B);
        var table = wire.B.Rss!;
        for (var queue = 0; queue < 2; queue++)
        {
            var flow = Enumerable.Range(0, 100).First(flow => table.QueueOf(table.Hash.OfFrame(FlowPackets.Make(flow, 0))) == queue);
            var waiter = new Thread(() =>
            {
                while (!b[queue].Queue.Wait(Timeout.InfiniteTimeSpan))
                {
                }
            });
            waiter.Start();
            a.Send(FlowPackets.Make(flow, 0), queue * 10_000_000L);
            waiter.Join();
            Assert.Equal(1, b[queue].Swallow((queue * 10_000_000L) + delay));
            Assert.Equal(long.MaxValue, b[1 - queue].Queue.NextEvent);
            Assert.False(b[1 - queue].Queue.Wait(TimeSpan.Zero));
            b[queue].Queue.Wake();
            Assert.True(b[queue].Queue.Wait(TimeSpan.FromMinutes(1)));
        }

        Close(b);
    }

    [Theory]
    [InlineData(WireMode.HandOver, false)]
    [InlineData(WireMode.Copying, false)]
    [InlineData(WireMode.HandOver, true)]
    [InlineData(WireMode.Copying, true)]
    public void Nothing_is_allocated_while_packets_pass_and_entries_are_set(WireMode mode, bool concurrent)
    {
        using var wire = new MemoryWire(new MemoryWireOptions { QueuesA = 2, QueuesB = 2, Mode = mode, Concurrent = concurrent });
        var (a, b) = (Open(wire.A), Open(wire.B));
        var flows = Enumerable.Range(0, 64).Select(flow => FlowPackets.Make(flow, 0)).ToArray();
        Pass();
        Assert.Equal(0, Allocated.Least(Pass));
        Close(a);
        Close(b);

        void Pass()
        {
            for (var i = 0; i < 2000; i++)
            {
                a[i % 2].Send(flows[i % 64], 0);
                wire.B.Rss![i % 128] = i / 128 % 2;
                b[i / 3 % 2].Swallow(0);
                a[0].Reclaim(0);
                a[1].Reclaim(0);
            }
        }
    }

    [Fact]
    public void Wrappers_pass_several_queues_through()
    {
        using var wire = new MemoryWire(new MemoryWireOptions { QueuesB = 2 });
        using var a = new Station(wire.A);
        var capture = new MemoryStream();
        using var writer = CaptureWriter.Create(capture, [new CaptureInterface(LinkType.Ethernet, 65535, "b")], leaveOpen: true);
        using var nic = new ImpairedNic(new CapturingNic(wire.B, writer), new ImpairmentOptions { Loss = 0.2, Seed = 3 }, new ImpairmentOptions());
        Assert.Equal((2, wire.B.Rss), (nic.QueueCount, nic.Rss));
        Station[] b = [new(nic), new(nic, queue: 1)];
        for (var flow = 0; flow < 100; flow++)
        {
            a.Send(FlowPackets.Make(flow, flow), 0);
        }

        var received = b.Select(station => station.Swallow(0)).ToArray();
        Assert.All(received, count => Assert.True(count > 20));
        Assert.Equal(100, received.Sum() + nic.Received.Lost);
        Close(b);
    }

    [Fact]
    public void What_cannot_be_opened_is_refused()
    {
        using var wire = new MemoryWire(new MemoryWireOptions { QueuesB = 2 });
        using var first = new Station(wire.B, queue: 1);
        Assert.Contains("Queue 1", Assert.Throws<InvalidOperationException>(() => new Station(wire.B, queue: 1)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => new Station(wire.B, queue: 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Station(wire.A, queue: 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new MemoryWire(new MemoryWireOptions { QueuesA = 0 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new MemoryWire(new MemoryWireOptions { QueuesB = 65 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new MemoryWire(new MemoryWireOptions { QueuesB = 2, RssEntries = 100 }));
    }

    private static Station[] Open(Nic nic) => [.. Enumerable.Range(0, nic.QueueCount).Select(queue => new Station(nic, queue: queue))];

    private static void Close(Station[] stations)
    {
        foreach (var station in stations)
        {
            station.Dispose();
        }
    }
}
