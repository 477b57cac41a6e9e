using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Millrace.Egress;
using Millrace.Headers;
using Millrace.Memory;

namespace Millrace.Ingress;

/// <summary>
/// The packets that GRO holds, by bucket, and those that are ready to go on. Everything that goes on while something is
/// ready goes behind it, so that no packet of a flow overtakes another.
/// </summary>
internal sealed class GroTable
{
    /// <summary>Control bits after which nothing more is merged.</summary>
    private const byte EndsMerging = SegmentHeader.Urg | SegmentHeader.Psh | SegmentHeader.Rst | SegmentHeader.Syn | SegmentHeader.Fin;

    private const int PlainHeaders = SegmentHeader.Ipv4Length + SegmentHeader.TcpLength;

    /// <summary>Nanoseconds of a tick (HZ 250), in which the kernel measures the age of what is held.</summary>
    private const long Jiffy = 4_000_000;

    private readonly Arena arena;
    private readonly GroBucket[] buckets;
    private readonly bool mergesFixedIdentification;
    private FrameList ready;

    /// <summary>The bucket and place that the last segment was merged into, and that nothing has moved since; none otherwise.</summary>
    private GroBucket? recent;
    private int recentIndex;

    /// <param name="bucketCount">A power of two.</param>
    public GroTable(Arena arena, int bucketCount, int heldCount, bool mergesFixedIdentification)
    {
        if (!int.IsPow2(bucketCount))
        {
            throw new ArgumentOutOfRangeException(nameof(bucketCount), bucketCount, "The number of GRO buckets is a power of two: write [Gro(Buckets = 8)].");
        }

        this.arena = arena;
        this.mergesFixedIdentification = mergesFixedIdentification;
        buckets = new GroBucket[bucketCount];
        for (var i = 0; i < buckets.Length; i++)
        {
            buckets[i] = new GroBucket(heldCount);
        }
    }

    /// <summary>Packets of the wire it holds, merged or ready.</summary>
    public long WirePackets { get; private set; }

    public bool IsReadyEmpty => ready.IsEmpty;

    /// <summary>Takes a TCP packet in.</summary>
    /// <param name="offset">The IPv4 header, in bytes from the start of the slot.</param>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public Verdict Receive(Frame frame, int offset, int maxSize, ref FrameMetadata metadata)
    {
        var start = offset - metadata.DataOffset;
        var data = Arena.Data(ref metadata);
        if (recent is not null && TryMergeNext(ref recent[recentIndex], frame, start, data, maxSize, ref metadata))
        {
            return Verdict.Held;
        }

        recent = null;
        if (!GroSegment.TryRead(data, start, in metadata, out var segment))
        {
            return ReceiveUnreadable(frame, offset, data[start..], ref metadata);
        }

        var hash = metadata.Hash != 0 ? metadata.Hash : segment.FlowHash();
        var bucket = buckets[hash & (uint)(buckets.Length - 1)];
        var index = bucket.IndexOf(in segment);
        if (index >= 0)
        {
            ref var held = ref bucket[index];
            if (segment.IsMergeable && TryMerge(ref held, frame, start, data, in segment, maxSize, ref metadata))
            {
                if (segment.PayloadLength < held.First.PayloadLength || (segment.Flags & EndsMerging) != 0)
                {
                    Complete(bucket, index);
                }
                else if (held.HasFixedIdentification && segment.OptionsLength == 0 && (held.First.Flags & SegmentHeader.Cwr) == 0)
                {
                    (recent, recentIndex) = (bucket, index);
                }

                return Verdict.Held;
            }

            Complete(bucket, index);
        }

        // what cannot be the beginning of a merged packet is not held: no payload, or a flag that ends merging
        if (!segment.IsMergeable || segment.PayloadLength == 0 || (segment.Flags & EndsMerging) != 0)
        {
            return Pass(frame, offset, ref metadata);
        }

        if (bucket.IsFull)
        {
            Complete(bucket, 0);
        }

        Hold(bucket, frame, offset, in segment, ref metadata);
        return Verdict.Held;
    }

    /// <summary>Completes everything held, at the end of a poll.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public void FlushAll()
    {
        foreach (var bucket in buckets)
        {
            while (bucket.Count > 0)
            {
                Complete(bucket, 0);
            }
        }
    }

    /// <summary>The end of a poll with a gro_flush_timeout: what is young may wait for the timer (napi_gro_flush).</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public void Flush(NapiDeferral deferral, long now)
    {
        if (!deferral.KeepsYoung)
        {
            FlushAll();
            return;
        }

        if (FlushOld(1 + (now / Jiffy)))
        {
            deferral.StartTimer();
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public bool TryResume(out ResumedPacket packet)
    {
        packet = default;
        if (!ready.TryDequeue(arena, out packet.Frame))
        {
            return false;
        }

        ref var metadata = ref arena.Metadata(packet.Frame);
        WirePackets -= metadata.WirePackets;
        arena.MoveChain(packet.Frame, Holders.Gro, Holders.Loop);
        packet.Offset = metadata.NetworkOffset;
        packet.EtherType = EtherType.Ipv4;
        return true;
    }

    /// <summary>Completes what was held in an earlier tick already.</summary>
    /// <returns>Whether anything is held on.</returns>
    private bool FlushOld(long tick)
    {
        var holds = false;
        foreach (var bucket in buckets)
        {
            // the oldest first; what came with this poll's packets has no age yet
            while (bucket.Count > 0 && bucket[0].HeldSince != 0 && bucket[0].HeldSince != tick)
            {
                Complete(bucket, 0);
            }

            for (var i = bucket.Count - 1; i >= 0 && bucket[i].HeldSince == 0; i--)
            {
                bucket[i].HeldSince = tick;
            }

            holds |= bucket.Count > 0;
        }

        return holds;
    }

    private bool TryMerge(
        ref GroHeld held, Frame frame, int start, ReadOnlySpan<byte> data, in GroSegment segment, int maxSize, ref FrameMetadata metadata)
    {
        var isFixed = held.HasFixedIdentification;
        if (segment.Sequence != held.NextSequence
            || (uint)(segment.PayloadLength - 1) >= (uint)held.First.PayloadLength
            || held.NetworkLength + segment.PayloadLength >= maxSize
            || !segment.HasHeaderOf(in held.First)
            || !segment.HasIdentificationAfter(in held.First, held.SegmentCount, mergesFixedIdentification, ref isFixed)
            || !HasSameOptions(in held, data[start..], in segment))
        {
            return false;
        }

        held.HasFixedIdentification = isFixed;
        held.FlagsToAdd |= (byte)(segment.Flags & (SegmentHeader.Fin | SegmentHeader.Psh));
        held.SegmentCount++;
        held.WirePackets += metadata.WirePackets;
        held.NextSequence += (uint)segment.PayloadLength;
        held.NetworkLength += segment.PayloadLength;
        WirePackets += metadata.WirePackets;

        TrimPadding(start + segment.HeadersLength + segment.PayloadLength, ref metadata);
        var stripped = start + segment.HeadersLength;
        metadata.DataOffset = (ushort)(metadata.DataOffset + stripped);
        metadata.DataLength = (ushort)(metadata.DataLength - stripped);
        arena.MoveChain(frame, Holders.Loop, Holders.Gro);
        arena.Metadata(held.Last).NextFragment = frame;
        arena.Metadata(held.Head).TotalLength += segment.PayloadLength;
        held.Last = LastFrame(frame, ref metadata);
        return true;
    }

    /// <summary>
    /// The case that bulk transfer consists of: the next full segment behind the one merged last, whose headers are those of the first but
    /// for sequence number and checksum. What <see cref="GroSegment"/> would find out by reading is then known by comparing. The IP
    /// headers are the same bytes, so the checksum of this one is as right as that of the first.
    /// </summary>
    private bool TryMergeNext(ref GroHeld held, Frame frame, int start, ReadOnlySpan<byte> data, int maxSize, ref FrameMetadata metadata)
    {
        var payload = held.First.PayloadLength;
        if (metadata.TotalLength != start + PlainHeaders + payload
            || data.Length != metadata.TotalLength
            || start < EthernetHeader.Length
            || metadata.GsoSize != 0
            || metadata.Checksum == ChecksumState.None
            || held.NetworkLength + payload >= maxSize
            || !held.First.IsOnLinkOf(in metadata))
        {
            return false;
        }

        ref var head = ref arena.Metadata(held.Head);
        var headers = data.Slice(start - EthernetHeader.Length, EthernetHeader.Length + PlainHeaders);
        var first = Arena.Slot(ref head).Slice(held.Offset - EthernetHeader.Length, EthernetHeader.Length + PlainHeaders);
        if (SegmentHeader.SequenceOf(headers) != held.NextSequence || !SegmentHeader.DifferBySequenceAndChecksum(headers, first))
        {
            return false;
        }

        held.SegmentCount++;
        held.WirePackets += metadata.WirePackets;
        held.NextSequence += (uint)payload;
        held.NetworkLength += payload;
        WirePackets += metadata.WirePackets;
        var stripped = start + PlainHeaders;
        metadata.DataOffset = (ushort)(metadata.DataOffset + stripped);
        metadata.DataLength = (ushort)payload;
        metadata.Holders = (metadata.Holders & ~Holders.Loop) | Holders.Gro;
        arena.Metadata(held.Last).NextFragment = frame;
        head.TotalLength += payload;
        held.Last = frame;
        return true;
    }

    private bool HasSameOptions(in GroHeld held, ReadOnlySpan<byte> ip, in GroSegment segment)
    {
        const int Start = SegmentHeader.Ipv4Length + SegmentHeader.TcpLength;

        // HasHeaderOf has compared the data offsets, so both have options of one length
        return segment.OptionsLength == 0
            || ip.Slice(Start, segment.OptionsLength).SequenceEqual(arena.Slot(held.Head).Slice(held.Offset + Start, segment.OptionsLength));
    }

    private void Hold(GroBucket bucket, Frame frame, int offset, in GroSegment segment, ref FrameMetadata metadata)
    {
        TrimPadding(offset - metadata.DataOffset + segment.HeadersLength + segment.PayloadLength, ref metadata);
        metadata.NetworkOffset = (ushort)offset;
        arena.MoveChain(frame, Holders.Loop, Holders.Gro);
        WirePackets += metadata.WirePackets;
        ref var held = ref bucket.Add();
        held.First = segment;
        held.Head = frame;
        held.Last = LastFrame(frame, ref metadata);
        held.Offset = offset;
        held.NetworkLength = segment.HeadersLength + segment.PayloadLength;
        held.NextSequence = segment.Sequence + (uint)segment.PayloadLength;
        held.SegmentCount = 1;
        held.WirePackets = metadata.WirePackets;
        held.FlagsToAdd = 0;
        held.HasFixedIdentification = false;
        held.HeldSince = 0;
    }

    /// <summary>A packet that is not held: it goes on at once, or behind what is ready.</summary>
    private Verdict Pass(Frame frame, int offset, ref FrameMetadata metadata)
    {
        if (ready.IsEmpty)
        {
            return Verdict.Continue;
        }

        metadata.NetworkOffset = (ushort)offset;
        arena.MoveChain(frame, Holders.Loop, Holders.Gro);
        WirePackets += metadata.WirePackets;
        ready.Enqueue(arena, frame);
        return Verdict.Held;
    }

    /// <summary>IP options, a fragment, a broken header: its ports may be unknown, so all between its addresses goes first.</summary>
    private Verdict ReceiveUnreadable(Frame frame, int offset, ReadOnlySpan<byte> ip, ref FrameMetadata metadata)
    {
        var addresses = BinaryPrimitives.ReadUInt64BigEndian(ip[SegmentHeader.AddressesOffset..]);
        foreach (var bucket in buckets)
        {
            for (var i = 0; i < bucket.Count;)
            {
                if (bucket[i].First.IsBetween(addresses))
                {
                    Complete(bucket, i);
                }
                else
                {
                    i++;
                }
            }
        }

        return Pass(frame, offset, ref metadata);
    }

    /// <summary>Ends merging of one packet: what was merged gets the headers of the whole (tcp_gro_complete, inet_gro_complete).</summary>
    private void Complete(GroBucket bucket, int index)
    {
        recent = null;
        ref var held = ref bucket[index];
        if (held.SegmentCount > 1)
        {
            ref var metadata = ref arena.Metadata(held.Head);
            var ip = Arena.Slot(ref metadata).Slice(held.Offset, held.First.HeadersLength);
            var tcp = ip[SegmentHeader.Ipv4Length..];
            SegmentHeader.SetTotalLength(ip, held.NetworkLength);
            tcp[SegmentHeader.FlagsOffset] |= held.FlagsToAdd;
            BinaryPrimitives.WriteUInt16BigEndian(
                tcp[SegmentHeader.TcpChecksumOffset..], SegmentHeader.TcpPseudoHeaderSum(ip, held.NetworkLength - SegmentHeader.Ipv4Length));
            metadata.Checksum = ChecksumState.Partial;
            metadata.ChecksumStart = (ushort)(held.Offset + SegmentHeader.Ipv4Length);
            metadata.ChecksumOffset = SegmentHeader.TcpChecksumOffset;
            metadata.GsoSize = (ushort)held.First.PayloadLength;
            metadata.WirePackets = (ushort)held.WirePackets;
            metadata.Flags |= held.HasFixedIdentification ? FrameFlags.FixedIpId : FrameFlags.None;
            metadata.Flags |= (held.First.Flags & SegmentHeader.Cwr) != 0 ? FrameFlags.Ecn : FrameFlags.None;
        }

        ready.Enqueue(arena, held.Head);
        bucket.RemoveAt(index);
    }

    private static void TrimPadding(int length, ref FrameMetadata metadata)
    {
        // only a packet of one frame can have any: see GroSegment.IsMergeable
        var surplus = metadata.TotalLength - length;
        if (surplus > 0)
        {
            metadata.DataLength = (ushort)(metadata.DataLength - surplus);
            metadata.TotalLength = length;
        }
    }

    private Frame LastFrame(Frame frame, ref FrameMetadata metadata)
    {
        for (var next = metadata.NextFragment; !next.IsNone; next = arena.Metadata(next).NextFragment)
        {
            frame = next;
        }

        return frame;
    }
}
