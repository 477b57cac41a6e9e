using System.Runtime.CompilerServices;
using Millrace.Headers;
using Millrace.Memory;

namespace Millrace.Tcp;

/// <content>A packet arrives: its header is checked and taken apart, its connection found.</content>
public sealed partial class Tcp<TSettings, TMemory, TSmallQueues, TApplications, TCongestionControl>
{
    /// <summary>A segment that was not predicted.</summary>
    /// <param name="found">Its connection, or None if nobody has looked for one.</param>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private Verdict ReceiveAny(int found, Frame frame, int networkOffset, int offset, int length, ref FrameMetadata metadata)
    {
        counters.InSegs += metadata.WirePackets;
        var linear = metadata.DataOffset + metadata.DataLength - offset;
        if (linear < TcpHeader.MinimumLength)
        {
            return Malformed(length < TcpHeader.MinimumLength ? DropReason.PacketTooSmall : DropReason.HeaderTruncated);
        }

        var slot = Arena.Slot(ref metadata);
        var header = slot.Slice(offset, linear);
        var headerLength = TcpHeader.HeaderLength(header);
        if (headerLength < TcpHeader.MinimumLength || headerLength > length)
        {
            return Malformed(DropReason.TcpHeader);
        }

        if (headerLength > linear)
        {
            // reassembly may cut anywhere, but no sender cuts a TCP header: not worth a copy
            return Malformed(DropReason.HeaderTruncated);
        }

        var networkHeader = slot.Slice(networkOffset, offset - networkOffset);
        var source = NetworkHeader.Source(networkHeader);
        var destination = NetworkHeader.Destination(networkHeader);
        if (metadata.Checksum == ChecksumState.None
            && PacketChecksum.Sum(arena, frame, offset, length, NetworkHeader.PseudoHeaderSum(source, destination, IpProtocol.Tcp, length)) != 0xFFFF)
        {
            counters.InCsumErrors++;
            return Malformed(DropReason.TcpChecksum);
        }

        var segment = SegmentOf(frame, networkOffset, offset, headerLength, length, ref metadata);
        if (found != None)
        {
            return Arrive(found, ref segment);
        }

        var hash = flows.Hash(in segment.Key);
        if (!flows.TryFind(in segment.Key, hash, out found))
        {
            return ArriveWithoutConnection(ref segment, hash);
        }

        return found >= 0 ? Arrive(found, ref segment) : ArriveInTimeWait(~found, ref segment, hash);
    }

    /// <param name="length">Bytes of header and payload.</param>
    private static TcpSegment SegmentOf(Frame frame, int networkOffset, int offset, int headerLength, int length, ref FrameMetadata metadata)
    {
        var slot = Arena.Slot(ref metadata);
        var header = slot.Slice(offset, headerLength);
        var networkHeader = slot.Slice(networkOffset, offset - networkOffset);
        var segment = new TcpSegment
        {
            Frame = frame,
            Metadata = ref metadata,
            Key = new FlowKey(
                NetworkHeader.Destination(networkHeader), NetworkHeader.Source(networkHeader), TcpHeader.DestinationPort(header), TcpHeader.SourcePort(header)),
            Sequence = TcpHeader.Sequence(header),
            Acknowledgment = TcpHeader.Acknowledgment(header),
            Flags = TcpHeader.Flags(header),
            Window = TcpHeader.Window(header),
            PayloadOffset = offset + headerLength,
            PayloadLength = length - headerLength,
            OptionsLength = headerLength - TcpHeader.MinimumLength,
        };
        if (headerLength > TcpHeader.MinimumLength)
        {
            segment.Options = TcpOptions.Read(header[TcpHeader.MinimumLength..], segment.IsSyn);
        }

        return segment;
    }

    private Verdict Arrive(int index, ref TcpSegment segment)
    {
        ref var connection = ref connections[index];
        connection.LastReceivedAt = now;
        notices = TcpNotices.None;
        var verdict = connection.State switch
        {
            TcpState.Established when IsPredicted(ref connection, ref segment) => ArrivePredicted(index, ref connection, ref segment),
            TcpState.Closed => Verdict.Drop(DropReason.TcpClose),
            TcpState.SynSent => ArriveInSynSent(index, ref connection, ref segment),
            _ => ArriveSynchronized(index, ref connection, ref segment),
        };
        if (notices != TcpNotices.None)
        {
            Tell(index);
        }

        return verdict;
    }

    /// <summary>Calls the application, last of all: a handler may do anything to its connection.</summary>
    private void Tell(int index)
    {
        var told = notices;
        notices = TcpNotices.None;
        ref var connection = ref connections[index];
        if (!connection.HasSlot || connection.Has(TcpTraits.Orphan))
        {
            return;
        }

        if (told != TcpNotices.Received)
        {
            TellMore(index, told);
        }
        else if (connection.Has(TcpTraits.InUse) && (connection.Pending & TcpPending.Reset) == 0)
        {
            applications.Received(connection.Application, connection.Slot, new Sockets.TcpSocket(this, index));
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void TellMore(int index, TcpNotices told)
    {
        ref var connection = ref connections[index];
        var generation = connection.Generation;
        var application = connection.Application;
        var slot = connection.Slot;
        if ((told & TcpNotices.Connected) != 0)
        {
            applications.Connected(application, slot, new Sockets.TcpSocket(this, index));
        }

        if ((told & TcpNotices.Received) != 0 && IsListening(index, generation))
        {
            applications.Received(application, slot, new Sockets.TcpSocket(this, index));
        }

        if ((told & TcpNotices.PeerClosed) != 0 && IsListening(index, generation))
        {
            applications.PeerClosed(application, slot, new Sockets.TcpSocket(this, index));
        }

        if ((told & TcpNotices.Writable) != 0 && IsListening(index, generation))
        {
            applications.Writable(application, slot, new Sockets.TcpSocket(this, index));
        }
    }

    /// <summary>Whether the application still wants to hear of the connection.</summary>
    private bool IsListening(int index, int generation)
    {
        ref var connection = ref connections[index];
        return connection.Generation == generation && connection.Has(TcpTraits.InUse) && !connection.Has(TcpTraits.Orphan)
            && (connection.Pending & TcpPending.Reset) == 0;
    }

    private Verdict Malformed(DropReason reason)
    {
        counters.InErrs++;
        return Verdict.Drop(reason);
    }
}
