using Millrace.Ip;

namespace Millrace.Tests.Ip.Routing;

public sealed class RouteTableTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Random_changes_leave_what_a_linear_scan_finds(int seed)
    {
        var random = new Random(seed);
        var table = new RouteTable(100);
        var plain = new PlainRoutes();
        for (var change = 0; change < 10_000; change++)
        {
            if (plain.All.Count > 0 && random.Next(3) == 0)
            {
                var route = plain.All[random.Next(plain.All.Count)];
                plain.Remove(route);
                Assert.True(table.Remove(in route));
                Assert.False(table.Remove(in route));
            }
            else
            {
                var length = random.Next(33);
                var network = (uint)random.Next(4) << 30 | (uint)random.Next(4) << 20 | (uint)random.Next(4);
                var route = new Ipv4Route(network & Ipv4Route.Mask(length), (byte)length, (uint)random.Next(2), (byte)random.Next(2), (uint)random.Next(3));
                var before = plain.All.Count;
                if (table.TryAdd(in route, out var replaced))
                {
                    plain.Put(route);
                    Assert.Equal(replaced is null, plain.All.Count > before);
                }
                else
                {
                    Assert.Equal(100, before);
                }
            }

            Assert.Equal(plain.All.Count, table.Count);
            for (var look = 0; look < 10; look++)
            {
                var address = (uint)random.Next(4) << 30 | (uint)random.Next(4) << 20 | (uint)random.Next(4);
                Assert.Equal(plain.Find(address), table.TryFind(address, out var found) ? found : null);
            }
        }

        Assert.Equal(plain.All.OrderBy(route => route.ToString()), table.All().OrderBy(route => route.ToString()));
    }

    [Theory]
    [InlineData("10.1.0.0/16 via 10.0.0.1 dev 1 metric 5", RouteKind.Unicast, 0x0A00_0001u, 5u)]
    [InlineData("10.1.0.0/16 dev 1", RouteKind.Unicast, 0u, 0u)]
    [InlineData("blackhole 10.1.0.0/16", RouteKind.Blackhole, 0u, 0u)]
    public void A_route_reads_as_ip_route_prints_it(string text, RouteKind kind, uint gateway, uint metric) =>
        Assert.Equal(text, new Ipv4Route(0x0A01_0000, 16, gateway, 1, metric, kind).ToString());
}
