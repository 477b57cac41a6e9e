using System.Runtime.CompilerServices;
using Millrace.Headers;
using Millrace.Memory;

namespace Millrace.Tcp;

/// <content>Segments are written: headers into the headroom of a frame, the checksum left to whoever can finish it.</content>
public sealed partial class Tcp<TSettings, TMemory, TSmallQueues, TApplications, TCongestionControl>
{
    private const int UnknownSum = -1;

    /// <summary>Writes the header in front of a payload of the send queue and commits the packet; the outbox has room.</summary>
    /// <param name="sequence">Of the first byte to send, which may lie inside <paramref name="head"/>.</param>
    private void Transmit(
        int index, ref TcpConnection connection, Frame head, Frame last, SequenceNumber sequence, int length, int segments, TcpFlags flags)
    {
        ref var metadata = ref arena.Metadata(head);
        var end = metadata.DataOffset + metadata.DataLength;
        var payload = Arena.Headroom + (sequence - new SequenceNumber(metadata.Sequence));
        var headerLength = connection.HeaderLength;
        metadata.DataOffset = (ushort)(payload - headerLength);
        metadata.DataLength = (ushort)(end - metadata.DataOffset);
        for (var frame = head; frame != last;)
        {
            var next = NextInSendQueue(frame);
            ref var fragment = ref arena.Metadata(next);
            fragment.DataLength = (ushort)PayloadLengthOf(ref fragment);
            fragment.DataOffset = Arena.Headroom;
            arena.Metadata(frame).NextFragment = next;
            frame = next;
        }

        arena.Metadata(last).NextFragment = Frame.None;
        metadata.WirePackets = (ushort)segments;
        metadata.GsoSize = (ushort)(segments > 1 ? connection.Mss : 0);
        var sum = sumsPayloads && segments == 1 && payload == Arena.Headroom && !connection.Has(TcpTraits.Urgent) ? payloadSums[head.Index] : UnknownSum;
        WriteHeader(ref connection, ref metadata, sequence, headerLength, length, sum, flags);
        if (connection.Has(TcpTraits.Urgent) && UrgentPointerAt(index, ref connection, sequence) is > 0 and var pointer)
        {
            WriteUrgentPointer(ref metadata, pointer);
        }

        Charge(index, ref connection, head);
        if (connection.Has(TcpTraits.Paced))
        {
            Depart(index, ref connection, segments, length);
        }

        ref var outgoing = ref Commit(ref connection, head, ref metadata);
        if (connection.Has(TcpTraits.Ecn) && sequence >= connection.SndMax)
        {
            MarkCapable(ref outgoing, ref metadata, flags);
        }

        AcknowledgmentSent(ref connection);
    }

    /// <param name="payloadSum">Of the payload, or <see cref="UnknownSum"/>: then the checksum is left to whoever can finish it.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void WriteHeader(
        ref TcpConnection connection, ref FrameMetadata metadata, SequenceNumber sequence, int headerLength, int length, int payloadSum, TcpFlags flags)
    {
        var header = Arena.Slot(ref metadata).Slice(metadata.DataOffset, headerLength);
        var ports = ((uint)connection.LocalPort << 16) | connection.RemotePort;
        var control = ((uint)headerLength << 26) | ((uint)flags << 16) | SelectWindow(ref connection);
        ulong sum = NetworkHeader.PseudoHeaderSum(connection.LocalAddress, connection.RemoteAddress, IpProtocol.Tcp, headerLength + length);
        if (payloadSum != UnknownSum)
        {
            // by the values, not by their bytes: a vector cannot be loaded from stores that have not left the store buffer yet
            sum += (ulong)ports + sequence.Value + connection.RcvNxt.Value + control + (uint)payloadSum;
        }

        if (connection.Has(TcpTraits.Timestamps))
        {
            var value = TimestampNow(ref connection);
            TcpOptions.WriteTimestamps(header.Slice(TcpHeader.MinimumLength, TcpOptions.AlignedTimestampsLength), value, connection.TsRecent);
            sum += payloadSum != UnknownSum ? (ulong)TcpOptions.AlignedTimestampsWord + value + connection.TsRecent : 0;
        }

        var folded = InternetChecksum.Fold(sum);
        TcpHeader.Write(header, ports, sequence, connection.RcvNxt, control, payloadSum != UnknownSum ? (ushort)~folded : folded);
        Describe(ref metadata, headerLength + length);
        metadata.Checksum = payloadSum != UnknownSum ? ChecksumState.None : ChecksumState.Partial;
        metadata.Hash = connection.TransmitHash;
    }

    /// <summary>Puts the pseudo-header's sum into the field, and says where to go on.</summary>
    private static void LeaveChecksum(ref FrameMetadata metadata, Span<byte> header, InetAddress local, InetAddress remote, int length)
    {
        TcpHeader.WriteChecksum(header, InternetChecksum.Fold(NetworkHeader.PseudoHeaderSum(local, remote, IpProtocol.Tcp, length)));
        Describe(ref metadata, length);
        metadata.Checksum = ChecksumState.Partial;
    }

    /// <summary>What the metadata of a head says of a segment whose header is written.</summary>
    /// <param name="length">Bytes of header and payload.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Describe(ref FrameMetadata metadata, int length)
    {
        metadata.TotalLength = length;
        metadata.TransportOffset = metadata.DataOffset;
        metadata.NetworkOffset = 0;
        metadata.ChecksumStart = metadata.DataOffset;
        metadata.ChecksumOffset = TcpHeader.ChecksumOffset;
        metadata.VlanTci = 0;
        metadata.Hash = 0;
        metadata.Flags = FrameFlags.None;
    }

    /// <summary>Queues a packet for the loop; the outbox has room.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ref Outgoing Commit(ref TcpConnection connection, Frame frame, ref FrameMetadata metadata)
    {
        ref var outgoing = ref outbox.Commit(frame, ref metadata);
        outgoing.Source = connection.LocalAddress;
        outgoing.Destination = connection.RemoteAddress;
        outgoing.Protocol = IpProtocol.Tcp;
        outgoing.Ttl = 0;
        outgoing.TrafficClass = 0;
        outgoing.DontFragment = true;
        outgoing.IsLinkFrame = false;
        return ref outgoing;
    }

    /// <summary>Sends a segment without payload.</summary>
    private bool TrySendControl(ref TcpConnection connection, SequenceNumber sequence, TcpFlags flags)
    {
        if (!outbox.TryReserve(out var frame))
        {
            return false;
        }

        ref var metadata = ref arena.Metadata(frame);
        var headerLength = connection.HeaderLength;
        metadata.DataLength = (ushort)headerLength;
        WriteHeader(ref connection, ref metadata, sequence, headerLength, 0, sumsPayloads ? 0 : UnknownSum, flags);
        Commit(ref connection, frame, ref metadata);
        counters.OutSegs++;
        AcknowledgmentSent(ref connection);
        return true;
    }

    /// <summary>Sends a SYN, or in SYN-RECEIVED a SYN-ACK.</summary>
    private bool TrySendSyn(int index, ref TcpConnection connection)
    {
        if (!outbox.TryReserve(out var frame))
        {
            return false;
        }

        var isAnswer = connection.State != TcpState.SynSent;
        var options = new TcpOptions
        {
            MaximumSegmentSize = (ushort)connection.AdvertisedMss,
            HasTimestamps = isAnswer ? connection.Has(TcpTraits.Timestamps) : settings.Timestamps,
            HasSackPermitted = isAnswer ? connection.Has(TcpTraits.Sack) : settings.Sack,
            TimestampValue = TimestampNow(ref connection),
            TimestampEcho = connection.TsRecent,
            HasWindowScale = isAnswer ? connection.ReceiveWindowScale > 0 || connection.SendWindowScale > 0 : settings.WindowScaling,
            WindowScale = connection.ReceiveWindowScale,
        };
        ref var metadata = ref arena.Metadata(frame);
        var slot = Arena.Slot(ref metadata);
        var headerLength = TcpHeader.MinimumLength + options.WriteSyn(slot[(metadata.DataOffset + TcpHeader.MinimumLength)..]);
        var isFirst = connection.SndMax == connection.Iss;
        var payload = 0;
        if (isFirst && connection.FastOpen != FastOpenTraits.None)
        {
            (headerLength, payload) = AddFastOpen(ref connection, slot[metadata.DataOffset..], headerLength);
        }

        metadata.DataLength = (ushort)(headerLength + payload);
        var header = slot.Slice(metadata.DataOffset, headerLength);
        TcpHeader.Write(
            header,
            connection.LocalPort,
            connection.RemotePort,
            connection.Iss,
            isAnswer ? connection.RcvNxt : default,
            headerLength,
            SynFlags(ref connection, isAnswer),
            (ushort)Math.Min(connection.RcvWnd, MaximumUnscaledWindow));
        LeaveChecksum(ref metadata, header, connection.LocalAddress, connection.RemoteAddress, headerLength + payload);
        metadata.Hash = connection.TransmitHash;
        Commit(ref connection, frame, ref metadata);
        counters.OutSegs++;
        connection.Pending &= ~TcpPending.Syn;
        connection.RcvWup = connection.RcvNxt;
        AcknowledgmentSent(ref connection);
        if (isFirst)
        {
            connection.SynSentAt = Math.Max(microseconds, 1);
            connection.SndNxt = connection.Iss + 1;
            connection.SndMax = connection.SndNxt + payload;
            StartRetransmission(index, ref connection);
        }

        return true;
    }

    /// <summary>Answers a segment that belongs to no connection with a reset (RFC 9293 §3.10.7.1).</summary>
    private void ReplyReset(ref TcpSegment segment)
    {
        counters.OutRsts++;
        if (segment.IsAck)
        {
            Reply(in segment.Key, segment.Acknowledgment, default, TcpFlags.Rst, 0, default);
        }
        else
        {
            Reply(in segment.Key, default, segment.End, TcpFlags.Rst | TcpFlags.Ack, 0, default);
        }
    }

    /// <summary>Sends a segment that no connection stands behind; lost if there is no room now.</summary>
    private void Reply(in FlowKey key, SequenceNumber sequence, SequenceNumber acknowledgment, TcpFlags flags, ushort window, TcpOptions options)
    {
        if (!outbox.TryReserve(out var frame))
        {
            counters.RepliesLost++;
            return;
        }

        ref var metadata = ref arena.Metadata(frame);
        var length = TcpHeader.MinimumLength + (options.HasTimestamps ? TcpOptions.AlignedTimestampsLength : 0);
        metadata.DataLength = (ushort)length;
        var header = Arena.Slot(ref metadata).Slice(metadata.DataOffset, length);
        TcpHeader.Write(header, key.LocalPort, key.RemotePort, sequence, acknowledgment, length, flags, window);
        if (options.HasTimestamps)
        {
            TcpOptions.WriteTimestamps(header[TcpHeader.MinimumLength..], options.TimestampValue, options.TimestampEcho);
        }

        LeaveChecksum(ref metadata, header, key.Local, key.Remote, length);
        outbox.TryCommit(new Outgoing
        {
            Frame = frame,
            Source = key.Local,
            Destination = key.Remote,
            Protocol = IpProtocol.Tcp,
            DontFragment = true,
        });
        counters.OutSegs++;
    }
}
