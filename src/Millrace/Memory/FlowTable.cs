using System.Numerics;
using System.Runtime.CompilerServices;
using Millrace.Headers;

namespace Millrace.Memory;

/// <summary>The two ends of a flow, as this stack sees them.</summary>
public readonly record struct FlowKey(InetAddress Local, InetAddress Remote, ushort LocalPort, ushort RemotePort)
{
    internal uint Hash(Entropy entropy)
    {
        var ports = ((ulong)LocalPort << 16) | RemotePort;
        var hash = (Local.Upper | Remote.Upper) == 0
            ? entropy.Hash(Local.Lower, Remote.Lower, ports)
            : entropy.Hash(entropy.Hash(Local.Upper, Local.Lower, Remote.Upper), Remote.Lower, ports);
        return (uint)hash;
    }
}

/// <summary>
/// From a flow to a number, by open addressing with linear probing under a keyed hash, so that a sender cannot choose
/// flows that collide. Half of it stays empty, and what follows a removed entry moves up, so no look-up meets a tombstone.
/// </summary>
public sealed class FlowTable
{
    private readonly Entropy entropy;
    private readonly Entry[] entries;
    private readonly int mask;

    /// <param name="capacity">Flows it can hold.</param>
    public FlowTable(int capacity, Entropy entropy)
    {
        ArgumentNullException.ThrowIfNull(entropy);
        ArgumentOutOfRangeException.ThrowIfNegative(capacity);
        this.entropy = entropy;
        Capacity = capacity;
        entries = new Entry[BitOperations.RoundUpToPowerOf2((uint)Math.Max(capacity, 8) * 2)];
        mask = entries.Length - 1;
    }

    private struct Entry
    {
        public FlowKey Key;
        public uint Hash;
        public bool IsUsed;
        public int Value;
    }

    public int Capacity { get; }

    public int Count { get; private set; }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryFind(in FlowKey key, out int value)
    {
        var place = Find(in key, key.Hash(entropy));
        ref var entry = ref entries[place];
        value = entry.Value;
        return entry.IsUsed;
    }

    /// <summary>Adds a flow, or gives the one that is there another number.</summary>
    /// <returns>False if the table is full.</returns>
    public bool TrySet(in FlowKey key, int value)
    {
        var hash = key.Hash(entropy);
        ref var entry = ref entries[Find(in key, hash)];
        if (!entry.IsUsed)
        {
            if (Count == Capacity)
            {
                return false;
            }

            Count++;
            entry.Key = key;
            entry.Hash = hash;
            entry.IsUsed = true;
        }

        entry.Value = value;
        return true;
    }

    public bool Remove(in FlowKey key)
    {
        var hole = Find(in key, key.Hash(entropy));
        if (!entries[hole].IsUsed)
        {
            return false;
        }

        Count--;
        for (var next = (hole + 1) & mask; entries[next].IsUsed; next = (next + 1) & mask)
        {
            // an entry may move into the hole unless its own place lies behind the hole
            var home = (int)entries[next].Hash & mask;
            if (((next - home) & mask) >= ((next - hole) & mask))
            {
                entries[hole] = entries[next];
                hole = next;
            }
        }

        entries[hole] = default;
        return true;
    }

    private int Find(in FlowKey key, uint hash)
    {
        var place = (int)hash & mask;
        while (entries[place].IsUsed && (entries[place].Hash != hash || !entries[place].Key.Equals(key)))
        {
            place = (place + 1) & mask;
        }

        return place;
    }
}
