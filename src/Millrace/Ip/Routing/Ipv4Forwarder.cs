using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Millrace.Headers;
using Millrace.Interop;

namespace Millrace.Ip;

/// <summary>
/// The tables that the forward stage reads, kept true to routes, addresses and neighbours. What the stage must not send on by itself
/// (this host's addresses, networks on the link whose neighbour is not known, routes that refuse) leads to the next hop that is none.
/// </summary>
internal sealed partial class Ipv4Forwarder : IDisposable
{
    // two addresses a link that no packet may come from: its own and its broadcast address
    private static readonly int AddressesAtOnce = Vector256<uint>.Count;

    /// <summary>What no route leads through a router (Ipv4Kind tells the same of an address).</summary>
    private static readonly (uint Network, int PrefixLength)[] NeverForwarded =
        [(0, 8), (0x7F00_0000, 8), (0xE000_0000, 4), (Ipv4Kind.LimitedBroadcast, 32)];

    private readonly Fib fib;
    private readonly NextHopTable nextHops;
    private readonly Ipv4Link[] links;
    private readonly RouteTable routes;
    private readonly NeighbourTable neighbours;
    private readonly ulong[] linkAddresses;
    private readonly Vector128<byte>[] ordinaryLinks;
    private Vector256<uint> refusedSources;
    private uint[] refusedOnWire = [];
    private int adjacencyCount;

    public Ipv4Forwarder(Ipv4Link[] links, RouteTable routes, NeighbourTable neighbours, int declaredRoutes)
    {
        this.links = links;
        this.routes = routes;
        this.neighbours = neighbours;
        // beside the routes: own and broadcast addresses, neighbours on the link, what is never forwarded
        var others = (2 * links.Length) + neighbours.Capacity + NeverForwarded.Length;
        var nextHopCount = routes.Capacity + neighbours.Capacity + 1;
        fib = new Fib(declaredRoutes, routes.Capacity - declaredRoutes + others, nextHopCount);
        nextHops = new NextHopTable(fib, nextHopCount);
        linkAddresses = new ulong[links.Length];
        ordinaryLinks = new Vector128<byte>[links.Length];
        foreach (var (network, prefixLength) in NeverForwarded)
        {
            fib.Put(network, prefixLength, 0);
        }

        foreach (var link in links)
        {
            linkAddresses[link.Index] = MacBytes.Of(link.NetworkInterface.Address);
            ordinaryLinks[link.Index] = Ipv4Burst.Link(link.NetworkInterface.Address);
            PublishHost(link.Own);
            PublishHost(link.Broadcast);
        }

        CollectRefusedSources();
        foreach (var route in routes.All())
        {
            RouteAdded(in route);
        }
    }

    public Fib Fib => fib;

    /// <summary>Next hops in use.</summary>
    public int NextHopCount => nextHops.Count;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void RouteAdded(in Ipv4Route route)
    {
        if (NeedsNextHop(in route))
        {
            var gateway = InetAddress.FromIpv4(route.Gateway);
            var index = nextHops.Acquire(route.Interface, gateway, out var isNew);
            if (isNew)
            {
                Join(neighbours.Find(route.Interface, route.Gateway), index);
            }
        }

        Publish(route.Network, route.PrefixLength);
    }

    /// <summary>A route is gone, or another has taken its place.</summary>
    public void RouteRemoved(in Ipv4Route route)
    {
        // first, or packets of this prefix would be led to what is no more
        Publish(route.Network, route.PrefixLength);
        if (NeedsNextHop(in route))
        {
            Release(route.Interface, route.Gateway);
        }
    }

    /// <summary>An interface has another address than this one; its connected route is told by itself.</summary>
    public void AddressChanged(Ipv4Link link, InterfaceAddress before)
    {
        CollectRefusedSources();
        foreach (var address in (ReadOnlySpan<uint>)[before.Address, before.Broadcast, link.Own, link.Broadcast])
        {
            PublishHost(address);
        }
    }

    /// <summary>The MTU of an interface may be another.</summary>
    public void InterfaceChanged(byte networkInterface)
    {
        for (var i = 0; i < neighbours.Capacity; i++)
        {
            if (neighbours[i].IsUsed && neighbours[i].Interface == networkInterface)
            {
                NeighbourChanged(in neighbours[i]);
            }
        }
    }

    public void NeighbourAdded(int index)
    {
        ref var neighbour = ref neighbours[index];
        Join(index, nextHops.Find(neighbour.Interface, InetAddress.FromIpv4(neighbour.Address)));
    }

    /// <summary>Its link address is known, has changed, or must not be used without another thought any more.</summary>
    public void NeighbourChanged(in Neighbour neighbour)
    {
        if (neighbour.NextHop == 0)
        {
            return;
        }

        ref var nextHop = ref fib[neighbour.NextHop];
        nextHop.Mtu = 0;
        if (neighbour.IsReady)
        {
            var link = links[neighbour.Interface].NetworkInterface;
            nextHop.SetLinkHeader(neighbour.LinkAddress, link.Address, EtherType.Ipv4);
            nextHop.Mtu = (ushort)Math.Min(link.Mtu, Ipv4Header.MaxTotalLength);
        }
    }

    /// <summary>A neighbour is about to leave the table.</summary>
    public void NeighbourRemoved(ref Neighbour neighbour)
    {
        if (neighbour.IsAdjacent)
        {
            Leave(ref neighbour);
        }

        if (neighbour.NextHop != 0)
        {
            fib[neighbour.NextHop].Mtu = 0;
            neighbour.NextHop = 0;
        }
    }

    /// <summary>When the loop last sent to a neighbour by itself; 0 for never.</summary>
    public long UsedAt(in Neighbour neighbour) => neighbour.NextHop == 0 ? 0 : fib[neighbour.NextHop].UsedAt;

    /// <summary>
    /// Leads packets for a neighbour on the link straight to it, as a route of 32 bits would (an adjacency in the FIB): the network
    /// that it is on leads to no next hop. A change of the routes around it ends that, and its next packet brings it about again.
    /// </summary>
    public void Adjoin(int index)
    {
        ref var neighbour = ref neighbours[index];
        if (neighbour.IsAdjacent || !neighbour.IsReady || fib.Find(neighbour.Address) is { NextHop: not 0 } or { PrefixLength: 32 })
        {
            return;
        }

        var nextHop = nextHops.Acquire(neighbour.Interface, InetAddress.FromIpv4(neighbour.Address), out _);
        Join(index, nextHop);
        neighbour.IsAdjacent = true;
        adjacencyCount++;
        fib.Put(neighbour.Address, 32, nextHop);
    }

    public void Dispose() => fib.Dispose();

    private void Leave(ref Neighbour neighbour)
    {
        neighbour.IsAdjacent = false;
        adjacencyCount--;
        PublishPrefix(neighbour.Address, 32);
        Release(neighbour.Interface, neighbour.Address);
    }

    private void Join(int neighbour, int nextHop)
    {
        if (neighbour >= 0 && nextHop != 0)
        {
            neighbours[neighbour].NextHop = nextHop;
            NeighbourChanged(in neighbours[neighbour]);
        }
    }

    private void Release(byte networkInterface, uint gateway)
    {
        if (nextHops.Release(nextHops.Find(networkInterface, InetAddress.FromIpv4(gateway)))
            && neighbours.Find(networkInterface, gateway) is >= 0 and var neighbour)
        {
            neighbours[neighbour].NextHop = 0;
        }
    }

    /// <summary>Brings the FIB's entries of a prefix up to date, and those of neighbours within it.</summary>
    private void Publish(uint network, int prefixLength)
    {
        if (adjacencyCount > 0 && MeetsLink(network, prefixLength))
        {
            LeaveWithin(network, prefixLength);
        }

        PublishPrefix(network, prefixLength);
    }

    private void PublishHost(uint address)
    {
        if (address != 0)
        {
            Publish(address, 32);
        }
    }

    private bool MeetsLink(uint network, int prefixLength)
    {
        foreach (var link in links)
        {
            if (((link.Own ^ network) & link.Address.Mask & Ipv4Route.Mask(prefixLength)) == 0)
            {
                return true;
            }
        }

        return false;
    }

    private void LeaveWithin(uint network, int prefixLength)
    {
        for (var i = 0; i < neighbours.Capacity; i++)
        {
            if (neighbours[i].IsAdjacent && ((neighbours[i].Address ^ network) & Ipv4Route.Mask(prefixLength)) == 0)
            {
                Leave(ref neighbours[i]);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void PublishPrefix(uint network, int prefixLength)
    {
        if (IsHost(network, prefixLength) || NeverForwardedLength(network, prefixLength) == prefixLength)
        {
            fib.Put(network, prefixLength, 0);
        }
        else if (routes.TryFindExact(network, prefixLength, null, out var route))
        {
            fib.Put(network, prefixLength, NextHopOf(in route));
        }
        else
        {
            var (coverLength, nextHop) = Cover(network, prefixLength - 1);
            fib.Remove(network, prefixLength, coverLength, nextHop);
        }
    }

    /// <summary>What a prefix falls to that is no more: the longest that covers it, or nothing.</summary>
    private (int PrefixLength, int NextHop) Cover(uint network, int longest)
    {
        var never = Math.Max(0, NeverForwardedLength(network, longest));
        return longest >= 0 && routes.TryFindCovering(network, longest, out var route) && route.PrefixLength >= never
            ? (route.PrefixLength, NextHopOf(in route))
            : (never, 0);
    }

    private int NextHopOf(in Ipv4Route route) => NeedsNextHop(in route) && NeverForwardedLength(route.Network, route.PrefixLength) < 0
        ? nextHops.Find(route.Interface, InetAddress.FromIpv4(route.Gateway))
        : 0;

    private static bool NeedsNextHop(in Ipv4Route route) => route.Kind == RouteKind.Unicast && route.Gateway != 0;

    private bool IsHost(uint network, int prefixLength) => prefixLength == 32 && (links.Own(network) || links.Broadcast(network));

    /// <summary>The prefix length of what is never forwarded that covers a prefix, -1 if none does.</summary>
    private static int NeverForwardedLength(uint network, int prefixLength)
    {
        foreach (var (never, length) in NeverForwarded)
        {
            if (length <= prefixLength && ((never ^ network) & Ipv4Route.Mask(length)) == 0)
            {
                return length;
            }
        }

        return -1;
    }

    private void CollectRefusedSources()
    {
        var addresses = new uint[Math.Max(AddressesAtOnce, 2 * links.Length)];
        for (var i = 0; i < links.Length; i++)
        {
            addresses[2 * i] = links[i].Own;
            addresses[(2 * i) + 1] = links[i].Broadcast;
        }

        refusedSources = Vector256.Create(addresses);
        HasMoreRefusedSources = 2 * links.Length > AddressesAtOnce;
        refusedOnWire = Array.ConvertAll(addresses[..(2 * links.Length)], BinaryPrimitives.ReverseEndianness);
    }
}
