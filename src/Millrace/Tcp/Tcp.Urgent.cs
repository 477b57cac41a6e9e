using System.Buffers.Binary;
using Millrace.Headers;
using Millrace.Interop;
using Millrace.Memory;

namespace Millrace.Tcp;

/// <content>
/// Urgent data (RFC 9293 §3.8.5, RFC 6093), as Linux has it: the pointer is taken to lie behind the urgent byte (RFC 961) unless tcp_stdurg
/// says that it is that byte. The byte stays in the stream, as SO_OOBINLINE has it; who wants it out of band skips it there. A connection that has
/// any goes the way of all connections until the mark is behind.
/// </content>
public sealed partial class Tcp<TSettings, TMemory, TSmallQueues, TApplications, TCongestionControl>
{
    private const int UrgentPointerOffset = 18;

    private readonly NativeTable<UrgentData> urgent;

    public override int WriteUrgent(int index, ReadOnlySpan<byte> source)
    {
        var written = Write(index, source);
        if (written > 0)
        {
            ref var connection = ref connections[index];
            OwnUrgent(index, ref connection).SndUp = connection.WriteSequence;
        }

        return written;
    }

    public override bool TryGetUrgent(int index, out TcpUrgent data)
    {
        data = default;
        ref var connection = ref connections[index];
        if (!connection.Has(TcpTraits.Urgent))
        {
            return false;
        }

        ref var own = ref urgent[index];
        ForgetUrgent(ref connection, ref own);
        data = new TcpUrgent(own.Sequence - CopiedOf(ref connection), own.State, own.Value);
        return own.State != TcpUrgentState.None;
    }

    public override void TakeUrgent(int index)
    {
        if (connections[index].Has(TcpTraits.Urgent) && urgent[index].State == TcpUrgentState.Received)
        {
            urgent[index].State = TcpUrgentState.Taken;
        }
    }

    public override bool SkipMissedUrgent(int index)
    {
        ref var connection = ref connections[index];
        if (!connection.Has(TcpTraits.Urgent) || !urgent[index].HasMissed)
        {
            return false;
        }

        urgent[index].HasMissed = false;
        if (urgent[index].Missed != CopiedOf(ref connection) || connection.Readable == 0)
        {
            return false;
        }

        Consume(index, 1);
        return true;
    }

    private ref UrgentData OwnUrgent(int index, ref TcpConnection connection)
    {
        ref var own = ref urgent[index];
        if (!connection.Has(TcpTraits.Urgent))
        {
            own = new UrgentData { SndUp = connection.SndUna };
            connection.Traits |= TcpTraits.Urgent;
        }

        return ref own;
    }

    /// <summary>The sequence number of the first byte that was not read (copied_seq).</summary>
    private static SequenceNumber CopiedOf(ref TcpConnection connection) =>
        connection.RcvNxt - connection.Readable - (connection.Has(TcpTraits.PeerClosed) ? 1 : 0);

    /// <summary>What was read past, or acknowledged, is urgent no more.</summary>
    private static void ForgetUrgent(ref TcpConnection connection, ref UrgentData own)
    {
        if (own.State != TcpUrgentState.None && CopiedOf(ref connection) > own.Sequence)
        {
            own.State = TcpUrgentState.None;
        }

        if (own.State == TcpUrgentState.None && own.SndUp <= connection.SndUna && !own.HasMissed)
        {
            connection.Traits &= ~TcpTraits.Urgent;
        }
    }

    /// <summary>Sixth: the URG bit (RFC 9293 §3.10.7.4; net/ipv4/tcp_input.c, tcp_urg).</summary>
    private void ArriveUrgent(int index, ref TcpConnection connection, ref TcpSegment segment)
    {
        if ((segment.Flags & TcpFlags.Urg) != 0)
        {
            NoteUrgentPointer(index, ref connection, ref segment);
        }

        if (!connection.Has(TcpTraits.Urgent))
        {
            return;
        }

        ref var own = ref urgent[index];
        var offset = own.Sequence - segment.Sequence;
        if (own.State == TcpUrgentState.Announced && (uint)offset < (uint)segment.PayloadLength)
        {
            own.Value = ByteOf(ref segment, offset);
            own.State = TcpUrgentState.Received;
            notices |= TcpNotices.Received;
        }

        ForgetUrgent(ref connection, ref own);
    }

    /// <summary>tcp_check_urg.</summary>
    private void NoteUrgentPointer(int index, ref TcpConnection connection, ref TcpSegment segment)
    {
        var header = Arena.Slot(ref segment.Metadata).Slice(segment.PayloadOffset - segment.OptionsLength - TcpHeader.MinimumLength, TcpHeader.MinimumLength);
        int pointer = TcpHeader.UrgentPointer(header);
        var sequence = segment.Sequence + (pointer > 0 && !settings.StandardUrgent ? pointer - 1 : pointer);
        var copied = CopiedOf(ref connection);
        if (copied > sequence || sequence < connection.RcvNxt)
        {
            return;
        }

        ref var own = ref OwnUrgent(index, ref connection);
        if (own.State != TcpUrgentState.None && sequence <= own.Sequence)
        {
            return;
        }

        if (own.State != TcpUrgentState.None && own.Sequence == copied && copied != connection.RcvNxt)
        {
            own.Missed = copied;
            own.HasMissed = true;
        }

        own.State = TcpUrgentState.Announced;
        own.Sequence = sequence;
    }

    private byte ByteOf(ref TcpSegment segment, int offset)
    {
        offset += segment.PayloadOffset - segment.Metadata.DataOffset;
        for (var frame = segment.Frame; ; frame = arena.Metadata(frame).NextFragment)
        {
            var data = arena.Data(frame);
            if (offset < data.Length)
            {
                return data[offset];
            }

            offset -= data.Length;
        }
    }

    /// <summary>tcp_urg_mode.</summary>
    private bool IsUrgent(int index, ref TcpConnection connection) => connection.Has(TcpTraits.Urgent) && urgent[index].SndUp > connection.SndUna;

    /// <summary>The pointer of a segment; 0 if none is to be told there (__tcp_transmit_skb).</summary>
    private ushort UrgentPointerAt(int index, ref TcpConnection connection, SequenceNumber sequence)
    {
        if (!IsUrgent(index, ref connection) || sequence >= urgent[index].SndUp)
        {
            return 0;
        }

        var distance = urgent[index].SndUp - sequence;
        return distance <= ushort.MaxValue ? (ushort)distance : sequence + ushort.MaxValue > connection.SndMax ? ushort.MaxValue : (ushort)0;
    }

    /// <summary>Puts the pointer into a header that is written, and whose checksum is left to others.</summary>
    private static void WriteUrgentPointer(ref FrameMetadata metadata, ushort pointer)
    {
        var header = Arena.Slot(ref metadata).Slice(metadata.DataOffset, TcpHeader.MinimumLength);
        TcpHeader.WriteFlags(header, TcpHeader.Flags(header) | TcpFlags.Urg);
        BinaryPrimitives.WriteUInt16BigEndian(header.Slice(UrgentPointerOffset, sizeof(ushort)), pointer);
    }

    /// <summary>An acknowledgment of a connection that may have something urgent to tell before the window lets it go.</summary>
    private bool TrySendUrgent(int index, ref TcpConnection connection, SequenceNumber sequence, TcpFlags flags)
    {
        var pointer = UrgentPointerAt(index, ref connection, sequence);
        if (pointer == 0)
        {
            return TrySendControl(ref connection, sequence, flags);
        }

        if (!outbox.TryReserve(out var frame))
        {
            return false;
        }

        ref var metadata = ref arena.Metadata(frame);
        metadata.DataLength = (ushort)connection.HeaderLength;
        WriteHeader(ref connection, ref metadata, sequence, connection.HeaderLength, 0, UnknownSum, flags);
        WriteUrgentPointer(ref metadata, pointer);
        Commit(ref connection, frame, ref metadata);
        counters.OutSegs++;
        AcknowledgmentSent(ref connection);
        return true;
    }
}
