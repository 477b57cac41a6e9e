namespace Millrace.Memory;

/// <summary>
/// A first-in-first-out list of packets, linked through <see cref="FrameMetadata.Next"/>: the one type through which a
/// stage may hold frames.
/// </summary>
public struct FrameList
{
    private Frame head;
    private Frame tail;

    /// <summary>Packets in the list.</summary>
    public int Count { get; private set; }

    public readonly bool IsEmpty => head.IsNone;

    public readonly Frame First => head;

    public readonly Frame Last => tail;

    public void Enqueue(Arena arena, Frame packet)
    {
        arena.Metadata(packet).Next = Frame.None;
        if (tail.IsNone)
        {
            head = packet;
        }
        else
        {
            arena.Metadata(tail).Next = packet;
        }

        tail = packet;
        Count++;
    }

    public void Prepend(Arena arena, Frame packet)
    {
        arena.Metadata(packet).Next = head;
        if (tail.IsNone)
        {
            tail = packet;
        }

        head = packet;
        Count++;
    }

    /// <summary>Puts a packet behind one that is in the list.</summary>
    public void InsertAfter(Arena arena, Frame position, Frame packet)
    {
        ref var before = ref arena.Metadata(position);
        arena.Metadata(packet).Next = before.Next;
        before.Next = packet;
        if (tail == position)
        {
            tail = packet;
        }

        Count++;
    }

    /// <summary>Takes out the packet behind <paramref name="previous"/> (the first, if that is none).</summary>
    public Frame RemoveAfter(Arena arena, Frame previous)
    {
        if (previous.IsNone)
        {
            return TryDequeue(arena, out var first) ? first : Frame.None;
        }

        ref var before = ref arena.Metadata(previous);
        var removed = before.Next;
        if (!removed.IsNone)
        {
            ref var metadata = ref arena.Metadata(removed);
            before.Next = metadata.Next;
            metadata.Next = Frame.None;
            if (tail == removed)
            {
                tail = previous;
            }

            Count--;
        }

        return removed;
    }

    public bool TryDequeue(Arena arena, out Frame packet)
    {
        packet = head;
        if (packet.IsNone)
        {
            return false;
        }

        ref var metadata = ref arena.Metadata(packet);
        head = metadata.Next;
        metadata.Next = Frame.None;
        if (head.IsNone)
        {
            tail = Frame.None;
        }

        Count--;
        return true;
    }
}
