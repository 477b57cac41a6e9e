using Millrace.Bridging;
using Millrace.Headers;

namespace Millrace.Tests.Bridging;

/// <summary>The table of stations against a dictionary, over random stations, moves, ages and flushes.</summary>
public sealed class ForwardingDatabaseTests
{
    private const int Age = 300;

    [Theory]
    [InlineData(1, 16)]
    [InlineData(2, 200)]
    [InlineData(3, 1)]
    public void It_knows_what_a_dictionary_knows(int seed, int capacity)
    {
        var random = new Random(seed);
        var table = new ForwardingDatabase(capacity, new Entropy((ulong)seed, 1));
        var oracle = new Dictionary<(ulong, int), (int Port, long At)>();
        long refused = 0, moved = 0;
        for (long now = 0; now < 20_000; now++)
        {
            var key = ((ulong)random.Next(100), random.Next(3));
            var port = random.Next(4);
            switch (random.Next(500))
            {
                case 0:
                    table.Flush(port);
                    oracle = oracle.Where(pair => pair.Value.Port != port).ToDictionary();
                    break;
                case 1:
                    var since = now - Age;
                    table.Expire(since);
                    oracle = oracle.Where(pair => pair.Value.At >= since).ToDictionary();
                    break;
                case 2 when random.Next(10) == 0:
                    table.Flush();
                    oracle.Clear();
                    break;
                default:
                    if (oracle.TryGetValue(key, out var known) || oracle.Count < capacity)
                    {
                        moved += oracle.ContainsKey(key) && known.Port != port ? 1 : 0;
                        oracle[key] = (port, now);
                    }
                    else
                    {
                        refused++;
                    }

                    table.Learn(new MacAddress(key.Item1), key.Item2, port, now);
                    break;
            }

            var asked = ((ulong)random.Next(100), random.Next(3));
            var isKnown = oracle.TryGetValue(asked, out var entry) && entry.At >= now - Age;
            Assert.Equal(isKnown, table.TryFind(new MacAddress(asked.Item1), asked.Item2, now - Age, out var found));
            Assert.True(!isKnown || found == entry.Port);
            Assert.Equal((oracle.Count, refused, moved), (table.Count, table.NotLearnt, table.Moved));
        }

        var stations = new BridgeStation[capacity];
        Assert.Equal(oracle.Count, table.CopyTo(stations));
        Assert.Equal(
            oracle.Select(pair => new BridgeStation(new MacAddress(pair.Key.Item1), pair.Key.Item2, pair.Value.Port, pair.Value.At)).ToHashSet(),
            stations[..oracle.Count].ToHashSet());
    }
}
