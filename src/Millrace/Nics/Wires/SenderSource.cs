using System.Runtime.CompilerServices;
using Millrace.Memory;

namespace Millrace.Nics;

/// <summary>
/// Packets that lie in the sender's frames; they go back to it by Reclaim. On a wire of several threads whoever is done with one puts it
/// on a stack that the sender takes as a whole (R. K. Treiber's): a compare-and-swap a packet.
/// </summary>
internal sealed class SenderSource(Arena arena, bool concurrent, WireQueue owner) : WireSource(arena)
{
    /// <summary>What the stack's top is when nobody will take it any more.</summary>
    private const int Closed = -1;

    private readonly FixedQueue<Frame> completed = new(arena.Capacity);
    private readonly Lock closing = new();

    /// <summary>By frame, the one below it on the stack; empty on a wire of one thread, which needs none.</summary>
    private readonly int[] below = new int[concurrent ? arena.Capacity + 1 : 0];
    private int top;
    private long accepted;
    private long completions;

#pragma warning disable CS0169, IDE0051, CA1823 // the next worker's may lie behind it
    private readonly CacheLines distance;
#pragma warning restore CS0169, IDE0051, CA1823

    public bool HasCompleted => completed.Count > 0 || Volatile.Read(ref top) > 0;

    public void Accept() => accepted++;

    /// <summary>Takes packets that are complete, in the order in which they were.</summary>
    /// <returns>How many were written to <paramref name="packets"/>.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int TakeCompleted(Span<Frame> packets)
    {
        if (completed.Count < packets.Length && Volatile.Read(ref top) > 0)
        {
            Collect(emptied: 0);
        }

        if (completed.Count == 0)
        {
            return 0;
        }

        var count = Math.Min(packets.Length, completed.Count);
        for (var i = 0; i < count; i++)
        {
            packets[i] = completed.Dequeue();
        }

        return count;
    }

    /// <summary>A packet of which nothing was lent is complete.</summary>
    public void CompleteNow(Frame head) => Complete(head);

    protected override void Complete(Frame head)
    {
        if (below.Length == 0 && top != Closed)
        {
            completions++;
            completed.Enqueue(head);
        }
        else if (!TryPush(head))
        {
            CompleteClosed(head);
            return;
        }

        owner.Interrupt();
    }

    /// <summary>
    /// The sender ends: what is complete is released. Frames the receiver still looks at are released when it frees them,
    /// and keep the arena's memory until then.
    /// </summary>
    public void Close()
    {
        lock (closing)
        {
            if (top == Closed)
            {
                return;
            }

            Collect(emptied: Closed);
            while (completed.Count > 0)
            {
                Arena.ReleaseChain(completed.Dequeue(), Holders.TransmitRing);
            }

            if (completions < accepted)
            {
                Arena.Retain();
            }
        }
    }

    private bool TryPush(Frame head)
    {
        var seen = Volatile.Read(ref top);
        while (seen != Closed)
        {
            below[head.Index] = seen;
            var before = Interlocked.CompareExchange(ref top, head.Index, seen);
            if (before == seen)
            {
                return true;
            }

            seen = before;
        }

        return false;
    }

    /// <summary>Empties the stack, the oldest first. By the sender, or whoever closes it.</summary>
    private void Collect(int emptied)
    {
        var oldest = 0;
        for (var frame = Interlocked.Exchange(ref top, emptied); frame != 0;)
        {
            (below[frame], oldest, frame) = (oldest, frame, below[frame]);
        }

        for (; oldest != 0; oldest = below[oldest])
        {
            completions++;
            completed.Enqueue(new Frame(oldest));
        }
    }

    private void CompleteClosed(Frame head)
    {
        lock (closing)
        {
            completions++;
            Arena.ReleaseChain(head, Holders.TransmitRing);
            if (completions == accepted)
            {
                Arena.EndRetention();
            }
        }
    }
}
