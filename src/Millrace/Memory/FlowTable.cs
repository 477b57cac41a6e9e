using System.Diagnostics;
using System.Runtime.CompilerServices;
using Millrace.Headers;
using Millrace.Interop;

namespace Millrace.Memory;

/// <summary>The two ends of a flow, as this stack sees them.</summary>
public readonly record struct FlowKey(InetAddress Local, InetAddress Remote, ushort LocalPort, ushort RemotePort)
{
    /// <summary>
    /// A keyed hash that may leave this host, in a form that only <paramref name="purpose"/> has: one SipHash where both addresses are
    /// in their lower half alone. Purposes differ in their lower half, where no port is.
    /// </summary>
    internal ulong Hash(Entropy entropy, ulong purpose)
    {
        var ports = ((ulong)LocalPort << 48) | ((ulong)RemotePort << 32);
        var upper = (Local.Upper | Remote.Upper) == 0 ? purpose : entropy.Hash(Local.Upper, Remote.Upper, purpose);
        return entropy.Hash(Local.Lower, Remote.Lower, upper ^ ports);
    }
}

/// <summary>Says whose flow a number of a <see cref="FlowTable{TKeys}"/> is: the keys lie where the flows' state lies.</summary>
internal interface IFlowKeys
{
    bool IsKeyOf(int value, in FlowKey key);
}

/// <summary>
/// From a flow to a number, by open addressing with linear probing under a keyed hash, so that a sender cannot choose
/// flows that collide. An entry is the hash and the number; a flow's key is compared where its state is, which is needed next
/// anyway. A quarter of it stays empty, and what follows a removed entry moves up, so no look-up meets a tombstone.
/// </summary>
/// <remarks>
/// The hash folds 128-bit products with four secret words, as wyhash does. It is no SipHash, which is dear here; but
/// nothing of it ever leaves the table, so whoever looks for collisions sees neither hashes nor secret. What does leave, sequence
/// numbers and ports, is SipHash's.
/// </remarks>
internal sealed class FlowTable<TKeys>
    where TKeys : struct, IFlowKeys
{
    private readonly NativeTable<ulong> entries;
    private readonly uint length;
    private readonly ulong key0;
    private readonly ulong key1;
    private readonly ulong key2;
    private readonly ulong key3;
    private TKeys keys;

    /// <param name="capacity">Flows it can hold.</param>
    public FlowTable(int capacity, Entropy entropy, TKeys keys)
    {
        ArgumentNullException.ThrowIfNull(entropy);
        ArgumentOutOfRangeException.ThrowIfNegative(capacity);
        const ulong purpose = 0x464C_4F57_5441_424C;
        key0 = entropy.Hash(purpose, 0, 0);
        key1 = entropy.Hash(purpose, 1, 0);
        key2 = entropy.Hash(purpose, 2, 0);
        key3 = entropy.Hash(purpose, 3, 0);
        this.keys = keys;
        Capacity = capacity;
        entries = new NativeTable<ulong>((int)(((long)capacity * 4 / 3) + 8));
        length = (uint)entries.Length;
    }

    public int Capacity { get; }

    public int Count { get; private set; }

    /// <summary>Bytes reserved.</summary>
    public long Bytes => entries.Bytes;

    public uint Hash(in FlowKey key)
    {
        var ports = ((ulong)key.LocalPort << 16) | key.RemotePort;
        var ends = Fold(key.Local.Lower ^ key0, key.Remote.Lower ^ key1);
        if ((key.Local.Upper | key.Remote.Upper) != 0)
        {
            ends += Fold(key.Local.Upper ^ key2, key.Remote.Upper ^ key3);
        }

        // once more: ports that count up go round in steps in one product, and with some secrets these meet
        return (uint)(Fold(Fold(ends ^ key2, ports ^ key3) ^ key0, key1 | 1) >> 32);
    }

    public bool TryFind(in FlowKey key, out int value) => TryFind(in key, Hash(in key), out value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryFind(in FlowKey key, uint hash, out int value)
    {
        for (var place = Home(hash); ;)
        {
            var entry = entries[(int)place];
            if ((uint)(entry >> 32) == hash && entry != 0)
            {
                value = ValueOf(entry);
                if (keys.IsKeyOf(value, in key))
                {
                    return true;
                }
            }

            if (entry == 0)
            {
                value = 0;
                return false;
            }

            place = Next(place);
        }
    }

    /// <summary>Adds a flow that is not in the table.</summary>
    /// <returns>False if the table is full.</returns>
    public bool TryAdd(uint hash, int value)
    {
        if (Count == Capacity)
        {
            return false;
        }

        var place = Home(hash);
        while (entries[(int)place] != 0)
        {
            place = Next(place);
        }

        entries[(int)place] = EntryOf(hash, value);
        Count++;
        return true;
    }

    /// <summary>Gives a flow that is in the table another number.</summary>
    public void Replace(uint hash, int value, int other) => entries[(int)PlaceOf(hash, value)] = EntryOf(hash, other);

    /// <summary>Removes a flow that is in the table.</summary>
    public void Remove(uint hash, int value)
    {
        var hole = PlaceOf(hash, value);
        Count--;
        for (var next = Next(hole); entries[(int)next] is var entry and not 0; next = Next(next))
        {
            // an entry may move into the hole unless its own place lies behind the hole
            if (Distance(Home((uint)(entry >> 32)), next) >= Distance(hole, next))
            {
                entries[(int)hole] = entry;
                hole = next;
            }
        }

        entries[(int)hole] = 0;
    }

    // 0 is an empty place, which no flow's number is
    private static ulong EntryOf(uint hash, int value) => ((ulong)hash << 32) | ((uint)value ^ 0x8000_0000);

    private static int ValueOf(ulong entry) => (int)((uint)entry ^ 0x8000_0000);

    private static ulong Fold(ulong left, ulong right)
    {
        var high = Math.BigMul(left, right, out var low);
        return high ^ low;
    }

    /// <summary>A table of any length: the hash as a fraction of it.</summary>
    private uint Home(uint hash) => (uint)((ulong)hash * length >> 32);

    private uint Next(uint place) => place + 1 == length ? 0 : place + 1;

    private uint Distance(uint from, uint to) => to >= from ? to - from : to + length - from;

    private uint PlaceOf(uint hash, int value)
    {
        var place = Home(hash);
        var wanted = EntryOf(hash, value);
        while (entries[(int)place] != wanted)
        {
            Debug.Assert(entries[(int)place] != 0, "the flow is in the table");
            place = Next(place);
        }

        return place;
    }
}
