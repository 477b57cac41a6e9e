using Millrace.Ip;

namespace Millrace.Tests.Ip.Routing;

/// <summary>Routes in a list that is looked through: what every table must agree with.</summary>
internal sealed class PlainRoutes
{
    private readonly List<Ipv4Route> routes = [];

    public IReadOnlyList<Ipv4Route> All => routes;

    public void Put(in Ipv4Route route)
    {
        if (routes.Contains(route))
        {
            return;
        }

        var added = route;
        var place = routes.FindIndex(other => other.Network == added.Network && other.PrefixLength == added.PrefixLength && other.Metric == added.Metric
            && !(other.IsConnected && added.IsConnected && other.Interface != added.Interface));
        if (place >= 0)
        {
            routes[place] = added;
        }
        else
        {
            routes.Add(added);
        }
    }

    public void Remove(Ipv4Route route) => Assert.True(routes.Remove(route));

    /// <summary>The longest prefix; of its routes the lowest metric, and of those the oldest.</summary>
    public Ipv4Route? Find(uint address)
    {
        Ipv4Route? best = null;
        foreach (var route in routes.Where(route => Covers(route, address)))
        {
            if (best is not { } other || route.PrefixLength > other.PrefixLength || (route.PrefixLength == other.PrefixLength && route.Metric < other.Metric))
            {
                best = route;
            }
        }

        return best;
    }

    private static bool Covers(Ipv4Route route, uint address)
    {
        for (var bit = 0; bit < route.PrefixLength; bit++)
        {
            if (((route.Network ^ address) >> (31 - bit) & 1) != 0)
            {
                return false;
            }
        }

        return true;
    }
}
