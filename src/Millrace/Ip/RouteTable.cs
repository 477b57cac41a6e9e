namespace Millrace.Ip;

/// <summary>A way to a network.</summary>
/// <param name="Network">The prefix as a host number.</param>
/// <param name="PrefixLength">Bits of the prefix.</param>
/// <param name="Gateway">The next hop, or 0 if the network is on the link.</param>
/// <param name="Interface">Index of the interface.</param>
internal readonly record struct Ipv4Route(uint Network, int PrefixLength, uint Gateway, byte Interface)
{
    public bool Covers(uint address) => PrefixLength == 0 || (address ^ Network) >> (32 - PrefixLength) == 0;
}

/// <summary>
/// Routes in an array, longest prefix first. It is looked at when a destination is not in the hop cache, so a scan of a
/// host's few routes is good enough.
/// </summary>
internal sealed class RouteTable(int capacity)
{
    private readonly Ipv4Route[] routes = new Ipv4Route[capacity];

    public int Count { get; private set; }

    /// <summary>Adds a route, or replaces the one to the same network.</summary>
    /// <returns>False if the table is full.</returns>
    public bool TryAdd(Ipv4Route route)
    {
        Remove(route.Network, route.PrefixLength);
        if (Count == routes.Length)
        {
            return false;
        }

        var place = 0;
        while (place < Count && routes[place].PrefixLength >= route.PrefixLength)
        {
            place++;
        }

        Array.Copy(routes, place, routes, place + 1, Count - place);
        routes[place] = route;
        Count++;
        return true;
    }

    /// <returns>Whether there was one.</returns>
    public bool Remove(uint network, int prefixLength)
    {
        for (var i = 0; i < Count; i++)
        {
            if (routes[i].Network == network && routes[i].PrefixLength == prefixLength)
            {
                Count--;
                Array.Copy(routes, i + 1, routes, i, Count - i);
                return true;
            }
        }

        return false;
    }

    /// <summary>The route with the longest prefix that covers the address.</summary>
    public bool TryFind(uint address, out Ipv4Route route)
    {
        for (var i = 0; i < Count; i++)
        {
            if (routes[i].Covers(address))
            {
                route = routes[i];
                return true;
            }
        }

        route = default;
        return false;
    }
}
