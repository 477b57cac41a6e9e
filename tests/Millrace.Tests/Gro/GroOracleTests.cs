using Millrace.Memory;

namespace Millrace.Tests.Gro;

public sealed class GroOracleTests
{
    public static TheoryData<int, int> Traffic
    {
        get
        {
            var data = new TheoryData<int, int>();
            for (var seed = 1; seed <= 40; seed++)
            {
                data.Add(seed, seed % 4 == 0 ? 90 : 1 + (seed % 9));
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Traffic))]
    public void The_stage_merges_and_orders_exactly_like_the_plain_rules(int seed, int flowCount)
    {
        using var arena = new Arena(400, 0, 0);
        var traffic = new SegmentTraffic(seed, flowCount);
        var gro = new GroHarness(arena);
        var random = new Random(seed);
        var merged = 0;
        for (var poll = 0; poll < 40; poll++)
        {
            var plain = new PlainGro();
            for (var left = random.Next(1, 130); left > 0; left--)
            {
                var packet = traffic.Next();
                plain.Receive(packet);
                gro.Receive(packet.ToBytes(), packet.Hash);
            }

            plain.PollEnd();
            gro.PollEnd();
            AssertEqual(plain.Output, gro.TakeOutput(), $"seed {seed}, poll {poll}");
            merged += plain.Output.Count(packet => packet.SegmentCount > 1);
            Assert.Equal(arena.Capacity, arena.FreeCount);
        }

        Assert.True(merged > 20, "The traffic must have packets to merge.");
    }

    internal static void AssertEqual(IReadOnlyList<MergedPacket> expected, List<MergedPacket> actual, string where)
    {
        for (var i = 0; i < Math.Min(expected.Count, actual.Count); i++)
        {
            Assert.True(expected[i] with { Bytes = [] } == actual[i] with { Bytes = [] }, $"{where}, packet {i}: expected {expected[i]}, got {actual[i]}");
            Assert.True(WithoutPadding(expected[i].Bytes).SequenceEqual(WithoutPadding(actual[i].Bytes)), $"{where}, packet {i}: bytes differ");
        }

        Assert.Equal(expected.Count, actual.Count);
    }

    /// <summary>A packet that was never held keeps its padding; the network layer cuts it.</summary>
    internal static ReadOnlySpan<byte> WithoutPadding(byte[] packet) => packet.AsSpan(0, 14 + ((packet[16] << 8) | packet[17]));
}
