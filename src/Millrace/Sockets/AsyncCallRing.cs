using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace Millrace.Sockets;

/// <summary>
/// The bounded ring by which calls of any thread reach one worker: many producers, one consumer. Each cell carries the
/// number of the turn it is free or full for (D. Vyukov's bounded queue). A call that finds it full is parked in a list and
/// waits there: its caller's ValueTask is simply not complete yet.
/// </summary>
internal sealed class AsyncCallRing
{
    private readonly Cell[] cells;
    private readonly int mask;
    private readonly Lock parking = new();
    private Positions positions;
    private AsyncCall? firstParked;
    private AsyncCall? lastParked;
    private int parkedCount;

    public AsyncCallRing(int capacity)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(capacity);
        cells = new Cell[(int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)capacity)];
        mask = cells.Length - 1;
        for (var i = 0; i < cells.Length; i++)
        {
            cells[i].Turn = i;
        }
    }

    /// <summary>Calls it can hold before they are parked, a power of two.</summary>
    public int Capacity => cells.Length;

    /// <summary>Calls that found the ring full, since the start.</summary>
    public long Parked { get; private set; }

    /// <summary>Whether there is nothing to take; a call being put in at this moment may not be seen yet.</summary>
    public bool IsEmpty => Volatile.Read(ref positions.Head) == positions.Tail && Volatile.Read(ref parkedCount) == 0;

    /// <summary>Any thread.</summary>
    public void Add(AsyncCall call)
    {
        // behind a parked call every later one is parked too, so that one thread's calls keep their order
        if (Volatile.Read(ref parkedCount) != 0 || !TryAdd(call))
        {
            Park(call);
        }
    }

    /// <summary>Worker.</summary>
    public bool TryTake([NotNullWhen(true)] out AsyncCall? call)
    {
        ref var cell = ref cells[positions.Tail & mask];
        if (Volatile.Read(ref cell.Turn) != positions.Tail + 1)
        {
            call = null;
            return false;
        }

        call = cell.Call!;
        cell.Call = null;
        Volatile.Write(ref cell.Turn, positions.Tail + cells.Length);
        positions.Tail++;
        return true;
    }

    /// <summary>Worker: takes all parked calls, linked through <see cref="AsyncCall.NextParked"/>, oldest first.</summary>
    public AsyncCall? TakeParked()
    {
        if (Volatile.Read(ref parkedCount) == 0)
        {
            return null;
        }

        lock (parking)
        {
            var first = firstParked;
            firstParked = lastParked = null;
            Volatile.Write(ref parkedCount, 0);
            return first;
        }
    }

    private bool TryAdd(AsyncCall call)
    {
        var head = Volatile.Read(ref positions.Head);
        while (true)
        {
            ref var cell = ref cells[head & mask];
            var turn = Volatile.Read(ref cell.Turn);
            if (turn < head)
            {
                return false;
            }

            if (turn == head)
            {
                var seen = Interlocked.CompareExchange(ref positions.Head, head + 1, head);
                if (seen == head)
                {
                    cell.Call = call;
                    Volatile.Write(ref cell.Turn, head + 1);
                    return true;
                }

                head = seen;
            }
            else
            {
                head = Volatile.Read(ref positions.Head);
            }
        }
    }

    private void Park(AsyncCall call)
    {
        lock (parking)
        {
            call.NextParked = null;
            if (lastParked is null)
            {
                firstParked = call;
            }
            else
            {
                lastParked.NextParked = call;
            }

            lastParked = call;
            Parked++;
            Volatile.Write(ref parkedCount, parkedCount + 1);
        }
    }

    private struct Cell
    {
        public long Turn;
        public AsyncCall? Call;
    }

    // producers write Head and the worker Tail: a cache line each
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct Positions
    {
        [FieldOffset(64)]
        public long Head;

        [FieldOffset(192)]
        public long Tail;
    }
}
