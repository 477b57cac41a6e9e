using System.Numerics;
using Millrace.Headers;
using Millrace.Memory;

namespace Millrace.Workers;

/// <summary>A packet that lies in the frames of one worker and is meant for another.</summary>
internal struct Crossing
{
    public Frame Head;

    /// <summary>Where the cursor stands, in bytes from the start of the slot.</summary>
    public ushort Offset;

    public EtherType EtherType;
    public IpProtocol Protocol;

    /// <summary>The worker whose frames they are.</summary>
    public byte Lender;
}

/// <summary>
/// Packets for one worker from all the others, bounded: many producers, one consumer (the bounded queue of D. Vyukov). One ring
/// rather than one a pair, because its order is that in which packets were put in, whoever did: a flow that comes by another
/// worker than before is not reordered.
/// </summary>
internal sealed class CrossingRing
{
    private readonly Cell[] cells;
    private readonly int mask;
    private RingPositions positions;

    /// <param name="capacity">Packets, rounded up to a power of two.</param>
    public CrossingRing(int capacity)
    {
        cells = new Cell[(int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(capacity, 2))];
        mask = cells.Length - 1;
        for (var i = 0; i < cells.Length; i++)
        {
            cells[i].Turn = i;
        }
    }

    public int Capacity => cells.Length;

    /// <summary>Packets that were ever put in: the position of the next one.</summary>
    public long Added => Volatile.Read(ref positions.Head);

    /// <summary>Packets that were ever taken.</summary>
    public long Taken => Volatile.Read(ref positions.Tail);

    /// <summary>Packets that were taken and whose poll is over, so that whatever came of them has happened.</summary>
    public long Finished => Volatile.Read(ref positions.Finished);

    public int Count => (int)Math.Max(0, Added - Taken);

    /// <summary>Any worker.</summary>
    /// <param name="position">The position behind the packet, to be compared with <see cref="Finished"/>.</param>
    /// <returns>False if the ring is full.</returns>
    public bool TryAdd(in Crossing crossing, out long position)
    {
        var head = Volatile.Read(ref positions.Head);
        while (true)
        {
            ref var cell = ref cells[head & mask];
            var turn = Volatile.Read(ref cell.Turn);
            if (turn == head)
            {
                var seen = Interlocked.CompareExchange(ref positions.Head, head + 1, head);
                if (seen == head)
                {
                    cell.Crossing = crossing;
                    Volatile.Write(ref cell.Turn, head + 1);
                    position = head + 1;
                    return true;
                }

                head = seen;
            }
            else if (turn < head)
            {
                position = 0;
                return false;
            }
            else
            {
                head = Volatile.Read(ref positions.Head);
            }
        }
    }

    /// <summary>
    /// The oldest packet, by its consumer; there must be one. Whoever has its place may not have
    /// written it yet: that takes a few instructions and is waited for, because going on without it could reorder a flow.
    /// </summary>
    public ref readonly Crossing Peek()
    {
        ref var cell = ref cells[positions.Tail & mask];
        if (Volatile.Read(ref cell.Turn) != positions.Tail + 1)
        {
            WaitFor(ref cell.Turn, positions.Tail + 1);
        }

        return ref cell.Crossing;
    }

    /// <summary>Removes what <see cref="Peek"/> showed.</summary>
    public void Remove()
    {
        var tail = positions.Tail;
        Volatile.Write(ref cells[tail & mask].Turn, tail + cells.Length);
        Volatile.Write(ref positions.Tail, tail + 1);
    }

    /// <summary>The poll is over that took what was taken.</summary>
    public void Finish()
    {
        if (positions.Finished != positions.Tail)
        {
            Volatile.Write(ref positions.Finished, positions.Tail);
        }
    }

    private static void WaitFor(ref long turn, long wanted)
    {
        var spin = default(SpinWait);
        while (Volatile.Read(ref turn) != wanted)
        {
            spin.SpinOnce(sleep1Threshold: -1);
        }
    }

    private struct Cell
    {
        public long Turn;
        public Crossing Crossing;
    }
}
