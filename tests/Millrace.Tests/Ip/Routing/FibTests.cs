using Millrace.Ip;

namespace Millrace.Tests.Ip.Routing;

/// <summary>The forwarding table against a list of prefixes that is looked through.</summary>
public sealed class FibTests
{
    [Theory]
    [InlineData(16, 1)]
    [InlineData(16, 2)]
    [InlineData(200, 3)]
    [InlineData(200, 4)]
    [InlineData(600, 5)]
    [InlineData(600, 6)]
    public void Random_changes_leave_what_a_linear_scan_finds(int routes, int seed)
    {
        var random = new Random(seed);
        using var fib = new Fib(routes, hosts: 0, nextHops: 100);
        var plain = new PlainRoutes();
        for (var change = 0; change < 4_000; change++)
        {
            if (plain.All.Count == routes || (plain.All.Count > 0 && random.Next(3) == 0))
            {
                Remove(fib, plain, plain.All[random.Next(plain.All.Count)]);
            }
            else
            {
                // the largest root makes short prefixes long work
                var prefix = Prefix(random, routes > 512 ? 8 : 0);
                plain.Put(prefix);
                fib.Put(prefix.Network, prefix.PrefixLength, (int)prefix.Gateway);
            }

            for (var look = 0; look < 20; look++)
            {
                Check(fib, plain, Address(random, plain));
            }
        }

        while (plain.All.Count > 0)
        {
            Remove(fib, plain, plain.All[random.Next(plain.All.Count)]);
            Check(fib, plain, Address(random, plain));
        }

        Assert.Equal(0, fib.ChunkCount);
    }

    [Theory]
    [InlineData(16)]
    [InlineData(512)]
    [InlineData(2_000)]
    public void As_many_prefixes_find_room_as_it_was_made_for_however_long_they_are(int routes)
    {
        using var fib = new Fib(routes, hosts: 3, nextHops: 8);
        for (uint i = 0; i < routes + 3; i++)
        {
            fib.Put(i * 0x0123_4567, 32, 1 + (int)(i % 7));
        }

        for (uint i = 0; i < routes + 3; i++)
        {
            Assert.Equal((1 + (int)(i % 7), 32), fib.Find(i * 0x0123_4567));
        }

        for (uint i = 0; i < routes + 3; i++)
        {
            fib.Remove(i * 0x0123_4567, 32, 0, 0);
        }

        Assert.Equal(0, fib.ChunkCount);
    }

    [Fact]
    public void Many_addresses_at_once_are_found_as_one_by_one()
    {
        var random = new Random(7);
        using var fib = new Fib(1_000, hosts: 0, nextHops: 100);
        var plain = new PlainRoutes();
        for (var i = 0; i < 1_000; i++)
        {
            var prefix = Prefix(random, 8);
            plain.Put(prefix);
            fib.Put(prefix.Network, prefix.PrefixLength, (int)prefix.Gateway);
        }

        var addresses = Enumerable.Range(0, 333).Select(_ => Address(random, plain)).ToArray();
        var found = new int[333];
        fib.LookUp(addresses, found);
        Assert.Equal(addresses.Select(address => (int)(plain.Find(address)?.Gateway ?? 0)), found);
    }

    private static void Remove(Fib fib, PlainRoutes plain, Ipv4Route route)
    {
        plain.Remove(route);
        var cover = plain.All.Where(other => other.PrefixLength < route.PrefixLength && other.Covers(route.Network)).OrderBy(other => other.PrefixLength).LastOrDefault();
        fib.Remove(route.Network, route.PrefixLength, cover.PrefixLength, (int)cover.Gateway);
        Check(fib, plain, route.Network);
        Check(fib, plain, route.Network | ~Ipv4Route.Mask(route.PrefixLength));
    }

    private static void Check(Fib fib, PlainRoutes plain, uint address)
    {
        var expected = plain.Find(address);
        Assert.Equal(((int)(expected?.Gateway ?? 0), (int)(expected?.PrefixLength ?? 0)), fib.Find(address));
    }

    /// <summary>A prefix among few, so that they lie within each other; the number of its next hop stands for its gateway.</summary>
    private static Ipv4Route Prefix(Random random, int shortest)
    {
        var length = random.Next(shortest, 33);
        var bits = random.Next(4) == 0 ? (uint)random.NextInt64() : 0x0A00_0000u | (uint)(random.Next(4) << 16) | (uint)(random.Next(4) << 8) | (uint)random.Next(8);
        return new Ipv4Route(bits & Ipv4Route.Mask(length), (byte)length, (uint)random.Next(1, 100), 0);
    }

    private static uint Address(Random random, PlainRoutes plain)
    {
        if (plain.All.Count == 0 || random.Next(4) == 0)
        {
            return (uint)random.NextInt64();
        }

        var route = plain.All[random.Next(plain.All.Count)];
        return random.Next(3) switch
        {
            0 => route.Network | ((uint)random.NextInt64() & ~Ipv4Route.Mask(route.PrefixLength)),
            1 => route.Network - 1,
            _ => (route.Network | ~Ipv4Route.Mask(route.PrefixLength)) + 1,
        };
    }
}
