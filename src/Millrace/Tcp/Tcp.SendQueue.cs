using System.Runtime.CompilerServices;
using Millrace.Headers;
using Millrace.Memory;

namespace Millrace.Tcp;

/// <content>
/// What the application wrote, from SND.UNA on: one full segment a frame, so that a frame can be sent, chained and repeated
/// as it is. A payload starts at <see cref="Arena.Headroom"/> and ends where the frame's data ends; neither moves when headers
/// are written in front of it, so they are all that is needed to write other headers later.
/// </content>
public sealed partial class Tcp<TSettings, TMemory, TSmallQueues, TApplications, TCongestionControl>
{
    private const long WritableRetry = 10 * Millisecond;

    /// <summary>
    /// The queue's links, by frame. FrameMetadata.Next belongs to whoever queues a packet on its way down (neighbour, GSO),
    /// while the frame stays in this queue.
    /// </summary>
    private readonly int[] sendLinks;

    private readonly bool sumsPayloads;

    /// <summary>By frame of the queue, the sum of its payload, where payloads are summed.</summary>
    private readonly ushort[] payloadSums;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool MayWrite(ref TcpConnection connection) =>
        (connection.State is TcpState.Established or TcpState.CloseWait || connection.IsOpenEarly) && !connection.Has(TcpTraits.FinQueued)
        && (connection.Pending & (TcpPending.Reset | TcpPending.End)) == 0;

    public override int WritableOf(int index)
    {
        ref var connection = ref connections[index];
        if (!MayWrite(ref connection))
        {
            return 0;
        }

        var length = TailRoom(ref connection);
        var frames = Math.Max((connection.SndBuf - connection.WmemQueued + Arena.FrameTruesize - 1) / Arena.FrameTruesize, 0);
        frames = Math.Min(frames, FramesToSend(ref connection));
        var room = (int)Math.Min(length + ((long)frames * connection.Mss), int.MaxValue);
        return connection.Has(TcpTraits.NotSentLimited) ? Math.Min(room, NotSentRoom(index, ref connection)) : room;
    }

    public override int Write(int index, ReadOnlySpan<byte> source)
    {
        ref var connection = ref connections[index];
        if (!MayWrite(ref connection))
        {
            return 0;
        }

        if (TCongestionControl.NeedsRateSamples)
        {
            NoteApplicationLimit(ref connection);
        }

        // a message that fits a segment, and nothing before it that it could be put behind
        if (connection.SendTail.IsNone && (uint)(source.Length - 1) < connection.Mss && TryAddFrame(index, ref connection))
        {
            ref var metadata = ref arena.Metadata(connection.SendTail);
            AppendPayload(connection.SendTail, ref metadata, source, length: 0);
            connection.WriteSequence += source.Length;
            List(index, ref connection);
            return source.Length;
        }

        return WriteInPieces(index, ref connection, source);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private int WriteInPieces(int index, ref TcpConnection connection, ReadOnlySpan<byte> source)
    {
        var written = 0;
        var wanted = source.Length;
        connection.Traits &= ~TcpTraits.MoreFollows;
        if (connection.Has(TcpTraits.NotSentLimited))
        {
            source = source[..Math.Min(wanted, NotSentRoom(index, ref connection))];
        }

        while (written < source.Length)
        {
            var room = TailRoom(ref connection);
            if (room == 0)
            {
                if (!TryAddFrame(index, ref connection))
                {
                    break;
                }

                room = connection.Mss;
            }

            ref var metadata = ref arena.Metadata(connection.SendTail);
            var count = Math.Min(room, source.Length - written);
            AppendPayload(connection.SendTail, ref metadata, source.Slice(written, count), PayloadLengthOf(ref metadata));
            connection.WriteSequence += count;
            written += count;
        }

        if (written < wanted)
        {
            connection.Traits |= TcpTraits.WantsWritable;
        }

        if (written > 0)
        {
            List(index, ref connection);
        }

        return written;
    }

    /// <summary>Copies bytes behind the payload of a frame that is not on its way, and sums them in the same pass where software has to.</summary>
    /// <param name="length">Of the payload that is there.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void AppendPayload(Frame frame, ref FrameMetadata metadata, ReadOnlySpan<byte> bytes, int length)
    {
        var place = Arena.Slot(ref metadata).Slice(Arena.Headroom + length, bytes.Length);
        metadata.DataLength = (ushort)(metadata.DataLength + bytes.Length);
        if (!sumsPayloads)
        {
            bytes.CopyTo(place);
            return;
        }

        ref var sum = ref payloadSums[frame.Index];
        var part = InternetChecksum.CopyAndSum(bytes, place);
        sum = length == 0 ? part : InternetChecksum.Fold((uint)sum + ((length & 1) == 0 ? part : InternetChecksum.SwapForOddOffset(part)));
    }

    /// <summary>Sums the payload of a frame anew after it was cut.</summary>
    private void SumPayload(Frame frame, ref FrameMetadata metadata)
    {
        if (sumsPayloads)
        {
            payloadSums[frame.Index] = InternetChecksum.Sum(Arena.Slot(ref metadata).Slice(Arena.Headroom, PayloadLengthOf(ref metadata)));
        }
    }

    /// <summary>Bytes that fit behind the last frame: it must not be on its way, nor have been sent.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int TailRoom(ref TcpConnection connection)
    {
        if (connection.SendTail.IsNone)
        {
            return 0;
        }

        ref var metadata = ref arena.Metadata(connection.SendTail);
        return metadata.Holders == Holders.RetransmitQueue && new SequenceNumber(metadata.Sequence) >= connection.SndMax
            ? Math.Max(connection.Mss - PayloadLengthOf(ref metadata), 0)
            : 0;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool TryAddFrame(int index, ref TcpConnection connection)
    {
        if (connection.WmemQueued >= connection.SndBuf)
        {
            return false;
        }

        if (!MaySend(ref connection)
            || !arena.TryAllocate(Share.Sockets, Holders.RetransmitQueue, out var frame))
        {
            AwaitMemory(index, ref connection);
            return false;
        }

        LinkLast(ref connection, frame, connection.WriteSequence);
        if (connection.SendNext.IsNone)
        {
            connection.SendNext = frame;
        }

        return true;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void AwaitMemory(int index, ref TcpConnection connection)
    {
        ModerateSendBuffer(ref connection);

        // no acknowledgment may be due that would tell of room
        if (!connection.WritableAt.IsSet)
        {
            connection.WritableAt = now + WritableRetry;
        }

        Schedule(index, ref connection);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void LinkLast(ref TcpConnection connection, Frame frame, SequenceNumber sequence)
    {
        ref var metadata = ref arena.Metadata(frame);
        metadata.Sequence = sequence.Value;
        sendLinks[frame.Index] = 0;
        if (connection.SendTail.IsNone)
        {
            connection.SendHead = frame;
        }
        else
        {
            sendLinks[connection.SendTail.Index] = frame.Index;
        }

        connection.SendTail = frame;
        ChargeSend(ref connection, metadata.Truesize);
    }

    private Frame NextInSendQueue(Frame frame) => new(sendLinks[frame.Index]);

    /// <summary>Payload bytes of a frame of the send queue, whatever headers stand before them.</summary>
    private static int PayloadLengthOf(ref FrameMetadata metadata) => metadata.DataOffset + metadata.DataLength - Arena.Headroom;

    private static SequenceNumber EndOf(ref FrameMetadata metadata) => new SequenceNumber(metadata.Sequence) + PayloadLengthOf(ref metadata);

    /// <summary>Lets go of the frames below SND.UNA; those that the NIC still has become free with its completion.</summary>
    /// <returns>When the first of them was sent, in microseconds modulo 2^32; 0 if it was sent twice, or none went.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private uint FreeAcknowledged(ref TcpConnection connection)
    {
        uint sentAt = 0;
        var isFirst = true;
        while (!connection.SendHead.IsNone)
        {
            var frame = connection.SendHead;
            ref var metadata = ref arena.Metadata(frame);
            if (EndOf(ref metadata) > connection.SndUna)
            {
                // a part of it stays: it is cut when it is sent again, from SND.UNA on
                break;
            }

            if (isFirst)
            {
                sentAt = metadata.SentAt;
                isFirst = false;
            }

            RemoveFirst(ref connection, ref metadata);
        }

        if (connection.SendNext.IsNone && connection.SndNxt < connection.WriteSequence)
        {
            connection.SendNext = connection.SendHead;
        }

        while (!connection.SendNext.IsNone && EndOf(ref arena.Metadata(connection.SendNext)) <= connection.SndNxt
            && PayloadLengthOf(ref arena.Metadata(connection.SendNext)) > 0)
        {
            connection.SendNext = NextInSendQueue(connection.SendNext);
        }

        return sentAt;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void RemoveFirst(ref TcpConnection connection, ref FrameMetadata metadata)
    {
        var frame = connection.SendHead;
        var next = NextInSendQueue(frame);
        UnchargeSend(ref connection, metadata.Truesize);
        connection.SendHead = next;
        if (connection.SendTail == frame)
        {
            connection.SendTail = Frame.None;
        }

        if (connection.SendNext == frame)
        {
            connection.SendNext = next;
        }

        arena.Release(frame, ref metadata, Holders.RetransmitQueue);
    }

    /// <summary>
    /// Cuts a frame of the queue in two by copying its tail: after the path's MTU has shrunk, or for a window smaller than a
    /// segment.
    /// </summary>
    /// <param name="length">Payload bytes that stay in the frame.</param>
    /// <returns>False if the frame is on its way, or there is no memory.</returns>
    private bool TrySplit(ref TcpConnection connection, Frame frame, int length)
    {
        ref var metadata = ref arena.Metadata(frame);
        if (metadata.Holders != Holders.RetransmitQueue || !arena.TryAllocate(Share.Sockets, Holders.RetransmitQueue, out var rest))
        {
            return false;
        }

        ref var tail = ref arena.Metadata(rest);
        var count = PayloadLengthOf(ref metadata) - length;
        Arena.Slot(ref metadata).Slice(Arena.Headroom + length, count).CopyTo(Arena.Slot(ref tail)[Arena.Headroom..]);
        tail.DataLength = (ushort)count;
        tail.Sequence = metadata.Sequence + (uint)length;
        tail.SentAt = metadata.SentAt;
        metadata.DataOffset = Arena.Headroom;
        metadata.DataLength = (ushort)length;
        SumPayload(frame, ref metadata);
        SumPayload(rest, ref tail);
        sendLinks[rest.Index] = sendLinks[frame.Index];
        sendLinks[frame.Index] = rest.Index;
        if (connection.SendTail == frame)
        {
            connection.SendTail = rest;
        }

        if (connection.Has(TcpTraits.Disturbed) && new SequenceNumber(metadata.Sequence) < connection.SndMax)
        {
            scoreboard.Split(ref TransferOf(ref connection).Board, frame, rest);
            if (TCongestionControl.NeedsRateSamples)
            {
                sentRates[rest.Index] = sentRates[frame.Index];
            }
        }

        ChargeSend(ref connection, tail.Truesize);
        return true;
    }
}
