using System.Runtime.CompilerServices;
using Millrace.Memory;
using Millrace.Nics;

namespace Millrace.Egress;

/// <summary>
/// The packets that must be cut or copied together before they can leave, in order, and the one it is at. Segments are made
/// when they are asked for, so that nothing but the packet itself waits when the reserve has no frames left.
/// </summary>
/// <remarks>
/// The queue is a ring of handles: a frame of TCP is in the retransmit queue at the same time, and
/// <see cref="FrameMetadata.Next"/> can be in one list only.
/// </remarks>
internal sealed class Segmenter
{
    private const int Capacity = 256;

    private readonly Arena arena;
    private readonly NicFeatures[] features;
    private readonly (Frame Packet, Way Way)[] ring = new (Frame, Way)[Capacity];
    private readonly SegmentTemplate template = new();
    private int ringHead;
    private int ringCount;

    private FrameMetadata head;
    private Frame next;
    private ChainReader reader;
    private int gsoSize;
    private int payloadLength;
    private int position;
    private int index;

    public Segmenter(Arena arena, IReadOnlyList<NetworkInterface> interfaces)
    {
        this.arena = arena;
        features = new NicFeatures[interfaces.Count];
        for (var i = 0; i < features.Length; i++)
        {
            features[i] = interfaces[i].Nic.Features;
        }
    }

    /// <summary>How a packet of the queue goes on.</summary>
    private enum Way
    {
        /// <summary>As it is, behind those before it.</summary>
        Whole,

        /// <summary>In segments; whether in place or copied is seen when it is its turn.</summary>
        Cut,

        /// <summary>Every frame is a segment already and has room for its headers.</summary>
        InPlace,

        /// <summary>Segments are copied to new frames.</summary>
        Copied,

        /// <summary>All of it is copied to one new frame.</summary>
        Linear,
    }

    public bool IsIdle => ringCount == 0;

    /// <summary>Packets of the wire that wait here.</summary>
    public long HeldPackets { get; private set; }

    /// <summary>Judges a packet of several frames or segments, or one that may not overtake those.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public Verdict Take(Frame frame, ref FrameMetadata metadata, int maxSize, int maxSegments)
    {
        var able = FeaturesOf(in metadata);
        if (metadata.GsoSize != 0)
        {
            var headers = SegmentTemplate.Measure(in metadata);
            if (headers == 0)
            {
                return Verdict.Drop(DropReason.SegmentationFailed);
            }

            var payload = metadata.TotalLength - headers;
            if (payload <= metadata.GsoSize)
            {
                metadata.GsoSize = 0;
            }
            else if (!IsCutByNic(able, in metadata, maxSize, maxSegments))
            {
                return headers + metadata.GsoSize <= Arena.Stride
                    ? Enqueue(frame, Way.Cut, (payload + metadata.GsoSize - 1) / metadata.GsoSize)
                    : Verdict.Drop(DropReason.SegmentationFailed);
            }
        }

        if (metadata.GsoSize == 0 && IsToBeLinear(able, in metadata))
        {
            return metadata.TotalLength <= Arena.Stride ? Enqueue(frame, Way.Linear, metadata.WirePackets) : Verdict.Drop(DropReason.SegmentationFailed);
        }

        return IsIdle ? Verdict.Continue : Enqueue(frame, Way.Whole, metadata.WirePackets);
    }

    /// <summary>Makes the next packet that can leave.</summary>
    /// <returns>False if there is none, or no frame to write it to.</returns>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public bool TryNext(out Frame packet)
    {
        packet = Frame.None;
        if (ringCount == 0)
        {
            return false;
        }

        ref var front = ref ring[ringHead];
        if (front.Way == Way.Cut)
        {
            front.Way = Begin(front.Packet);
        }

        return front.Way switch
        {
            Way.InPlace => TakeFrame(out packet),
            Way.Copied => TryCopySegment(front.Packet, out packet),
            Way.Linear => TryLinearise(front.Packet, out packet),
            _ => TakeWhole(front.Packet, out packet),
        };
    }

    private static bool IsCutByNic(NicFeatures able, ref readonly FrameMetadata metadata, int maxSize, int maxSegments) =>
        (able & NicFeatures.TcpSegmentation) != 0
        && metadata.TotalLength - (metadata.NetworkOffset - metadata.DataOffset) < maxSize
        && metadata.WirePackets <= maxSegments;

    private static bool IsToBeLinear(NicFeatures able, ref readonly FrameMetadata metadata) =>
        !metadata.NextFragment.IsNone && (able & (NicFeatures.ScatterGather | NicFeatures.TcpSegmentation)) == 0;

    private NicFeatures FeaturesOf(ref readonly FrameMetadata metadata) =>
        (uint)metadata.Interface < (uint)features.Length ? features[metadata.Interface] : NicFeatures.None;

    private Verdict Enqueue(Frame frame, Way way, int packets)
    {
        if (ringCount == Capacity)
        {
            return Verdict.Drop(DropReason.QueueFull);
        }

        arena.MoveChain(frame, Holders.Loop, Holders.Segments);
        HeldPackets += packets;
        ring[(ringHead + ringCount) % Capacity] = (frame, way);
        ringCount++;
        return Verdict.Held;
    }

    private Way Begin(Frame packet)
    {
        // a copy: the first frame may be sent, and free again, before the last one is
        head = arena.Metadata(packet);
        var headers = SegmentTemplate.Measure(in head);
        template.Read(headers, in head);
        gsoSize = head.GsoSize;
        payloadLength = head.TotalLength - headers;
        position = 0;
        index = 0;
        next = packet;
        reader = new ChainReader(packet, headers);
        return IsCutAlready(packet, headers) ? Way.InPlace : Way.Copied;
    }

    /// <summary>Whether every frame holds exactly one segment and has room for the headers.</summary>
    private bool IsCutAlready(Frame packet, int headers)
    {
        var left = payloadLength;
        for (var frame = packet; !frame.IsNone;)
        {
            ref var metadata = ref arena.Metadata(frame);
            var payload = metadata.DataLength - (frame == packet ? headers : 0);
            if (payload != Math.Min(left, gsoSize) || payload == 0 || (frame != packet && metadata.DataOffset < headers))
            {
                return false;
            }

            left -= payload;
            frame = metadata.NextFragment;
        }

        return left == 0;
    }

    private bool TakeFrame(out Frame packet)
    {
        packet = next;
        ref var metadata = ref arena.Metadata(packet);
        next = metadata.NextFragment;
        metadata.NextFragment = Frame.None;
        var payload = Math.Min(gsoSize, payloadLength - position);
        if (index > 0)
        {
            InheritFrom(in head, ref metadata);
            metadata.DataOffset = (ushort)(metadata.DataOffset - template.Length);
            metadata.DataLength = (ushort)(metadata.DataLength + template.Length);
        }

        template.Write(index, position, payload, next.IsNone, ref metadata);
        arena.MoveChain(packet, Holders.Segments, Holders.Loop);
        Advance(payload);
        return true;
    }

    private bool TryCopySegment(Frame source, out Frame packet)
    {
        if (!arena.TryAllocate(Share.Reserve, Holders.Loop, out packet))
        {
            return false;
        }

        ref var metadata = ref arena.Metadata(packet);
        var payload = Math.Min(gsoSize, payloadLength - position);
        var isLast = position + payload == payloadLength;
        Place(template.Length + payload, ref metadata);
        InheritFrom(in head, ref metadata);

        reader.Read(arena, Arena.Data(ref metadata)[template.Length..]);
        template.Write(index, position, payload, isLast, ref metadata);
        Advance(payload);
        if (isLast)
        {
            MoveCharge(source, ref metadata);
            arena.ReleaseChain(source, Holders.Segments);
        }

        return true;
    }

    private bool TryLinearise(Frame chain, out Frame packet)
    {
        if (!arena.TryAllocate(Share.Reserve, Holders.Loop, out packet))
        {
            return false;
        }

        ref var metadata = ref arena.Metadata(packet);
        ref var source = ref arena.Metadata(chain);
        Place(source.TotalLength, ref metadata);
        InheritFrom(in source, ref metadata);
        new ChainReader(chain, 0).Read(arena, Arena.Data(ref metadata));
        var moved = metadata.DataOffset - source.DataOffset;
        metadata.NetworkOffset = (ushort)(source.NetworkOffset + moved);
        metadata.TransportOffset = (ushort)(source.TransportOffset + moved);
        metadata.Checksum = source.Checksum;
        metadata.ChecksumStart = (ushort)(source.ChecksumStart + moved);
        metadata.ChecksumOffset = source.ChecksumOffset;
        metadata.TotalLength = source.TotalLength;
        metadata.WirePackets = source.WirePackets;
        MoveCharge(chain, ref metadata);
        HeldPackets -= source.WirePackets;
        arena.ReleaseChain(chain, Holders.Segments);
        Leave();
        return true;
    }

    private bool TakeWhole(Frame whole, out Frame packet)
    {
        packet = whole;
        arena.MoveChain(whole, Holders.Segments, Holders.Loop);
        HeldPackets -= arena.Metadata(whole).WirePackets;
        Leave();
        return true;
    }

    private void Advance(int payload)
    {
        position += payload;
        index++;
        HeldPackets--;
        if (position == payloadLength)
        {
            Leave();
        }
    }

    private void Leave()
    {
        ring[ringHead] = default;
        ringHead = (ringHead + 1) % Capacity;
        ringCount--;
    }

    /// <summary>Puts the data of an empty frame where there is headroom, or further to the front if it is that long.</summary>
    private static void Place(int length, ref FrameMetadata metadata)
    {
        metadata.DataOffset = (ushort)Math.Min(Arena.Headroom, Arena.Stride - length);
        metadata.DataLength = (ushort)length;
    }

    /// <summary>
    /// What the sender has below it ends with the last transmit of its bytes: their charge goes over to the frame that is sent
    /// last (net/ipv4/tcp_offload.c, tcp_gso_segment).
    /// </summary>
    private void MoveCharge(Frame chain, ref FrameMetadata last)
    {
        var truesize = 0;
        for (var frame = chain; !frame.IsNone; frame = arena.Metadata(frame).NextFragment)
        {
            ref var metadata = ref arena.Metadata(frame);
            if (metadata.Owner != 0)
            {
                last.Owner = metadata.Owner;
                truesize += metadata.Truesize;
                metadata.Owner = 0;
            }
        }

        last.Truesize = truesize != 0 ? truesize : last.Truesize;
    }

    private static void InheritFrom(ref readonly FrameMetadata source, ref FrameMetadata metadata)
    {
        metadata.Interface = source.Interface;
        metadata.VlanTci = source.VlanTci;
        metadata.Hash = source.Hash;
        metadata.Flags |= source.Flags & (FrameFlags.Loopback | FrameFlags.Vlan);
    }
}
