using System.ComponentModel;
using Millrace.Memory;

namespace Millrace.CompilerServices;

/// <summary>
/// Packets that the loop of ingress turned round, where nothing lies between it and the NIC: they wait together for the end of the
/// poll, and their heads are held by <see cref="Holders.TransmitRing"/> already. Called by generated code.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class TurnedPackets(int capacity)
{
    /// <summary>The first <see cref="Count"/> are waiting.</summary>
    public Frame[] Packets { get; } = new Frame[capacity];

    public int Count { get; private set; }

    /// <summary>Packets of the wire that they stand for, beyond one each.</summary>
    internal int More { get; private set; }

    /// <summary>Notes what a loop has put into <see cref="Packets"/>.</summary>
    /// <param name="more">Packets of the wire that they stand for, beyond one each.</param>
    /// <param name="chained">Not 0 if some are of several frames, of which only the first has changed its holder.</param>
    public void Note(Arena arena, int count, int more, int chained)
    {
        ArgumentNullException.ThrowIfNull(arena);
        Count = count;
        More = more;
        for (var i = 0; chained != 0 && i < count; i++)
        {
            arena.MoveChain(Packets[i], Holders.Loop, Holders.TransmitRing);
        }
    }

    /// <summary>Packets of the wire that some of them stand for, beyond one each.</summary>
    internal int CountMore(Arena arena, int first, int count)
    {
        var more = 0;
        for (var i = first; More != 0 && i < first + count; i++)
        {
            more += arena.Metadata(Packets[i]).WirePackets - 1;
        }

        return more;
    }

    /// <summary>Takes the first of them away.</summary>
    internal void Remove(Arena arena, int count)
    {
        More -= CountMore(arena, 0, count);
        Count -= count;
        Packets.AsSpan(count, Count).CopyTo(Packets);
    }

    internal void Clear() => Count = More = 0;

    /// <summary>Makes all of them the loop's again, behind the packets of a list.</summary>
    public void GiveBack(Arena arena, ref FrameList list)
    {
        ArgumentNullException.ThrowIfNull(arena);
        for (var i = 0; i < Count; i++)
        {
            arena.MoveChain(Packets[i], Holders.TransmitRing, Holders.Loop);
            list.Enqueue(arena, Packets[i]);
        }

        Clear();
    }
}
