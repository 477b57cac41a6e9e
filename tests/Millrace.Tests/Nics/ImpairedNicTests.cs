using Millrace.Memory;
using Millrace.Nics;

namespace Millrace.Tests.Nics;

public sealed class ImpairedNicTests
{
    private const int Packets = 2000;

    public static TheoryData<string> Kinds => ["Loss", "Duplication", "Reorder", "Corruption", "All"];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Packets_that_come_in_are_impaired_as_counted(string kind)
    {
        using var wire = new MemoryWire();
        using var impaired = new ImpairedNic(wire.B, Options(kind), new ImpairmentOptions());
        Check(kind, wire.A, impaired, () => impaired.Received);
        Assert.Equal(default, impaired.Transmitted);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Packets_that_go_out_are_impaired_as_counted(string kind)
    {
        using var wire = new MemoryWire();
        using var impaired = new ImpairedNic(wire.A, new ImpairmentOptions(), Options(kind));
        Check(kind, impaired, wire.B, () => impaired.Transmitted);
        Assert.Equal(default, impaired.Received);
    }

    [Fact]
    public void The_next_event_is_the_end_of_a_delay()
    {
        using var wire = new MemoryWire();
        using var impaired = new ImpairedNic(wire.A, new ImpairmentOptions(), new ImpairmentOptions { Reorder = 1, ReorderNanoseconds = 50 });
        using Station a = new(impaired), b = new(wire.B);
        a.Send(Station.Pattern(60, 1), 100);
        Assert.Equal(150, a.Queue.NextEvent);
        Assert.True(b.Receive(149).IsNone);
        a.Reclaim(150);
        Assert.False(b.Receive(150).IsNone);
    }

    [Fact]
    public void Nothing_is_allocated_while_packets_pass()
    {
        using var wire = new MemoryWire(new MemoryWireOptions { Mode = WireMode.Copying });
        using var impaired = new ImpairedNic(wire.A, Options("All"), Options("All"));
        using Station a = new(impaired), b = new(wire.B);
        var bytes = Station.Pattern(1000, 1);
        Pass(a, b, bytes, 0, 500);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Pass(a, b, bytes, 1_000_000_000, 1000);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        static void Pass(Station a, Station b, ReadOnlySpan<byte> bytes, long start, int count)
        {
            for (var i = 0; i < count; i++)
            {
                var now = start + (i * 1000L);
                var packet = a.Make(bytes);
                _ = a.Queue.Transmit(new ReadOnlySpan<Frame>(in packet), now);
                b.Swallow(now);
                packet = b.Make(bytes);
                _ = b.Queue.Transmit(new ReadOnlySpan<Frame>(in packet), now);
                a.Swallow(now);
                a.Reclaim(now);
                b.Reclaim(now);
            }
        }
    }

    private static void Check(string kind, Nic from, Nic to, Func<ImpairmentCounters> counters)
    {
        Station a = new(from), b = new(to);
        var numbers = new List<int>();
        var damaged = 0;
        for (var i = 0; i < Packets + 10; i++)
        {
            var bytes = Station.Pattern(100, i);
            if (i < Packets)
            {
                a.Send(bytes, i * 1000);
            }

            while (b.Receive(i * 1000) is { IsNone: false } packet)
            {
                var arrived = b.Bytes(packet);
                var number = Station.Number(arrived);
                var isWhole = number is >= 0 and < Packets && arrived.AsSpan().SequenceEqual(Station.Pattern(100, number));
                damaged += isWhole ? 0 : 1;
                numbers.Add(number);
                b.Free(packet);
                b.Refill();
            }

            a.Reclaim(i * 1000);
        }

        var counted = counters();
        Assert.Equal(Packets - counted.Lost + counted.Duplicated, numbers.Count);
        foreach (var (name, count) in new[] { ("Loss", counted.Lost), ("Duplication", counted.Duplicated), ("Reorder", counted.Reordered), ("Corruption", counted.Corrupted) })
        {
            if (kind == "All" || kind == name)
            {
                Assert.InRange(count, 120, 260);
            }
            else
            {
                Assert.Equal(0, count);
            }
        }

        if (kind == "Reorder")
        {
            Assert.Equal(Enumerable.Range(0, Packets), numbers.Order());
            Assert.NotEqual(numbers.Order(), numbers);
        }

        Assert.True(kind == "All" ? damaged >= counted.Corrupted : damaged == counted.Corrupted);
        a.Queue.Drain();
        b.Queue.Drain();
        Assert.Equal(a.Arena.Capacity, a.Arena.FreeCount);
        Assert.Equal(b.Arena.Capacity, b.Arena.FreeCount);
        a.Arena.Dispose();
        b.Arena.Dispose();
    }

    private static ImpairmentOptions Options(string kind)
    {
        double Of(string name) => kind == name || kind == "All" ? 0.1 : 0;
        return new ImpairmentOptions
        {
            Loss = Of("Loss"), Duplication = Of("Duplication"), Reorder = Of("Reorder"), Corruption = Of("Corruption"), ReorderNanoseconds = 3500, Seed = 11,
        };
    }
}
