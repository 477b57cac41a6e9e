using Millrace.Headers;
using Millrace.Memory;

namespace Millrace.Tests.Memory;

public sealed class FlowTableTests
{
    /// <summary>The keys of numbers, as TCP has them in its connections; negative numbers stand in a list of their own.</summary>
    private readonly struct ListedKeys(FlowKey[] keys, FlowKey[] others) : IFlowKeys
    {
        public bool IsKeyOf(int value, in FlowKey key) => (value >= 0 ? keys[value] : others[~value]) == key;
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void It_agrees_with_a_dictionary(int seed)
    {
        const int Capacity = 100;
        var random = new Random(seed);
        var (keys, others) = (new FlowKey[Capacity], new FlowKey[Capacity]);
        var table = new FlowTable<ListedKeys>(Capacity, new Entropy((ulong)seed, 7), new ListedKeys(keys, others));
        var expected = new Dictionary<FlowKey, int>();
        var free = new Stack<int>(Enumerable.Range(0, Capacity));
        for (var i = 0; i < 50_000; i++)
        {
            var key = Key(random.Next(200), random.Next(3));
            var hash = table.Hash(in key);
            switch (random.Next(4))
            {
                case 0 when expected.Remove(key, out var removed):
                    table.Remove(hash, removed);
                    free.Push(removed < 0 ? ~removed : removed);
                    break;

                case 1 when expected.TryGetValue(key, out var value):
                    (value < 0 ? keys : others)[value < 0 ? ~value : value] = key;
                    table.Replace(hash, value, ~value);
                    expected[key] = ~value;
                    break;

                case 2 when !expected.ContainsKey(key):
                    if (free.TryPop(out var number))
                    {
                        keys[number] = key;
                        Assert.True(table.TryAdd(hash, number));
                        expected[key] = number;
                    }
                    else
                    {
                        Assert.False(table.TryAdd(hash, 0));
                    }

                    break;

                default:
                    Assert.Equal(expected.TryGetValue(key, out var wanted), table.TryFind(in key, out var found));
                    Assert.Equal(wanted, found);
                    break;
            }

            Assert.Equal(expected.Count, table.Count);
        }

        Assert.All(expected, pair =>
        {
            Assert.True(table.TryFind(pair.Key, out var found));
            Assert.Equal(pair.Value, found);
        });
    }

    [Fact]
    public void A_full_table_is_left_as_it_is()
    {
        var keys = Enumerable.Range(0, 4).Select(static i => Key(i, 0)).ToArray();
        var table = new FlowTable<ListedKeys>(3, new Entropy(1, 2), new ListedKeys(keys, []));
        for (var i = 0; i < 3; i++)
        {
            Assert.True(table.TryAdd(table.Hash(in keys[i]), i));
        }

        Assert.False(table.TryAdd(table.Hash(in keys[3]), 3));
        Assert.False(table.TryFind(in keys[3], out _));
        Assert.True(table.TryFind(in keys[2], out var found));
        Assert.Equal(2, found);
    }

    [Fact]
    public void Neighbouring_flows_of_either_family_spread_under_every_secret()
    {
        // what a sender can choose, counted up: ports, low bits of an address, high bits; a table of 2^16 with as many flows
        // leaves 37 % of its places empty if the hash spreads
        for (ulong secret = 0; secret < 64; secret++)
        {
            var table = new FlowTable<ListedKeys>(0, new Entropy(secret, ~secret), default);
            foreach (var make in new Func<int, FlowKey>[]
            {
                static i => new FlowKey(InetAddress.FromIpv4(1), InetAddress.FromIpv4(2), 80, (ushort)i),
                static i => new FlowKey(InetAddress.FromIpv4(1), InetAddress.FromIpv4((uint)i << 16), 80, 80),
                static i => new FlowKey(InetAddress.FromIpv4(1), InetAddress.FromIpv4((uint)i), 80, 80),
                static i => new FlowKey(new InetAddress(1, 2), new InetAddress((ulong)i, 0), 80, 80),
                static i => new FlowKey(new InetAddress(1, 2), new InetAddress(3, (ulong)i << 48), 80, 80),
            })
            {
                var places = new bool[1 << 16];
                for (var i = 0; i < places.Length; i++)
                {
                    places[table.Hash(make(i)) >> 16] = true;
                }

                Assert.InRange(places.Count(static isUsed => !isUsed), 0.35 * places.Length, 0.39 * places.Length);
            }
        }
    }

    private static FlowKey Key(int number, int family) => family switch
    {
        0 => new FlowKey(InetAddress.FromIpv4(0x0A00_0001), InetAddress.FromIpv4(0x0A00_0002), (ushort)number, 80),
        1 => new FlowKey(InetAddress.FromIpv4(0x0A00_0001), InetAddress.FromIpv4((uint)number << 20), 80, 80),
        _ => new FlowKey(new InetAddress(1, 2), new InetAddress(3, (ulong)number), 80, 80),
    };
}
