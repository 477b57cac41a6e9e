using Millrace.Headers;
using Millrace.Memory;

namespace Millrace.Tcp;

/// <content>What the peer says it has beyond SND.UNA (RFC 2018, RFC 2883; net/ipv4/tcp_input.c, tcp_sacktag_write_queue).</content>
public sealed partial class Tcp<TSettings, TMemory, TSmallQueues, TApplications, TCongestionControl>
{
    private const int MostSackBlocks = 4;

    private void TakeSacks(ref TcpConnection connection, ref TcpTransfer<TCongestionControl> transfer, ref TcpSegment segment, ref AckFacts facts)
    {
        var options = segment.OptionBytes;
        var count = Math.Min((int)segment.Options.SackCount, MostSackBlocks);
        var hadSacked = transfer.Board.SackedSegments > 0;
        for (var i = 0; i < count; i++)
        {
            var (start, end) = segment.Options.SackBlock(options, i);
            if (i == 0 && IsDuplicateReport(ref segment, options, count, start, end))
            {
                TakeDuplicateReport(ref connection, ref transfer, ref segment, ref facts, start, end);
            }
            else if (start < end && start > connection.SndUna && end <= connection.SndMax)
            {
                TakeBlock(ref connection, ref transfer, ref facts, start, end);
            }
            else if (end > connection.SndUna)
            {
                counters.TCPSACKDiscard++;
            }
        }

        if (hadSacked && facts.Is(AckFlags.Reordered) && (connection.LossState != LossState.Loss || transfer.Is(TransferFlags.MayUndo)))
        {
            NoteReordering(ref connection, ref transfer, facts.ReorderedFrom, ref counters.TCPSACKReorder);
        }
    }

    /// <summary>Only the first block can be one: below the acknowledgment, or within the second (RFC 2883 §4).</summary>
    private static bool IsDuplicateReport(ref TcpSegment segment, ReadOnlySpan<byte> options, int count, SequenceNumber start, SequenceNumber end)
    {
        if (start < segment.Acknowledgment)
        {
            return true;
        }

        if (count < 2)
        {
            return false;
        }

        var (outerStart, outerEnd) = segment.Options.SackBlock(options, 1);
        return end <= outerEnd && start >= outerStart;
    }

    private void TakeDuplicateReport(
        ref TcpConnection connection, ref TcpTransfer<TCongestionControl> transfer, ref TcpSegment segment, ref AckFacts facts, SequenceNumber start, SequenceNumber end)
    {
        var length = end - start;
        var isBelow = end <= connection.SndUna;
        if (length <= 0 || end > connection.SndMax || length > Math.Max(connection.MaxWindow, connection.Mss)
            || (isBelow && transfer.Is(TransferFlags.MayUndo) && end > transfer.UndoMarker && start < transfer.UndoMarker))
        {
            counters.TCPDSACKIgnoredNoUndo += transfer.Is(TransferFlags.MayUndo) ? 0 : 1;
            counters.TCPDSACKIgnoredOld += transfer.Is(TransferFlags.MayUndo) ? 1 : 0;
            return;
        }

        counters.TCPDSACKRecv += start < segment.Acknowledgment ? 1 : 0;
        counters.TCPDSACKOfoRecv += start < segment.Acknowledgment ? 0 : 1;
        facts.Flags |= AckFlags.Duplicate;
        if (transfer.Is(TransferFlags.Probing) && length <= connection.Mss && end == transfer.TlpHighSequence)
        {
            facts.Flags |= AckFlags.DuplicateOfProbe;
        }
        else if (transfer.Is(TransferFlags.ReorderingSeen))
        {
            transfer.Flags |= TransferFlags.DsackSeen;
        }

        if (transfer.Is(TransferFlags.MayUndo) && transfer.UndoRetransmitted > 0 && end > transfer.UndoMarker)
        {
            transfer.UndoRetransmitted = Math.Max(transfer.UndoRetransmitted - SegmentsOf(ref connection, length), 0);
        }
    }

    private void TakeBlock(
        ref TcpConnection connection, ref TcpTransfer<TCongestionControl> transfer, ref AckFacts facts, SequenceNumber start, SequenceNumber end)
    {
        ref var board = ref transfer.Board;
        var head = connection.SendHead;
        if (head.IsNone || head == connection.SendNext)
        {
            return;
        }

        // what is acknowledged may still stand in the queue
        var frame = scoreboard.Find(ref board, head, SequenceNumber.Max(start, new SequenceNumber(arena.Metadata(head).Sequence)));
        if (new SequenceNumber(arena.Metadata(frame).Sequence) < start)
        {
            // its first part is not in the block, so it is not delivered
            frame = NextInSendQueue(frame);
        }

        while (!frame.IsNone)
        {
            frame = scoreboard.NextUnsacked(frame);
            if (frame.IsNone || frame == connection.SendNext || EndOf(ref arena.Metadata(frame)) > end)
            {
                return;
            }

            SackFrame(ref connection, ref transfer, ref facts, frame);
            frame = NextInSendQueue(frame);
        }
    }

    private void SackFrame(ref TcpConnection connection, ref TcpTransfer<TCongestionControl> transfer, ref AckFacts facts, Frame frame)
    {
        ref var board = ref transfer.Board;
        ref var metadata = ref arena.Metadata(frame);
        var start = new SequenceNumber(metadata.Sequence);
        var end = EndOf(ref metadata);
        var isRepeated = scoreboard.Has(frame, SendMarks.EverRetransmitted);
        AdvanceRack(ref transfer, metadata.SentAt, end, isRepeated);
        if (TCongestionControl.NeedsRateSamples)
        {
            NoteDelivered(ref connection, frame, metadata.SentAt, end, isRepeated);
        }

        if (!isRepeated)
        {
            if (board.SackedSegments > 0 && start < board.HighestSacked)
            {
                facts.NoteReordered(start);
            }

            facts.Flags |= end <= transfer.HighSequence ? AckFlags.Original : AckFlags.None;
            facts.SackedSentAt = metadata.SentAt;
        }

        facts.Flags |= AckFlags.Sacked;
        facts.Delivered += PayloadLengthOf(ref metadata);
        scoreboard.MarkSacked(ref board, frame);
    }

    /// <summary>Something low has arrived behind something high (tcp_check_sack_reordering).</summary>
    private void NoteReordering(ref TcpConnection connection, ref TcpTransfer<TCongestionControl> transfer, SequenceNumber low, ref long counter)
    {
        ref var board = ref transfer.Board;
        var distance = (board.SackedSegments > 0 ? board.HighestSacked : connection.SndUna) - low;
        if (distance <= 0 || !connection.Has(TcpTraits.Sack))
        {
            return;
        }

        transfer.Reordering = (ushort)Math.Max(transfer.Reordering, Math.Min(SegmentsOf(ref connection, distance), settings.MaxReordering));
        transfer.Flags |= TransferFlags.ReorderingSeen;
        counter++;
    }

    /// <summary>Lets go of the frames below SND.UNA, and takes note of what each was (tcp_clean_rtx_queue).</summary>
    private void FreeMarked(ref TcpConnection connection, ref TcpTransfer<TCongestionControl> transfer, ref AckFacts facts)
    {
        ref var board = ref transfer.Board;
        var isSack = connection.Has(TcpTraits.Sack);
        var highest = board.HighestSacked;
        var hadSacked = isSack && board.SackedSegments > 0;
        while (!connection.SendHead.IsNone && connection.SendHead != connection.SendNext)
        {
            var frame = connection.SendHead;
            ref var metadata = ref arena.Metadata(frame);
            var end = EndOf(ref metadata);
            if (end > connection.SndUna)
            {
                break;
            }

            var mark = scoreboard.Remove(ref board, frame);
            facts.Segments++;
            if (TCongestionControl.NeedsRateSamples)
            {
                NoteDelivered(ref connection, frame, metadata.SentAt, end, (mark & SendMarks.EverRetransmitted) != 0);
            }

            if ((mark & SendMarks.EverRetransmitted) != 0)
            {
                facts.Flags |= AckFlags.Repeated;
            }
            else if ((mark & SendMarks.Sacked) == 0)
            {
                facts.FirstSentAt = facts.FirstSentAt == 0 ? metadata.SentAt : facts.FirstSentAt;
                facts.LastSentAt = metadata.SentAt;
                facts.Flags |= end <= transfer.HighSequence ? AckFlags.Original : AckFlags.None;
                if (hadSacked && new SequenceNumber(metadata.Sequence) < highest)
                {
                    facts.NoteReordered(new SequenceNumber(metadata.Sequence));
                }
            }

            if (isSack && (mark & SendMarks.Sacked) == 0)
            {
                facts.Delivered += PayloadLengthOf(ref metadata);
                AdvanceRack(ref transfer, metadata.SentAt, end, (mark & SendMarks.EverRetransmitted) != 0);
            }

            RemoveFirst(ref connection, ref metadata);
        }

        FreeAcknowledged(ref connection);
        if (!isSack)
        {
            RemoveDuplicates(ref connection, ref board, ref facts);

            // without the option nobody knows whether it was the original that arrived
            facts.Flags &= facts.Is(AckFlags.Repeated) ? ~AckFlags.Original : ~AckFlags.None;
        }
        else if (hadSacked && facts.Is(AckFlags.Reordered))
        {
            NoteReordering(ref connection, ref transfer, facts.ReorderedFrom, ref counters.TCPSACKReorder);
        }
    }

    /// <returns>The round trip in microseconds for the congestion control, -1 if the acknowledgment says nothing of it.</returns>
    private int MeasureDisturbed(ref TcpConnection connection, ref TcpTransfer<TCongestionControl> transfer, ref TcpSegment segment, ref AckFacts facts)
    {
        // what went again says nothing (Karn and Partridge), unless by its timestamp
        if (facts.FirstSentAt != 0 && !facts.Is(AckFlags.Repeated))
        {
            var last = Since(facts.LastSentAt);
            Measure(ref connection, Since(facts.FirstSentAt));
            NoteRtt(ref transfer, last);
            return last;
        }

        if (facts.SackedSentAt != 0)
        {
            var sacked = Since(facts.SackedSentAt);
            Measure(ref connection, sacked);
            NoteRtt(ref transfer, sacked);
            return sacked;
        }

        if (facts.Is(AckFlags.Advanced))
        {
            MeasureAcknowledged(ref connection, segment.Options.TimestampEcho, 0);
        }

        return -1;
    }

    // the lowest bit of the time is set to tell it from none, so it may lie one ahead
    private int Since(uint sentAt) => Math.Max((int)(microseconds - sentAt), 1);
}
