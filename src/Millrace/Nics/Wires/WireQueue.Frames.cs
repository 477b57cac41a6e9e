using System.Runtime.CompilerServices;
using Millrace.Headers;
using Millrace.Memory;

namespace Millrace.Nics;

/// <summary>How a packet gets into the receiver's frames.</summary>
internal sealed partial class WireQueue
{
    /// <summary>Where data begins in a frame that is copied into: with headroom for a tag.</summary>
    private const int CopiedDataOffset = 64;

    /// <summary>A sum of 0 is one, too.</summary>
    private const uint SumIsKnown = 1 << 16;

    private const int CopiedFrameCapacity = Arena.Stride - CopiedDataOffset;

    private int FramesFor(WirePacket packet)
    {
        ref var descriptor = ref packet.Source[packet.Head];
        return options.Mode == WireMode.HandOver
            ? descriptor.FrameCount
            : Math.Max(1, (descriptor.TotalLength + CopiedFrameCapacity - 1) / CopiedFrameCapacity);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Frame TakePosted()
    {
        var frame = posted[--receiver.Posted];
        ref var metadata = ref arena.Metadata(frame);
        metadata.Holders = Holders.Loop;
        metadata.NextFragment = Frame.None;
        metadata.Next = Frame.None;
        return frame;
    }

    private Frame HandOver(WirePacket packet)
    {
        Frame head = Frame.None, last = Frame.None;
        for (var lent = packet.Head; !lent.IsNone;)
        {
            ref var descriptor = ref packet.Source[lent];
            var own = TakePosted();
            ref var metadata = ref arena.Metadata(own);
            arena.Borrow(own, packet.Source.Arena, lent, packet.Source);
            metadata.DataOffset = descriptor.DataOffset;
            metadata.DataLength = descriptor.DataLength;
            Append(ref head, ref last, own);
            lent = descriptor.Next;
        }

        Describe(ref arena.Metadata(head), in packet.Source[packet.Head], shift: 0);
        return head;
    }

    private Frame CopyOver(WirePacket packet)
    {
        ref var described = ref packet.Source[packet.Head];
        return described.FrameCount == 1 && described.DataLength <= CopiedFrameCapacity ? CopyFrame(packet, in described) : CopyChain(packet, ref described);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Frame CopyFrame(WirePacket packet, ref readonly WireDescriptor described)
    {
        var own = TakePosted();
        ref var metadata = ref arena.Metadata(own);
        var room = Begin(ref metadata);
        ReadOnlySpan<byte> bytes = packet.Source.Arena.Slot(packet.Head).Slice(described.DataOffset, described.DataLength);
        metadata.DataLength = described.DataLength;
        if ((options.Features & NicFeatures.ReceiveSum) != 0 && described.Checksum != ChecksumState.Partial)
        {
            metadata.ReceivedSum = SumIsKnown | InternetChecksum.CopyAndSum(bytes, room);
        }
        else
        {
            bytes.CopyTo(room);
        }

        Describe(ref metadata, in described, metadata.DataOffset - described.DataOffset);
        packet.Source.Settle(packet.Head);
        return own;
    }

    private Frame CopyChain(WirePacket packet, ref WireDescriptor described)
    {
        Frame head = Frame.None, last = Frame.None;
        var room = Span<byte>.Empty;
        for (var frame = packet.Head; !frame.IsNone;)
        {
            ref var from = ref packet.Source[frame];
            ReadOnlySpan<byte> bytes = packet.Source.Arena.Slot(frame).Slice(from.DataOffset, from.DataLength);
            while (!bytes.IsEmpty)
            {
                if (room.IsEmpty)
                {
                    var own = TakePosted();
                    room = Begin(ref arena.Metadata(own));
                    Append(ref head, ref last, own);
                }

                var length = Math.Min(room.Length, bytes.Length);
                bytes[..length].CopyTo(room);
                room = room[length..];
                bytes = bytes[length..];
                ref var filled = ref arena.Metadata(last);
                filled.DataLength = (ushort)(filled.DataLength + length);
            }

            frame = from.Next;
        }

        if (head.IsNone)
        {
            head = TakePosted();
            Begin(ref arena.Metadata(head));
        }

        Describe(ref arena.Metadata(head), in described, arena.Metadata(head).DataOffset - described.DataOffset);
        packet.Source.Settle(packet.Head);
        return head;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Span<byte> Begin(ref FrameMetadata metadata)
    {
        metadata.DataOffset = CopiedDataOffset;
        metadata.DataLength = 0;
        return Arena.Slot(ref metadata).Slice(CopiedDataOffset, CopiedFrameCapacity);
    }

    private void Append(ref Frame head, ref Frame last, Frame frame)
    {
        if (head.IsNone)
        {
            head = frame;
        }
        else
        {
            arena.Metadata(last).NextFragment = frame;
        }

        last = frame;
    }

    /// <param name="shift">By how much the head's data begins further into its slot than at the sender's.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Describe(ref FrameMetadata metadata, ref readonly WireDescriptor from, int shift)
    {
        metadata.TotalLength = from.TotalLength;
        metadata.WirePackets = Math.Max((ushort)1, from.WirePackets);
        metadata.GsoSize = from.GsoSize;
        metadata.VlanTci = from.VlanTci;
        metadata.Hash = from.Hash;
        metadata.Flags |= from.Flags;
        metadata.Checksum = from.Checksum;
        if (from.Checksum == ChecksumState.Partial)
        {
            metadata.ChecksumStart = (ushort)(from.ChecksumStart + shift);
            metadata.ChecksumOffset = from.ChecksumOffset;
        }
        else if (!from.IsCorrupted && (options.Features & NicFeatures.ReceiveChecksum) != 0)
        {
            metadata.Checksum = ChecksumState.Unnecessary;
        }
    }
}
