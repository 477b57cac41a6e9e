using Millrace.Headers;
using Millrace.Memory;
using Millrace.Nics;

namespace Millrace.Tests.Nics;

public sealed class WireImpairmentTests
{
    private const int Packets = 2000;

    [Theory]
    [InlineData(WireMode.HandOver)]
    [InlineData(WireMode.Copying)]
    public void Loss_is_completed_to_the_sender_and_counted(WireMode mode)
    {
        var (numbers, counters) = Run(mode, new ImpairmentOptions { Loss = 0.1, Seed = 3 });
        Assert.InRange(counters.Impairments.Lost, 150, 250);
        Assert.Equal(Packets - counters.Impairments.Lost, numbers.Count);
        Assert.Equal(numbers.Order(), numbers);
        Assert.Equal((numbers, counters), Run(mode, new ImpairmentOptions { Loss = 0.1, Seed = 3 }), SameRun);
        Assert.NotEqual(numbers, Run(mode, new ImpairmentOptions { Loss = 0.1, Seed = 4 }).Numbers);
    }

    [Theory]
    [InlineData(WireMode.HandOver)]
    [InlineData(WireMode.Copying)]
    public void Duplicates_arrive_twice(WireMode mode)
    {
        var (numbers, counters) = Run(mode, new ImpairmentOptions { Duplication = 0.1, Seed = 3 });
        Assert.InRange(counters.Impairments.Duplicated, 150, 250);
        Assert.Equal(Packets + counters.Impairments.Duplicated, numbers.Count);
        Assert.Equal(Enumerable.Range(0, Packets), numbers.Distinct());
    }

    [Theory]
    [InlineData(WireMode.HandOver)]
    [InlineData(WireMode.Copying)]
    public void Reordered_packets_are_overtaken_and_none_is_lost(WireMode mode)
    {
        var (numbers, counters) = Run(mode, new ImpairmentOptions { Reorder = 0.1, ReorderNanoseconds = 3500, Seed = 3 });
        Assert.InRange(counters.Impairments.Reordered, 150, 250);
        Assert.Equal(Enumerable.Range(0, Packets), numbers.Order());
        var overtaken = numbers.Zip(numbers.Skip(1)).Count(pair => pair.Second < pair.First);
        Assert.InRange(overtaken, 100, 250);
    }

    [Theory]
    [InlineData(WireMode.HandOver, ChecksumState.Partial)]
    [InlineData(WireMode.Copying, ChecksumState.Partial)]
    [InlineData(WireMode.HandOver, ChecksumState.None)]
    public void Corruption_is_detectable_and_never_touches_the_senders_bytes(WireMode mode, ChecksumState state)
    {
        using var wire = new MemoryWire(new MemoryWireOptions
        {
            Mode = mode, Features = new MemoryWireOptions().Features | NicFeatures.ReceiveChecksum,
            Impairments = new ImpairmentOptions { Corruption = 0.5, Seed = 9 },
        });
        using Station a = new(wire.A), b = new(wire.B);
        var corrupted = 0;
        for (var i = 0; i < 200; i++)
        {
            var bytes = WireBytes.Partial(IpProtocol.Udp, InetAddress.Parse("10.0.0.1"), InetAddress.Parse("10.0.0.2"),
                WireBytes.Udp(1, 2, Station.Pattern(1200, i)));
            var packet = a.Make(bytes, frameLength: 333);
            ref var metadata = ref a.Arena.Metadata(packet);
            metadata.Checksum = ChecksumState.Partial;
            metadata.ChecksumStart = (ushort)(metadata.DataOffset + WireBytes.TransportOffset);
            metadata.ChecksumOffset = 6;
            if (state == ChecksumState.None)
            {
                PacketChecksum.TryComplete(a.Arena, packet);
                Assert.True(WireBytes.HasValidChecksum(a.Bytes(packet)));
            }

            bytes = a.Bytes(packet);
            a.TrySend(packet, i);
            Assert.Equal(bytes, a.Bytes(packet));
            var received = b.Receive(i);
            var arrived = b.Bytes(received);
            if (b.Arena.Metadata(received).Checksum == ChecksumState.None)
            {
                corrupted++;
                PacketChecksum.TryComplete(a.Arena, packet);
                var final = a.Bytes(packet);
                var position = Assert.Single(Enumerable.Range(0, final.Length), at => final[at] != arrived[at]);
                Assert.True(int.IsPow2(final[position] ^ arrived[position]));
                Assert.True(WireBytes.HasValidChecksum(final));
                Assert.True(position < WireBytes.TransportOffset || !WireBytes.HasValidChecksum(arrived));
            }
            else
            {
                Assert.Equal(state == ChecksumState.Partial ? ChecksumState.Partial : ChecksumState.Unnecessary, b.Arena.Metadata(received).Checksum);
                Assert.Equal(bytes, arrived);
            }

            b.Free(received);
            b.Refill();
            a.Reclaim(i);
        }

        Assert.Equal(corrupted, wire.A.Counters.Impairments.Corrupted);
        Assert.InRange(corrupted, 70, 130);
    }

    [Fact]
    public void A_probability_beyond_one_is_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new MemoryWire(new MemoryWireOptions { Impairments = new ImpairmentOptions { Loss = 2 } }));

    private static bool SameRun((List<int> Numbers, WireCounters Counters) one, (List<int> Numbers, WireCounters Counters) other) =>
        one.Counters == other.Counters && one.Numbers.SequenceEqual(other.Numbers);

    private static (List<int> Numbers, WireCounters Counters) Run(WireMode mode, ImpairmentOptions impairments)
    {
        using var wire = new MemoryWire(new MemoryWireOptions { Mode = mode, Impairments = impairments });
        using Station a = new(wire.A), b = new(wire.B);
        var numbers = new List<int>();
        for (var i = 0; i < Packets + 10; i++)
        {
            if (i < Packets)
            {
                a.Send(Station.Pattern(100, i), i * 1000);
            }

            while (b.Receive(i * 1000) is { IsNone: false } packet)
            {
                numbers.Add(Station.Number(b.Bytes(packet)));
                b.Free(packet);
                b.Refill();
            }

            a.Reclaim(i * 1000);
        }

        Assert.Equal(0, a.Arena.CountHeldBy(Holders.TransmitRing));
        Assert.Equal(numbers.Count, wire.A.Counters.Delivered);
        return (numbers, wire.A.Counters);
    }
}
