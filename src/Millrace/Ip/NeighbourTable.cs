using System.Numerics;

namespace Millrace.Ip;

/// <summary>The neighbours of all interfaces: a bounded array, hashed with the stack's secret.</summary>
internal sealed class NeighbourTable
{
    private readonly Neighbour[] entries;
    private readonly int[] buckets;
    private readonly Entropy entropy;
    private int free;

    public NeighbourTable(int capacity, Entropy entropy)
    {
        this.entropy = entropy;
        entries = new Neighbour[capacity];
        buckets = new int[(int)BitOperations.RoundUpToPowerOf2((uint)capacity)];
        Array.Fill(buckets, -1);
        for (var i = 0; i < capacity; i++)
        {
            entries[i].Next = i + 1 < capacity ? i + 1 : -1;
        }
    }

    public int Capacity => entries.Length;

    /// <summary>Neighbours in it.</summary>
    public int Count { get; private set; }

    public ref Neighbour this[int index] => ref entries[index];

    /// <returns>Its place, or -1.</returns>
    public int Find(byte networkInterface, uint address)
    {
        for (var i = buckets[Bucket(networkInterface, address)]; i >= 0; i = entries[i].Next)
        {
            if (entries[i].Address == address && entries[i].Interface == networkInterface)
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>Adds a neighbour that is not in the table.</summary>
    /// <returns>Its place, or -1 if the table is full.</returns>
    public int Add(byte networkInterface, uint address)
    {
        var index = free;
        if (index < 0)
        {
            return -1;
        }

        free = entries[index].Next;
        ref var bucket = ref buckets[Bucket(networkInterface, address)];
        entries[index] = new Neighbour
        {
            Address = address, Interface = networkInterface, IsUsed = true, DueAt = long.MaxValue, Next = bucket,
        };
        bucket = index;
        Count++;
        return index;
    }

    /// <summary>Takes a neighbour out; its queue must be empty.</summary>
    public void Remove(int index)
    {
        ref var link = ref buckets[Bucket(entries[index].Interface, entries[index].Address)];
        while (link != index)
        {
            link = ref entries[link].Next;
        }

        link = entries[index].Next;
        entries[index] = new Neighbour { Next = free };
        free = index;
        Count--;
    }

    /// <summary>
    /// The neighbour that is missed least when the table is full (neigh_forced_gc): a failed one, or else the one used
    /// longest ago; never one with packets waiting or written less than <paramref name="grace"/> ago.
    /// </summary>
    /// <returns>Its place, or -1.</returns>
    public int FindVictim(long now, long grace)
    {
        var victim = -1;
        for (var i = 0; i < entries.Length; i++)
        {
            ref var entry = ref entries[i];
            if (!entry.IsUsed || !entry.Queue.IsEmpty)
            {
                continue;
            }

            if (entry.State == NeighbourState.Failed)
            {
                return i;
            }

            if (now - entry.UpdatedAt >= grace && (victim < 0 || LastSeen(in entry) < LastSeen(in entries[victim])))
            {
                victim = i;
            }
        }

        return victim;
    }

    private static long LastSeen(in Neighbour entry) => Math.Max(entry.UsedAt, entry.ConfirmedAt);

    private int Bucket(byte networkInterface, uint address) => (int)entropy.Hash(0x6E65_6967, networkInterface, address) & (buckets.Length - 1);
}
