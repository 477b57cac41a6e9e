using System.Runtime.CompilerServices;
using Millrace.Headers;
using Millrace.Memory;

namespace Millrace.Tcp;

/// <content>
/// What this end says it has beyond RCV.NXT, and what came twice (RFC 2018 §4, RFC 2883). The ranges of the out-of-order queue are the
/// blocks; each has the number of the arrival that changed it last, so that no connection keeps a list of them.
/// </content>
public sealed partial class Tcp<TSettings, TMemory, TSmallQueues, TApplications, TCongestionControl>
{
    /// <summary>Duplicates of a poll that can be reported; more are not (a report is never owed).</summary>
    private const int MostDuplicateNotes = 32;

    private readonly DuplicateNote[] duplicateNotes = new DuplicateNote[MostDuplicateNotes];
    private int duplicateNoteCount;
    private uint arrivals;

    private struct DuplicateNote
    {
        public int Connection;
        public int Generation;
        public SequenceNumber Start;
        public SequenceNumber End;
    }

    /// <summary>Something came twice: the next acknowledgment says so.</summary>
    private void NoteDuplicate(int index, ref TcpConnection connection, SequenceNumber start, SequenceNumber end, bool isOutOfOrder = false)
    {
        if (!settings.Dsack || !connection.Has(TcpTraits.Sack) || connection.Has(TcpTraits.DuplicateNoted)
            || duplicateNoteCount == MostDuplicateNotes || start >= end)
        {
            return;
        }

        counters.TCPDSACKOldSent += isOutOfOrder ? 0 : 1;
        counters.TCPDSACKOfoSent += isOutOfOrder ? 1 : 0;
        connection.Traits |= TcpTraits.DuplicateNoted;
        duplicateNotes[duplicateNoteCount++] = new DuplicateNote { Connection = index, Generation = connection.Generation, Start = start, End = end };
    }

    /// <summary>Takes the note of a connection; it is told once.</summary>
    private bool TryTakeDuplicate(int index, ref TcpConnection connection, out SequenceNumber start, out SequenceNumber end)
    {
        start = default;
        end = default;
        if (!connection.Has(TcpTraits.DuplicateNoted))
        {
            return false;
        }

        connection.Traits &= ~TcpTraits.DuplicateNoted;
        for (var i = 0; i < duplicateNoteCount; i++)
        {
            ref var note = ref duplicateNotes[i];
            if (note.Connection == index && note.Generation == connection.Generation)
            {
                (start, end) = (note.Start, note.End);
                note = duplicateNotes[--duplicateNoteCount];
                return true;
            }
        }

        return false;
    }

    /// <summary>The number of an arrival, for the range that it changed.</summary>
    private void StampRange(Frame range) => arena.Metadata(range).SentAt = ++arrivals;

    private static bool HasBlocks(ref TcpConnection connection) =>
        connection.Has(TcpTraits.Sack) && (!connection.OutOfOrder.IsEmpty || connection.Has(TcpTraits.DuplicateNoted));

    /// <summary>An acknowledgment with blocks. Data carries none: what is out of order is told by acknowledgments of its own.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool TrySendSelective(int index, ref TcpConnection connection, SequenceNumber sequence)
    {
        if (!outbox.TryReserve(out var frame))
        {
            return false;
        }

        ref var metadata = ref arena.Metadata(frame);
        var plain = connection.HeaderLength;
        var slot = Arena.Slot(ref metadata)[metadata.DataOffset..];
        var length = plain + WriteBlocks(index, ref connection, slot.Slice(plain, TcpHeader.MaximumLength - plain));
        metadata.DataLength = (ushort)length;
        WriteHeader(ref connection, ref metadata, sequence, length, 0, UnknownSum, connection.Has(TcpTraits.DemandCwr) ? TcpFlags.Ack | TcpFlags.Ece : TcpFlags.Ack);
        Commit(ref connection, frame, ref metadata);
        counters.OutSegs++;
        AcknowledgmentSent(ref connection);
        return true;
    }

    /// <returns>Bytes of options written.</returns>
    private int WriteBlocks(int index, ref TcpConnection connection, Span<byte> options)
    {
        var most = (options.Length - TcpOptions.AlignedSackHeaderLength) / TcpOptions.SackBlockLength;
        var blocks = options[TcpOptions.AlignedSackHeaderLength..];
        var count = 0;
        if (TryTakeDuplicate(index, ref connection, out var start, out var end))
        {
            TcpOptions.WriteSackBlock(blocks, start, end);
            count++;
        }

        // the range that changed last, then the one before it: so each is told several times (RFC 2018 §4)
        long told = -1;
        while (count < most && TryFindLastChanged(ref connection, told, out var range))
        {
            told = AgeOf(range);
            TcpOptions.WriteSackBlock(blocks[(count * TcpOptions.SackBlockLength)..], RangeStart(range), RangeEnd(range));
            count++;
        }

        if (count == 0)
        {
            return 0;
        }

        TcpOptions.WriteSackHeader(options, count);
        return TcpOptions.AlignedSackHeaderLength + (count * TcpOptions.SackBlockLength);
    }

    /// <summary>The range that changed last, of those older than <paramref name="told"/>.</summary>
    private bool TryFindLastChanged(ref TcpConnection connection, long told, out Frame found)
    {
        found = Frame.None;
        for (var range = connection.OutOfOrder.First; !range.IsNone; range = arena.Metadata(range).Next)
        {
            if (AgeOf(range) > told && (found.IsNone || AgeOf(range) < AgeOf(found)))
            {
                found = range;
            }
        }

        return !found.IsNone;
    }

    /// <summary>Arrivals since the range changed.</summary>
    private long AgeOf(Frame range) => arrivals - arena.Metadata(range).SentAt;
}
