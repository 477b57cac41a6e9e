using System.Numerics;

namespace Millrace.Ip;

/// <summary>Incomplete datagrams: a bounded array, hashed with the stack's secret, and in the order in which they expire.</summary>
internal sealed class DatagramTable
{
    private readonly FragmentedDatagram[] entries;
    private readonly int[] buckets;
    private readonly Entropy entropy;
    private int free;
    private int newest = -1;

    public DatagramTable(int capacity, Entropy entropy)
    {
        this.entropy = entropy;
        entries = new FragmentedDatagram[capacity];
        buckets = new int[(int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(1, capacity))];
        Array.Fill(buckets, -1);
        for (var i = 0; i < capacity; i++)
        {
            entries[i].Next = i + 1 < capacity ? i + 1 : -1;
        }

        free = capacity == 0 ? -1 : 0;
    }

    public ref FragmentedDatagram this[int index] => ref entries[index];

    /// <summary>The one that expires first, or -1.</summary>
    public int Oldest { get; private set; } = -1;

    /// <returns>Its place, or -1.</returns>
    public int Find(in DatagramKey key)
    {
        for (var i = buckets[Bucket(in key)]; i >= 0; i = entries[i].Next)
        {
            if (entries[i].Key == key)
            {
                return i;
            }
        }

        return -1;
    }

    /// <returns>Its place, or -1 if the table is full.</returns>
    public int Add(in DatagramKey key, long expiresAt)
    {
        var index = free;
        if (index < 0)
        {
            return -1;
        }

        free = entries[index].Next;
        ref var bucket = ref buckets[Bucket(in key)];
        entries[index] = new FragmentedDatagram { Key = key, Next = bucket };
        bucket = index;
        Append(index, expiresAt);
        return index;
    }

    /// <summary>Begins a datagram anew: what it held must have been taken out.</summary>
    public void Restart(int index, long expiresAt)
    {
        Unlink(index);
        ref var entry = ref entries[index];
        entry = new FragmentedDatagram { Key = entry.Key, Next = entry.Next };
        Append(index, expiresAt);
    }

    public void Remove(int index)
    {
        Unlink(index);
        ref var link = ref buckets[Bucket(in entries[index].Key)];
        while (link != index)
        {
            link = ref entries[link].Next;
        }

        link = entries[index].Next;
        entries[index] = new FragmentedDatagram { Next = free };
        free = index;
    }

    private void Append(int index, long expiresAt)
    {
        ref var entry = ref entries[index];
        entry.ExpiresAt = expiresAt;
        entry.Older = newest;
        entry.Newer = -1;
        if (newest >= 0)
        {
            entries[newest].Newer = index;
        }
        else
        {
            Oldest = index;
        }

        newest = index;
    }

    private void Unlink(int index)
    {
        ref var entry = ref entries[index];
        if (entry.Older >= 0)
        {
            entries[entry.Older].Newer = entry.Newer;
        }
        else
        {
            Oldest = entry.Newer;
        }

        if (entry.Newer >= 0)
        {
            entries[entry.Newer].Older = entry.Older;
        }
        else
        {
            newest = entry.Older;
        }
    }

    private int Bucket(in DatagramKey key)
    {
        var addresses = ((ulong)key.Source << 32) | key.Destination;
        var rest = ((uint)key.Identification << 16) | (uint)key.Protocol;
        return (int)entropy.Hash(0x6672_6167, addresses, rest) & (buckets.Length - 1);
    }
}
