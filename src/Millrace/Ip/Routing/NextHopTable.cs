using System.Runtime.CompilerServices;
using Millrace.Headers;

namespace Millrace.Ip;

/// <summary>
/// Who the next hops of a <see cref="Fib"/> are, and how many routes lead to each. A next hop is there from the first route to it
/// until the last is gone; index 0 is none.
/// </summary>
internal sealed class NextHopTable(Fib fib, int capacity)
{
    // what control planes rarely exceed; more gateways make it grow
    private const int FirstLength = 64;

    private readonly Dictionary<(byte Interface, InetAddress Gateway), int> places = new(Math.Min(capacity, FirstLength));
    private Owner[] owners = new Owner[Math.Min(capacity, FirstLength)];
    private int ever = 1;
    private int free;

    /// <summary>Next hops in use.</summary>
    public int Count => places.Count;

    /// <returns>Its index, or 0.</returns>
    public int Find(byte networkInterface, InetAddress gateway) => places.GetValueOrDefault((networkInterface, gateway));

    /// <summary>Counts one more route to a next hop, which is added if it is new.</summary>
    /// <param name="isNew">Nothing is known of it yet.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public int Acquire(byte networkInterface, InetAddress gateway, out bool isNew)
    {
        var index = Find(networkInterface, gateway);
        isNew = index == 0;
        if (isNew)
        {
            index = Take();
            places.Add((networkInterface, gateway), index);
            owners[index] = new Owner { Interface = networkInterface, Gateway = gateway };
            fib[index] = new NextHop { Interface = networkInterface };
        }

        owners[index].Routes++;
        return index;
    }

    /// <summary>Counts one route less.</summary>
    /// <returns>Whether that was the last, and the next hop is gone.</returns>
    public bool Release(int index)
    {
        ref var owner = ref owners[index];
        if (--owner.Routes > 0)
        {
            return false;
        }

        places.Remove((owner.Interface, owner.Gateway));
        fib[index] = default;
        owner = new Owner { Routes = free };
        free = index;
        return true;
    }

    private int Take()
    {
        if (free != 0)
        {
            var index = free;
            free = owners[index].Routes;
            return index;
        }

        if (ever == owners.Length)
        {
            Array.Resize(ref owners, Math.Min(capacity, owners.Length * 2));
        }

        return ever++;
    }

    private struct Owner
    {
        public InetAddress Gateway;

        /// <summary>Routes to it, or the next free place.</summary>
        public int Routes;

        public byte Interface;
    }
}
