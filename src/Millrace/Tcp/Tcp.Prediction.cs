using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Millrace.Headers;
using Millrace.Memory;

namespace Millrace.Tcp;

/// <content>
/// Header prediction (Van Jacobson; tcp_rcv_established's fast path) for a segment in a frame of its own: compared with what its connection
/// expects next before anything of it is taken apart, and then in one line to the receive queue. It does what the way of all segments
/// would do, and whatever is not as expected goes that way from the start.
/// </content>
public sealed partial class Tcp<TSettings, TMemory, TSmallQueues, TApplications, TCongestionControl>
{
    private const int ControlOffset = 12;

    /// <summary>Data offset and flags of the fourth word, PSH and what is reserved left out.</summary>
    private const uint PredictedBits = 0xF0F7_0000;

    private const int DataOffsetShift = 26;
    private const int FlagsShift = 16;

    /// <summary>The connection of the last segment that was predicted: the next is often its.</summary>
    private int lastPredicted;

    /// <param name="networkOffset">Offset of the network header from the start of the slot.</param>
    /// <param name="offset">Offset of the TCP header.</param>
    /// <param name="length">Bytes from the TCP header to the end of the packet, over all its frames.</param>
    public Verdict Receive(Frame frame, int networkOffset, int offset, int length, ref FrameMetadata metadata)
    {
        if (length < TcpHeader.MinimumLength || metadata.DataOffset + metadata.DataLength - offset != length
            || !metadata.NextFragment.IsNone || metadata.GsoSize != 0 || metadata.Checksum == ChecksumState.None || connections.Length == 0)
        {
            return ReceiveAny(None, frame, networkOffset, offset, length, ref metadata);
        }

        var slot = Arena.Slot(ref metadata);
        var header = slot.Slice(offset, TcpHeader.MinimumLength);
        var networkHeader = slot.Slice(networkOffset, offset - networkOffset);
        var (source, destination) = (NetworkHeader.Source(networkHeader), NetworkHeader.Destination(networkHeader));
        var index = lastPredicted;
        ref var connection = ref connections[index];
        if (TcpHeader.SourcePort(header) != connection.RemotePort || TcpHeader.DestinationPort(header) != connection.LocalPort
            || source != connection.RemoteAddress || destination != connection.LocalAddress || connection.State != TcpState.Established)
        {
            index = FindConnection(networkHeader, header);
            if (index < 0)
            {
                return ReceiveAny(None, frame, networkOffset, offset, length, ref metadata);
            }

            lastPredicted = index;
            connection = ref connections[index];
        }

        // what is expected next; an acknowledgment that may count as a duplicate is not
        var headerLength = connection.HeaderLength;
        var payloadLength = length - headerLength;
        var control = BinaryPrimitives.ReadUInt32BigEndian(header.Slice(ControlOffset, 4));
        var sequence = TcpHeader.Sequence(header);
        var acknowledgment = TcpHeader.Acknowledgment(header);
        if ((control & PredictedBits) != (((uint)headerLength << DataOffsetShift) | ((uint)TcpFlags.Ack << FlagsShift))
            || sequence != connection.RcvNxt
            || (uint)(acknowledgment - connection.SndUna) > (uint)(connection.SndMax - connection.SndUna)
            || (int)(control & ushort.MaxValue) << connection.SendWindowScale != connection.SndWnd
            || (uint)payloadLength > (uint)ReceiveWindow(ref connection)
            || !connection.OutOfOrder.IsEmpty
            || connection.State != TcpState.Established
            || connection.Has(TcpTraits.PeerFinSeen | TcpTraits.Orphan | TcpTraits.Disturbed | TcpTraits.Ecn | TcpTraits.MoreFollows | TcpTraits.Urgent)
            || (payloadLength == 0 && acknowledgment == connection.SndUna && connection.SndMax != connection.SndUna))
        {
            return ReceiveAny(index, frame, networkOffset, offset, length, ref metadata);
        }

        uint echo = 0;
        if (connection.Has(TcpTraits.Timestamps)
            && !TryTakeTimestamps(ref connection, slot.Slice(offset + TcpHeader.MinimumLength, TcpOptions.AlignedTimestampsLength), sequence, out echo))
        {
            return ReceiveAny(index, frame, networkOffset, offset, length, ref metadata);
        }

        counters.InSegs += metadata.WirePackets;
        connection.LastReceivedAt = now;
        notices = TcpNotices.None;
        connection.ProbesOut = 0;
        connection.KeepAliveProbesOut = 0;
        connection.SndWl1 = sequence;
        if (acknowledgment != connection.SndUna)
        {
            AcknowledgeNew(index, ref connection, acknowledgment, echo);
        }

        if (connection.RetransmitTimer == RetransmitTimer.Probe)
        {
            AdjustProbeTimer(index, ref connection);
        }

        if (!connection.SendNext.IsNone || connection.IsFinDue)
        {
            List(index);
        }

        Verdict verdict;
        if (payloadLength == 0)
        {
            counters.TCPPureAcks++;
            verdict = Verdict.Consumed;
        }
        else
        {
            counters.TCPHPHits++;
            verdict = ArrivePredictedData(index, ref connection, frame, networkOffset, offset, headerLength, payloadLength, echo, ref metadata);
        }

        if (notices != TcpNotices.None)
        {
            Tell(index);
        }

        return verdict;
    }

    /// <returns>Negative for none, or one in TIME-WAIT.</returns>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private int FindConnection(ReadOnlySpan<byte> networkHeader, ReadOnlySpan<byte> header)
    {
        var key = new FlowKey(
            NetworkHeader.Destination(networkHeader), NetworkHeader.Source(networkHeader), TcpHeader.DestinationPort(header), TcpHeader.SourcePort(header));
        return flows.TryFind(in key, out var index) ? index : None;
    }

    /// <summary>Takes the timestamps of a predicted segment (RFC 7323 §4.3 (2)); one that is older than the last is not.</summary>
    private bool TryTakeTimestamps(ref TcpConnection connection, ReadOnlySpan<byte> options, SequenceNumber sequence, out uint echo)
    {
        var value = BinaryPrimitives.ReadUInt32BigEndian(options.Slice(4, 4));
        echo = BinaryPrimitives.ReadUInt32BigEndian(options.Slice(8, 4));
        if (BinaryPrimitives.ReadUInt32BigEndian(options) != TcpOptions.AlignedTimestampsWord || (int)(value - connection.TsRecent) < 0)
        {
            return false;
        }

        if (sequence <= connection.RcvWup)
        {
            connection.TsRecent = value;
            connection.TsRecentSecond = (uint)(now / Second);
        }

        return true;
    }

    /// <summary>Its frame becomes the receive queue where that is empty, or its last frame; else the text goes the way of all text.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Verdict ArrivePredictedData(
        int index, ref TcpConnection connection, Frame frame, int networkOffset, int offset, int headerLength, int length, uint echo,
        ref FrameMetadata metadata)
    {
        var truesize = metadata.Truesize;
        var isLast = connection.ReceiveTail.IsNone || (length > CopyLimit && connection.RmemAlloc <= connection.RcvBuf / 2);
        if (!isLast || metadata.Holders != Holders.Loop
            || !HasRoom(ref connection) || !MayKeep(ref connection, truesize)
            || ((metadata.Flags & FrameFlags.Borrowed) != 0 && connection.Readable != 0)
            || !arena.TryMoveShare(ref metadata, Share.Sockets))
        {
            return ArriveAnyData(index, ref connection, frame, networkOffset, offset, headerLength, length, ref metadata);
        }

        if (echo != 0)
        {
            MeasureReceiveRtt(ref connection, length, echo);
        }

        metadata.DataOffset = (ushort)(offset + headerLength);
        metadata.DataLength = (ushort)length;
        metadata.Holders = Holders.ReceiveQueue;
        if (connection.ReceiveTail.IsNone)
        {
            connection.ReceiveHead = frame;
        }
        else
        {
            arena.Metadata(connection.ReceiveTail).NextFragment = frame;
        }

        connection.ReceiveTail = frame;
        ChargeReceive(ref connection, truesize);
        connection.Readable += length;
        connection.RcvNxt += length;
        if (length >= connection.RcvMss)
        {
            MeasureSegment(ref connection, length);
        }

        connection.Space.MeasureByWindow(connection.RcvNxt, connection.RcvWnd, now);
        if (length >= LengthThatGrows)
        {
            GrowWindow(ref connection, length, truesize);
        }

        connection.Ack.Received(now, connection.RcvWnd, connection.RcvMss, connection.Rtt.Timeout);
        AcknowledgeData(index, ref connection, hadGap: false);
        notices |= TcpNotices.Received;
        return Verdict.Queued;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private Verdict ArriveAnyData(
        int index, ref TcpConnection connection, Frame frame, int networkOffset, int offset, int headerLength, int length, ref FrameMetadata metadata)
    {
        var segment = SegmentOf(frame, networkOffset, offset, headerLength, headerLength + length, ref metadata);
        return ArriveData(index, ref connection, ref segment);
    }
}
