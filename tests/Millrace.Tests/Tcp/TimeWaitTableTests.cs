using Millrace.Headers;
using Millrace.Memory;
using Millrace.Tcp;

namespace Millrace.Tests.Tcp;

public sealed class TimeWaitTableTests
{
    private const long Unit = 1 << 16;

    [Theory]
    [InlineData(1, 0)]
    [InlineData(2, 4_000_000_000_000_000)]
    public void It_agrees_with_a_list(int seed, long start)
    {
        const int Capacity = 20;
        var random = new Random(seed);
        var table = new TimeWaitTable(Capacity);
        var expected = new List<(int Place, long Expires, FlowKey Key)>();
        var now = start;
        for (ushort i = 0; i < 20_000; i++)
        {
            now += random.Next(1_000_000_000);
            switch (random.Next(3))
            {
                case 0 when expected.Count < Capacity:
                    Assert.False(table.IsFull);
                    var added = table.Add(now + 60_000_000_000);
                    var key = new FlowKey(InetAddress.FromIpv4(1), InetAddress.FromIpv4(2), 80, i);
                    table[added].Key = key;
                    Assert.DoesNotContain(expected, entry => entry.Place == added);
                    expected.Add((added, now + 60_000_000_000, key));
                    break;

                case 1 when expected.Count > 0:
                    var (place, _, kept) = expected[random.Next(expected.Count)];
                    table.Restart(place, now + 60_000_000_000);
                    expected.RemoveAll(entry => entry.Place == place);
                    expected.Add((place, now + 60_000_000_000, kept));
                    break;

                case 2 when expected.Count > 0:
                    var at = random.Next(expected.Count);
                    table.Remove(expected[at].Place);
                    expected.RemoveAt(at);
                    break;
            }

            Assert.Equal(expected.Count, table.Count);
            Assert.Equal(expected.Count == Capacity, table.IsFull);
            Assert.All(expected, entry => Assert.True(table[entry.Place].HasKey(entry.Key)));
            if (expected.Count == 0)
            {
                Assert.Equal(long.MaxValue, table.NextExpiry);
            }
            else
            {
                Assert.Equal(expected[0].Place, table.Oldest);
                Assert.InRange(table.NextExpiry, expected[0].Expires, expected[0].Expires + Unit);
            }
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(123_456_789_012_345_678)]
    public void An_answer_is_remembered_for_two_minutes(long now)
    {
        var entry = new TimeWaitEntry { HasTimestamps = true };
        entry.NeverAnswered(now);
        Assert.True(entry.SinceAnswered(now) > 60_000_000_000);
        entry.Answered(now);
        Assert.True(entry.HasTimestamps);
        for (long since = 0; since < 120_000_000_000; since += 777_777_777)
        {
            Assert.InRange(entry.SinceAnswered(now + since), since - (1 << 22), since + (1 << 22));
        }
    }
}
