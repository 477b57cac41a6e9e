using Millrace.Headers;
using Millrace.Memory;

namespace Millrace.Tcp;

/// <content>
/// Text that is ahead of RCV.NXT. The queue has one entry a contiguous range, in order and without overlap: a chain whose
/// head has the range's Sequence and TotalLength, and in Owner its last frame.
/// </content>
public sealed partial class Tcp<TSettings, TMemory, TSmallQueues, TApplications, TCongestionControl>
{
    /// <summary>
    /// Ranges a connection may have, so that a sender of single bytes cannot make the search long. Linux searches a tree and
    /// bounds the queue by memory alone.
    /// </summary>
    private const int MaximumRanges = 256;

    private Verdict ArriveOutOfOrder(int index, ref TcpConnection connection, ref TcpSegment segment)
    {
        DemandDuplicateAck(index, ref connection);
        if (segment.Sequence >= connection.RcvNxt + ReceiveWindow(ref connection))
        {
            return Verdict.Drop(DropReason.TcpOverWindow);
        }

        var skip = 0;
        var length = segment.PayloadLength;
        var before = FindRangeBefore(ref connection, segment.Sequence);
        if (!before.IsNone)
        {
            skip = Math.Max(RangeEnd(before) - segment.Sequence, 0);
            if (skip >= length)
            {
                counters.TCPOFOMerge++;
                StampRange(before);
                NoteDuplicate(index, ref connection, segment.Sequence, segment.Sequence + length, isOutOfOrder: true);
                return Verdict.Drop(DropReason.TcpOutOfOrderMerge);
            }

            length -= skip;
        }

        length -= RemoveCovered(ref connection, before, segment.Sequence + skip, length);
        var joins = !before.IsNone && RangeEnd(before) == segment.Sequence + skip;
        var verdict = KeepOutOfOrder(ref connection, ref segment, skip, length, before, joins);
        if (verdict.Kind == VerdictKind.Drop)
        {
            counters.TCPOFODrop++;
            return verdict;
        }

        counters.TCPOFOQueue++;
        GrowWindow(ref connection, length, ((length - 1) / Arena.Stride + 1) * Arena.FrameTruesize);
        if (settings.ReceiveBufferGrowth == ReceiveBufferGrowth.Proportional)
        {
            GrowReceiveBuffer(ref connection, connection.Space.Space);
        }

        return verdict;
    }

    private Verdict KeepOutOfOrder(ref TcpConnection connection, ref TcpSegment segment, int skip, int length, Frame before, bool joins)
    {
        if (joins && length <= CopyLimit
            && TryCopyBehind(new Frame(arena.Metadata(before).Owner), Holders.OutOfOrderQueue, ref segment, skip, length))
        {
            arena.Metadata(before).TotalLength += length;
            JoinNext(ref connection, before);
            StampRange(before);
            return Verdict.Deliver;
        }

        var sequence = segment.Sequence + skip;
        if ((!joins && connection.OutOfOrder.Count >= MaximumRanges)
            || !TryMakeRoom(ref connection, sequence, TruesizeOf(segment.Frame)))
        {
            return Verdict.Drop(DropReason.TcpOutOfOrderPrune);
        }

        if (!TryTakePayload(ref segment, skip, length, Holders.OutOfOrderQueue, keepsLent: false, out var taken))
        {
            return Verdict.Drop(DropReason.SocketMemory);
        }

        ChargeReceive(ref connection, taken.Truesize);
        if (joins)
        {
            ref var range = ref arena.Metadata(before);
            arena.Metadata(new Frame(range.Owner)).NextFragment = taken.Head;
            range.Owner = taken.Tail.Index;
            range.TotalLength += length;
        }
        else
        {
            ref var range = ref arena.Metadata(taken.Head);
            range.Sequence = sequence.Value;
            range.TotalLength = length;
            range.Owner = taken.Tail.Index;
            if (before.IsNone)
            {
                connection.OutOfOrder.Prepend(arena, taken.Head);
            }
            else
            {
                connection.OutOfOrder.InsertAfter(arena, before, taken.Head);
            }

            before = taken.Head;
        }

        JoinNext(ref connection, before);
        StampRange(before);
        return taken.IsCopy ? Verdict.Deliver : Verdict.Queued;
    }

    /// <summary>The last range that begins at or before a sequence number; none if there is none.</summary>
    private Frame FindRangeBefore(ref TcpConnection connection, SequenceNumber sequence)
    {
        var last = connection.OutOfOrder.Last;
        if (last.IsNone || RangeStart(last) <= sequence)
        {
            return last;
        }

        var before = Frame.None;
        for (var range = connection.OutOfOrder.First; RangeStart(range) <= sequence; range = arena.Metadata(range).Next)
        {
            before = range;
        }

        return before;
    }

    /// <summary>Makes way for a new stretch: ranges it covers go, and what overlaps the next range is cut off the new one.</summary>
    /// <returns>Bytes to cut off its end.</returns>
    private int RemoveCovered(ref TcpConnection connection, Frame before, SequenceNumber start, int length)
    {
        var end = start + length;
        while (true)
        {
            var next = before.IsNone ? connection.OutOfOrder.First : arena.Metadata(before).Next;
            if (next.IsNone || RangeStart(next) >= end)
            {
                return 0;
            }

            if (RangeEnd(next) > end)
            {
                return end - RangeStart(next);
            }

            counters.TCPOFOMerge++;
            ReleaseRange(ref connection, connection.OutOfOrder.RemoveAfter(arena, before));
        }
    }

    /// <summary>Joins a range with the next if they touch, so that there is one a gap.</summary>
    private void JoinNext(ref TcpConnection connection, Frame range)
    {
        ref var metadata = ref arena.Metadata(range);
        var next = metadata.Next;
        if (!next.IsNone && RangeEnd(range) == RangeStart(next))
        {
            connection.OutOfOrder.RemoveAfter(arena, range);
            ref var joined = ref arena.Metadata(next);
            arena.Metadata(new Frame(metadata.Owner)).NextFragment = next;
            metadata.Owner = joined.Owner;
            metadata.TotalLength += joined.TotalLength;
        }
    }

    /// <summary>Moves what RCV.NXT has reached into the receive queue.</summary>
    private void TakeFromOutOfOrder(int index, ref TcpConnection connection)
    {
        // what lay here already came twice as far as the new text covers it (tcp_ofo_queue)
        var covered = connection.RcvNxt;
        while (!connection.OutOfOrder.IsEmpty && RangeStart(connection.OutOfOrder.First) <= connection.RcvNxt)
        {
            connection.OutOfOrder.TryDequeue(arena, out var range);
            var skip = connection.RcvNxt - RangeStart(range);
            ref var metadata = ref arena.Metadata(range);
            var length = metadata.TotalLength - skip;
            NoteDuplicate(index, ref connection, RangeStart(range), SequenceNumber.Min(RangeStart(range) + metadata.TotalLength, covered));
            if (length <= 0)
            {
                ReleaseRange(ref connection, range);
                continue;
            }

            var tail = new Frame(metadata.Owner);
            var head = CutFront(ref connection, range, skip);
            arena.MoveChain(head, Holders.OutOfOrderQueue, Holders.ReceiveQueue);
            Append(ref connection, new Payload { Head = head, Tail = tail });
            connection.Readable += length;
            connection.RcvNxt += length;
        }
    }

    private Frame CutFront(ref TcpConnection connection, Frame head, int count)
    {
        while (true)
        {
            ref var metadata = ref arena.Metadata(head);
            if (count < metadata.DataLength)
            {
                metadata.DataOffset = (ushort)(metadata.DataOffset + count);
                metadata.DataLength = (ushort)(metadata.DataLength - count);
                return head;
            }

            count -= metadata.DataLength;
            UnchargeReceive(ref connection, metadata.Truesize);
            var next = metadata.NextFragment;
            arena.Release(head, Holders.OutOfOrderQueue);
            head = next;
        }
    }

    private void ReleaseRange(ref TcpConnection connection, Frame range)
    {
        for (var frame = range; !frame.IsNone; frame = arena.Metadata(frame).NextFragment)
        {
            UnchargeReceive(ref connection, arena.Metadata(frame).Truesize);
        }

        arena.ReleaseChain(range, Holders.OutOfOrderQueue);
    }

    private SequenceNumber RangeStart(Frame range) => new(arena.Metadata(range).Sequence);

    private SequenceNumber RangeEnd(Frame range)
    {
        ref var metadata = ref arena.Metadata(range);
        return new SequenceNumber(metadata.Sequence) + metadata.TotalLength;
    }
}
