using System.Numerics;
using Millrace.Memory;

namespace Millrace.Workers;

/// <summary>
/// Frames on their way home: from one worker that had borrowed them to the one whose they are. One producer and one consumer; as
/// long as the lender's arena, so it is never full.
/// </summary>
internal sealed class HomeRing
{
    private readonly int[] frames;
    private readonly int mask;
    private RingPositions positions;

    /// <param name="capacity">Frames of the lender's arena.</param>
    public HomeRing(int capacity)
    {
        frames = new int[(int)BitOperations.RoundUpToPowerOf2((uint)capacity + 1)];
        mask = frames.Length - 1;
    }

    public bool IsEmpty => Volatile.Read(ref positions.Head) == Volatile.Read(ref positions.Tail);

    /// <summary>The borrower.</summary>
    public void Add(Frame lent)
    {
        var head = positions.Head;
        frames[head & mask] = lent.Index;
        Volatile.Write(ref positions.Head, head + 1);
    }

    /// <summary>The lender.</summary>
    public bool TryTake(out Frame lent)
    {
        var tail = positions.Tail;
        if (tail == Volatile.Read(ref positions.Head))
        {
            lent = Frame.None;
            return false;
        }

        lent = new Frame(frames[tail & mask]);
        Volatile.Write(ref positions.Tail, tail + 1);
        return true;
    }
}
