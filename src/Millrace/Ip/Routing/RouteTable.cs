using System.Numerics;
using System.Runtime.CompilerServices;

namespace Millrace.Ip;

/// <summary>
/// All routes of a stack, also those that are not used now (the routing information base): a bounded array, hashed by prefix. It
/// is asked when routes change and where no <see cref="Fib"/> tells, with one probe for each prefix length in use.
/// </summary>
internal sealed class RouteTable
{
    private const int None = -1;

    private readonly Entry[] entries;
    private readonly int[] buckets;
    private readonly int[] countOfLength = new int[33];
    private int free;
    private ulong lengthsInUse;

    public RouteTable(int capacity)
    {
        entries = new Entry[capacity];
        buckets = new int[(int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(1, capacity))];
        Array.Fill(buckets, None);
        for (var i = 0; i < capacity; i++)
        {
            entries[i].Next = i + 1 < capacity ? i + 1 : None;
        }

        free = capacity == 0 ? None : 0;
    }

    public int Capacity => entries.Length;

    public int Count { get; private set; }

    /// <summary>
    /// Adds a route, or replaces the one of its metric to the same network. Interfaces of one network have a route to it each, and
    /// the first is used (fib_add_ifaddr appends).
    /// </summary>
    /// <param name="replaced">The route that was there before.</param>
    /// <returns>False if the table is full.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public bool TryAdd(in Ipv4Route route, out Ipv4Route? replaced)
    {
        replaced = null;
        if (Contains(in route))
        {
            replaced = route;
            return true;
        }

        ref var last = ref Bucket(route.Network, route.PrefixLength);
        while (last != None)
        {
            ref var entry = ref entries[last];
            if (IsOf(in entry, route.Network, route.PrefixLength) && entry.Route.Metric == route.Metric
                && !(entry.Route.IsConnected && route.IsConnected && entry.Route.Interface != route.Interface))
            {
                replaced = entry.Route;
                entry.Route = route;
                return true;
            }

            last = ref entry.Next;
        }

        if (free == None)
        {
            return false;
        }

        last = free;
        free = entries[last].Next;
        entries[last] = new Entry { Route = route, Next = None };
        Count++;
        countOfLength[route.PrefixLength]++;
        lengthsInUse |= 1UL << route.PrefixLength;
        return true;
    }

    /// <summary>Removes this very route.</summary>
    public bool Remove(in Ipv4Route route)
    {
        ref var place = ref Bucket(route.Network, route.PrefixLength);
        while (place != None)
        {
            var index = place;
            if (entries[index].Route == route)
            {
                place = entries[index].Next;
                entries[index] = new Entry { Next = free };
                free = index;
                Count--;
                if (--countOfLength[route.PrefixLength] == 0)
                {
                    lengthsInUse &= ~(1UL << route.PrefixLength);
                }

                return true;
            }

            place = ref entries[index].Next;
        }

        return false;
    }

    /// <summary>The route that is used for the longest prefix that covers the address.</summary>
    public bool TryFind(uint address, out Ipv4Route route) => TryFindCovering(address, 32, out route);

    /// <summary>The same among prefixes of at most a length.</summary>
    public bool TryFindCovering(uint address, int longest, out Ipv4Route route)
    {
        var lengths = lengthsInUse & ((2UL << longest) - 1);
        while (lengths != 0)
        {
            var length = BitOperations.Log2(lengths);
            if (TryFindExact(address & Ipv4Route.Mask(length), length, null, out route))
            {
                return true;
            }

            lengths ^= 1UL << length;
        }

        route = default;
        return false;
    }

    /// <summary>The route of a network with the lowest metric, or the one of a metric; of several the first.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public bool TryFindExact(uint network, int prefixLength, uint? metric, out Ipv4Route route)
    {
        var best = None;
        for (var i = Bucket(network, prefixLength); i != None; i = entries[i].Next)
        {
            if (IsOf(in entries[i], network, prefixLength) && (metric is null || entries[i].Route.Metric == metric)
                && (best == None || entries[i].Route.Metric < entries[best].Route.Metric))
            {
                best = i;
            }
        }

        route = best == None ? default : entries[best].Route;
        return best != None;
    }

    /// <summary>All routes, in no order.</summary>
    public IEnumerable<Ipv4Route> All()
    {
        for (var bucket = 0; bucket < buckets.Length; bucket++)
        {
            for (var i = buckets[bucket]; i != None; i = entries[i].Next)
            {
                yield return entries[i].Route;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private bool Contains(in Ipv4Route route)
    {
        var i = Bucket(route.Network, route.PrefixLength);
        while (i != None && entries[i].Route != route)
        {
            i = entries[i].Next;
        }

        return i != None;
    }

    private static bool IsOf(in Entry entry, uint network, int prefixLength) =>
        entry.Route.Network == network && entry.Route.PrefixLength == prefixLength;

    // routes are the operator's, not a stranger's: a hash without a secret does
    private ref int Bucket(uint network, int prefixLength) =>
        ref buckets[(int)((network ^ ((uint)prefixLength * 0x85EB_CA6B)) * 0x9E37_79B9_7F4A_7C15UL >> 32) & (buckets.Length - 1)];

    private struct Entry
    {
        public Ipv4Route Route;

        /// <summary>The next place of its bucket, in the order of arrival, or of the list of free places.</summary>
        public int Next;
    }
}
