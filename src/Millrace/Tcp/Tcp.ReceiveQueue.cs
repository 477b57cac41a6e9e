using Millrace.Headers;
using Millrace.Memory;

namespace Millrace.Tcp;

/// <content>
/// Seventh: the text of a segment that is next. The queue is one chain through NextFragment, and its frames show nothing but
/// payload; small payloads are copied behind the last frame, so that they pin no frame of their own.
/// </content>
public sealed partial class Tcp<TSettings, TMemory, TSmallQueues, TApplications, TCongestionControl>
{
    /// <summary>Bytes up to which a payload is copied.</summary>
    private const int CopyLimit = 256;

    private Verdict ArriveData(int index, ref TcpConnection connection, ref TcpSegment segment)
    {
        if (connection.Has(TcpTraits.Ecn))
        {
            TakeMark(index, ref connection, ref segment);
        }

        var skip = connection.RcvNxt - segment.Sequence;
        if (skip > 0)
        {
            NoteDuplicate(index, ref connection, segment.Sequence, segment.Sequence + Math.Min(skip, segment.PayloadLength));
        }

        if (skip >= segment.PayloadLength)
        {
            DemandDuplicateAck(index, ref connection);
            return Verdict.Drop(DropReason.TcpOldData);
        }

        if (segment.Metadata.GsoSize is > 0 and <= CopyLimit)
        {
            PackSegment(ref segment);
        }

        MeasureReceiveRtt(ref connection, segment.PayloadLength, segment.Options.TimestampEcho);
        if (skip < 0)
        {
            return ArriveOutOfOrder(index, ref connection, ref segment);
        }

        if (ReceiveWindow(ref connection) == 0)
        {
            counters.TCPZeroWindowDrop++;
            DemandQuickAck(index, ref connection);
            return Verdict.Drop(DropReason.TcpZeroWindow);
        }

        var length = segment.PayloadLength - skip;
        var allocated = connection.RmemAlloc;
        var verdict = Keep(ref connection, ref segment, skip, length);
        if (verdict.Kind == VerdictKind.Drop)
        {
            counters.TCPRcvQDrop++;
            DemandQuickAck(index, ref connection);
            return verdict;
        }

        connection.Readable += length;
        connection.RcvNxt += length;
        MeasureSegment(ref connection, segment.Metadata.GsoSize > 0 ? segment.Metadata.GsoSize : segment.PayloadLength);
        connection.Space.MeasureByWindow(connection.RcvNxt, connection.RcvWnd, now);
        if (length >= LengthThatGrows)
        {
            GrowWindow(ref connection, length, Math.Max(connection.RmemAlloc - allocated, Arena.FrameTruesize));
        }

        connection.Ack.Received(now, connection.RcvWnd, connection.RcvMss, connection.Rtt.Timeout);
        var hadGap = !connection.OutOfOrder.IsEmpty;
        if (hadGap)
        {
            TakeFromOutOfOrder(index, ref connection);
        }

        AcknowledgeData(index, ref connection, hadGap);
        notices |= TcpNotices.Received;
        return verdict;
    }

    /// <summary>Puts the payload's frames into the receive queue, or copies it there.</summary>
    private Verdict Keep(ref TcpConnection connection, ref TcpSegment segment, int skip, int length)
    {
        // in a buffer that is half full, room behind a frame is used for any payload (Linux's tcp_collapse, on arrival)
        if ((length <= CopyLimit || connection.RmemAlloc > connection.RcvBuf / 2)
            && TryCopyBehind(connection.ReceiveTail, Holders.ReceiveQueue, ref segment, skip, length))
        {
            counters.TCPRcvCoalesce++;
            return Verdict.Deliver;
        }

        var truesize = TruesizeOf(segment.Frame);
        if (!TryMakeRoom(ref connection, connection.RcvNxt, truesize) && !IsForced(ref connection))
        {
            return TryCopyBehind(connection.ReceiveTail, Holders.ReceiveQueue, ref segment, skip, length)
                ? Verdict.Deliver
                : Verdict.Drop(HasRoom(ref connection) ? DropReason.SocketMemory : DropReason.SocketReceiveBuffer);
        }

        if (!TryTakePayload(ref segment, skip, length, Holders.ReceiveQueue, keepsLent: connection.Readable == 0, out var taken))
        {
            return Verdict.Drop(DropReason.SocketMemory);
        }

        Append(ref connection, taken);
        ChargeReceive(ref connection, taken.Truesize);
        return taken.IsCopy ? Verdict.Deliver : Verdict.Queued;
    }

    /// <summary>
    /// What is next is taken by a reader that has nothing to read, or the connection would not go on (sk_forced_mem_schedule),
    /// unless what is kept back for all would go.
    /// </summary>
    private bool IsForced(ref TcpConnection connection) =>
        connection.ReceiveHead.IsNone && !IsOverHigh;

    private void Append(ref TcpConnection connection, Payload payload)
    {
        if (connection.ReceiveTail.IsNone)
        {
            connection.ReceiveHead = payload.Head;
        }
        else
        {
            arena.Metadata(connection.ReceiveTail).NextFragment = payload.Head;
        }

        connection.ReceiveTail = payload.Tail;
    }

    /// <summary>Copies a payload of one frame behind the data of a frame that is ours alone.</summary>
    private bool TryCopyBehind(Frame last, Holders holder, ref TcpSegment segment, int skip, int length)
    {
        if (last.IsNone || !segment.Metadata.NextFragment.IsNone)
        {
            return false;
        }

        ref var metadata = ref arena.Metadata(last);
        var end = metadata.DataOffset + metadata.DataLength;
        if (end + length > Arena.Stride || metadata.Holders != holder || (metadata.Flags & FrameFlags.Borrowed) != 0)
        {
            return false;
        }

        Arena.Slot(ref segment.Metadata).Slice(segment.PayloadOffset + skip, length).CopyTo(Arena.Slot(ref metadata)[end..]);
        metadata.DataLength = (ushort)(metadata.DataLength + length);
        return true;
    }

    /// <summary>Frames that show payload only, held by a queue.</summary>
    private struct Payload
    {
        public Frame Head;
        public Frame Tail;
        public int Truesize;

        /// <summary>The bytes were copied; the packet stays the loop's.</summary>
        public bool IsCopy;
    }

    /// <summary>
    /// Takes the frames of a segment's payload over from the loop, or copies them if somebody else holds them too. They move
    /// to the sockets' share.
    /// </summary>
    /// <param name="keepsLent">
    /// Whether bytes that another arena lends are kept. A reader that is behind would keep them from their sender for as long
    /// as it likes, so only the next to be read are.
    /// </param>
    private bool TryTakePayload(ref TcpSegment segment, int skip, int length, Holders holder, bool keepsLent, out Payload payload)
    {
        payload = default;
        var holders = Holders.None;
        var flags = FrameFlags.None;
        for (var frame = segment.Frame; !frame.IsNone;)
        {
            ref var metadata = ref arena.Metadata(frame);
            holders |= metadata.Holders;
            flags |= metadata.Flags;
            frame = metadata.NextFragment;
        }

        if (holders != Holders.Loop || (!keepsLent && (flags & FrameFlags.Borrowed) != 0))
        {
            return TryCopyPayload(ref segment, skip, length, holder, out payload);
        }

        if (!arena.TryMoveChain(segment.Frame, Share.Sockets))
        {
            return false;
        }

        skip += segment.PayloadOffset - segment.Metadata.DataOffset;
        for (var frame = segment.Frame; !frame.IsNone;)
        {
            ref var metadata = ref arena.Metadata(frame);
            var next = metadata.NextFragment;
            var count = Math.Min(metadata.DataLength - Math.Min(skip, metadata.DataLength), length);
            if (count == 0)
            {
                skip -= metadata.DataLength;
                arena.Release(frame, Holders.Loop);
            }
            else
            {
                metadata.DataOffset = (ushort)(metadata.DataOffset + skip);
                metadata.DataLength = (ushort)count;
                metadata.Holders = holder;
                metadata.NextFragment = Frame.None;
                skip = 0;
                length -= count;
                Link(ref payload, frame, metadata.Truesize);
            }

            frame = next;
        }

        return true;
    }

    private void Link(ref Payload payload, Frame frame, int truesize)
    {
        if (payload.Tail.IsNone)
        {
            payload.Head = frame;
        }
        else
        {
            arena.Metadata(payload.Tail).NextFragment = frame;
        }

        payload.Tail = frame;
        payload.Truesize += truesize;
    }

    private bool TryCopyPayload(ref TcpSegment segment, int skip, int length, Holders holder, out Payload payload)
    {
        payload = new Payload { IsCopy = true };
        skip += segment.PayloadOffset - segment.Metadata.DataOffset;
        for (var from = segment.Frame; !from.IsNone && length > 0; from = arena.Metadata(from).NextFragment)
        {
            var data = arena.Data(from);
            if (skip >= data.Length)
            {
                skip -= data.Length;
                continue;
            }

            data = data.Slice(skip, Math.Min(data.Length - skip, length));
            skip = 0;
            length -= data.Length;
            while (!data.IsEmpty)
            {
                if (!TryCopyInto(ref payload, ref data, holder))
                {
                    arena.ReleaseChain(payload.Head, holder);
                    payload = default;
                    return false;
                }
            }
        }

        return true;
    }

    /// <summary>Fills the last copy, then begins another.</summary>
    private bool TryCopyInto(ref Payload payload, ref Span<byte> data, Holders holder)
    {
        if (payload.Tail.IsNone || arena.Metadata(payload.Tail).DataLength == Arena.Stride)
        {
            if (!arena.TryAllocate(Share.Sockets, holder, out var copy))
            {
                return false;
            }

            arena.Metadata(copy).DataOffset = 0;
            Link(ref payload, copy, arena.Metadata(copy).Truesize);
        }

        ref var metadata = ref arena.Metadata(payload.Tail);
        var count = Math.Min(data.Length, Arena.Stride - metadata.DataLength);
        data[..count].CopyTo(Arena.Slot(ref metadata)[metadata.DataLength..]);
        metadata.DataLength = (ushort)(metadata.DataLength + count);
        data = data[count..];
        return true;
    }
}
