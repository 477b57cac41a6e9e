namespace Millrace.Ip;

/// <summary>A way to a network.</summary>
/// <param name="Network">The prefix as a host number.</param>
/// <param name="PrefixLength">Bits of the prefix.</param>
/// <param name="Gateway">The next hop, or 0 if the network is on the link.</param>
/// <param name="Interface">Index of the interface.</param>
internal readonly record struct Ipv4Route(uint Network, int PrefixLength, uint Gateway, byte Interface)
{
    public bool IsConnected => Gateway == 0;

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

    /// <summary>
    /// Adds a route, or replaces the one to the same network. Interfaces of one network have a route to it each, and the first
    /// is used (fib_add_ifaddr appends).
    /// </summary>
    /// <returns>False if the table is full.</returns>
    public bool TryAdd(Ipv4Route route)
    {
        RemoveAt(Array.FindIndex(routes, 0, Count, other => other.Network == route.Network && other.PrefixLength == route.PrefixLength
            && !(other.IsConnected && route.IsConnected && other.Interface != route.Interface)));
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
    public bool Remove(uint network, int prefixLength) =>
        RemoveAt(Array.FindIndex(routes, 0, Count, route => route.Network == network && route.PrefixLength == prefixLength));

    /// <summary>Removes the route to the network that an interface is on.</summary>
    public void RemoveConnected(uint network, int prefixLength, byte networkInterface) =>
        RemoveAt(Array.IndexOf(routes, new Ipv4Route(network, prefixLength, Gateway: 0, networkInterface), 0, Count));

    private bool RemoveAt(int place)
    {
        if (place < 0)
        {
            return false;
        }

        Count--;
        Array.Copy(routes, place + 1, routes, place, Count - place);
        return true;
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
