using System.Numerics;
using Millrace.Headers;

namespace Millrace.Bridging;

/// <summary>A station that a bridge knows.</summary>
/// <param name="Vlan">Identifier of its VLAN, 0 for untagged.</param>
/// <param name="Port">Index of the interface it was last seen behind.</param>
/// <param name="UpdatedAt">When, in nanoseconds of the stack's clock.</param>
public readonly record struct BridgeStation(MacAddress Address, int Vlan, int Port, long UpdatedAt);

/// <summary>
/// Which station is behind which port (net/bridge/br_fdb.c): by open addressing under a keyed hash, so that a sender cannot
/// choose addresses that collide. A full table learns nobody new. Used by the stack's worker alone.
/// </summary>
public sealed class ForwardingDatabase
{
    private const int VlanShift = 48;

    private readonly Entropy entropy;
    private readonly Entry[] entries;
    private readonly int mask;

    /// <param name="capacity">Stations it can hold.</param>
    public ForwardingDatabase(int capacity, Entropy entropy)
    {
        ArgumentNullException.ThrowIfNull(entropy);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(capacity);
        this.entropy = entropy;
        Capacity = capacity;
        entries = new Entry[BitOperations.RoundUpToPowerOf2((uint)Math.Max(capacity, 8) * 2)];
        mask = entries.Length - 1;
    }

    private struct Entry
    {
        public ulong Key;
        public long UpdatedAt;
        public int Port;
        public bool IsUsed;
    }

    public int Capacity { get; }

    /// <summary>Stations in it, those included whose age is over but who were not swept out yet.</summary>
    public int Count { get; private set; }

    /// <summary>Packets whose station was not learnt, because the table was full.</summary>
    public long NotLearnt { get; private set; }

    /// <summary>Stations that turned up behind another port.</summary>
    public long Moved { get; private set; }

    /// <summary>Notes that a station was seen behind a port.</summary>
    public void Learn(MacAddress address, int vlan, int port, long now)
    {
        var key = Key(address, vlan);
        ref var entry = ref entries[Find(key)];
        if (!entry.IsUsed)
        {
            if (Count == Capacity)
            {
                NotLearnt++;
                return;
            }

            Count++;
            entry = new Entry { Key = key, Port = port, IsUsed = true };
        }
        else if (entry.Port != port)
        {
            entry.Port = port;
            Moved++;
        }

        entry.UpdatedAt = now;
    }

    /// <summary>Finds the port of a station that was seen at <paramref name="since"/> or later.</summary>
    public bool TryFind(MacAddress address, int vlan, long since, out int port)
    {
        ref var entry = ref entries[Find(Key(address, vlan))];
        port = entry.Port;
        return entry.IsUsed && entry.UpdatedAt >= since;
    }

    /// <summary>Forgets all stations.</summary>
    public void Flush()
    {
        Array.Clear(entries);
        Count = 0;
    }

    /// <summary>Forgets the stations behind a port.</summary>
    public void Flush(int port) => Remove(port, long.MinValue);

    /// <summary>Forgets the stations that were not seen since a time.</summary>
    public void Expire(long since) => Remove(-1, since);

    /// <summary>Copies the stations, in no order, as far as there is room.</summary>
    /// <returns>Stations written.</returns>
    public int CopyTo(Span<BridgeStation> stations)
    {
        var count = 0;
        foreach (ref readonly var entry in entries.AsSpan())
        {
            if (entry.IsUsed && count < stations.Length)
            {
                var address = new MacAddress(entry.Key & ((1UL << VlanShift) - 1));
                stations[count++] = new BridgeStation(address, (int)(entry.Key >> VlanShift), entry.Port, entry.UpdatedAt);
            }
        }

        return count;
    }

    private static ulong Key(MacAddress address, int vlan) => address.Value | ((ulong)(uint)vlan << VlanShift);

    private int Find(ulong key)
    {
        var place = Home(key);
        while (entries[place].IsUsed && entries[place].Key != key)
        {
            place = (place + 1) & mask;
        }

        return place;
    }

    private int Home(ulong key) => (int)entropy.Hash(key, 0, 0) & mask;

    private void Remove(int port, long since)
    {
        for (var place = 0; place < entries.Length; place++)
        {
            // what moves up may have to go too
            while (entries[place].IsUsed && (entries[place].Port == port || entries[place].UpdatedAt < since))
            {
                RemoveAt(place);
            }
        }
    }

    /// <summary>What follows a removed entry moves up, so no look-up meets a gap.</summary>
    private void RemoveAt(int hole)
    {
        Count--;
        for (var place = (hole + 1) & mask; entries[place].IsUsed; place = (place + 1) & mask)
        {
            if (((place - Home(entries[place].Key)) & mask) >= ((place - hole) & mask))
            {
                entries[hole] = entries[place];
                hole = place;
            }
        }

        entries[hole] = default;
    }
}
