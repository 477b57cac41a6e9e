using Millrace.Headers;
using Millrace.Memory;
using Millrace.Workers;

namespace Millrace.Ip;

/// <content>What the control plane says of routes. It speaks to the thread of one worker, between packets.</content>
public sealed partial class Ipv4Layer
{
    private Ipv4Forwarder? forwarder;

    /// <summary>Routes in the table, those to the networks of the interfaces included.</summary>
    public int RouteCount => routes.Count;

    /// <summary>What the forward stage looks in; null while this host forwards nothing.</summary>
    internal Ipv4Forwarder? Forwarder => forwarder;

    /// <summary>Sets the way to every destination that no other route covers.</summary>
    /// <exception cref="ArgumentException">No interface is on the gateway's network.</exception>
    public void SetGateway(InetAddress address) => AddRoute(InetAddress.FromIpv4(0), 0, address);

    /// <summary>Adds a route, or replaces the one to the same network.</summary>
    /// <param name="network">The network's address; bits behind the prefix must be 0.</param>
    /// <param name="via">A gateway on the network of one of the interfaces.</param>
    /// <param name="metric">Of several routes to one network the one with the lowest is used; only one of the same metric is replaced.</param>
    /// <exception cref="ArgumentException">The network or the gateway cannot be used; the message says what to write.</exception>
    /// <exception cref="InvalidOperationException">The table is full.</exception>
    public void AddRoute(InetAddress network, int prefixLength, InetAddress via, uint metric = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(prefixLength);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(prefixLength, 32);
        if (!network.IsIpv4)
        {
            throw new ArgumentException($"{network} is not an IPv4 network; write one as 10.1.0.0.", nameof(network));
        }

        var link = Array.Find(links, candidate => via.IsIpv4 && candidate.Address.Covers(via.Ipv4));
        if (link is null)
        {
            throw new ArgumentException($"The gateway {via} is on no interface's network; name one that is, or set the interface's address first.", nameof(via));
        }

        AddRoute(new Ipv4Route(network.Ipv4, (byte)prefixLength, via.Ipv4, link.Index, metric));
    }

    /// <summary>Adds a route of any kind, or replaces the one of its metric to the same network.</summary>
    /// <exception cref="ArgumentException">The route cannot be used; the message says what to write.</exception>
    /// <exception cref="InvalidOperationException">The table is full.</exception>
    public void AddRoute(in Ipv4Route route)
    {
        Check(in route);
        Put(in route);
        workers?.TellChange(Notice(WorkerNoticeKind.RouteAdded, in route));
    }

    /// <summary>Adds many routes, as <see cref="AddRoute(in Ipv4Route)"/> does one. If one cannot be used, those before it are in the table.</summary>
    /// <remarks>Half a million take about a quarter of a second, during which this worker's packets wait.</remarks>
    /// <inheritdoc cref="AddRoute(in Ipv4Route)" path="/exception"/>
    public void AddRoutes(ReadOnlySpan<Ipv4Route> added)
    {
        foreach (ref readonly var route in added)
        {
            AddRoute(in route);
        }
    }

    /// <summary>Removes the route to a network that is used now; one of a higher metric takes its place.</summary>
    /// <returns>Whether there was such a route.</returns>
    public bool RemoveRoute(InetAddress network, int prefixLength) => network.IsIpv4 && RemoveRoute(network.Ipv4, prefixLength, null);

    /// <summary>Removes the route of a metric to a network.</summary>
    /// <returns>Whether there was such a route.</returns>
    public bool RemoveRoute(InetAddress network, int prefixLength, uint metric) => network.IsIpv4 && RemoveRoute(network.Ipv4, prefixLength, metric);

    /// <summary>The route that packets to an address take now (ip route get), if one covers it.</summary>
    public bool TryGetRoute(InetAddress address, out Ipv4Route route)
    {
        route = default;
        return address.IsIpv4 && routes.TryFind(address.Ipv4, out route);
    }

    /// <summary>Ends the tables outside of managed memory.</summary>
    public void Dispose()
    {
        forwarder?.Dispose();
        forwarder = null;
        neighbours.Forwarder = null;
    }

    private bool RemoveRoute(uint network, int prefixLength, uint? metric)
    {
        if (!routes.TryFindExact(network, prefixLength, metric, out var route))
        {
            return false;
        }

        Drop(in route);
        workers?.TellChange(Notice(WorkerNoticeKind.RouteRemoved, in route));
        return true;
    }

    private void Check(in Ipv4Route route)
    {
        if (route.PrefixLength > 32 || (route.Network & ~Ipv4Route.Mask(route.PrefixLength)) != 0)
        {
            throw new ArgumentException($"{InetAddress.FromIpv4(route.Network)}/{route.PrefixLength} is not an IPv4 network; write one whose bits behind the prefix are 0, as 10.1.0.0/16.", nameof(route));
        }

        if (route.Kind == RouteKind.Unicast && route.Interface >= links.Length)
        {
            throw new ArgumentException($"The route {route} names an interface that is not there: the last is {links.Length - 1}.", nameof(route));
        }

        if (route.Gateway != 0 && (route.Kind != RouteKind.Unicast || !links[route.Interface].Address.Covers(route.Gateway)))
        {
            throw new ArgumentException(
                $"The gateway of {route} is not on the network of its interface; name one that is, or none if the route leads nowhere.",
                nameof(route));
        }
    }

    private void Put(in Ipv4Route route)
    {
        if (!routes.TryAdd(in route, out var replaced))
        {
            throw new InvalidOperationException(
                $"The route table holds {routes.Capacity} routes, and all are in use; remove one before adding {route}, or write [Ipv4(…, Routes = …)] with more.");
        }

        hops.Invalidate();
        // the new one first: a next hop that both lead to must not go in between
        forwarder?.RouteAdded(in route);
        if (replaced is { } old)
        {
            forwarder?.RouteRemoved(in old);
        }
    }

    private void Drop(in Ipv4Route route)
    {
        if (routes.Remove(in route))
        {
            hops.Invalidate();
            forwarder?.RouteRemoved(in route);
        }
    }

    private void StartForwarding()
    {
        forwarder = new Ipv4Forwarder(links, routes, neighbours.Table, settings.Routes);
        neighbours.Forwarder = forwarder;
    }

    private static WorkerNotice Notice(WorkerNoticeKind kind, in Ipv4Route route) => new(
        kind, route.Interface, InetAddress.FromIpv4(route.Network), InetAddress.FromIpv4(route.Gateway),
        Number: route.PrefixLength | ((int)route.Kind << 8), Metric: route.Metric);

    private static Ipv4Route RouteOf(in WorkerNotice notice) => new(
        notice.Address.Ipv4, (byte)notice.Number, notice.Other.Ipv4, notice.Interface, notice.Metric, (RouteKind)(notice.Number >> 8));
}
