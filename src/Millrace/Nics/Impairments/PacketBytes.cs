using System.Buffers.Binary;
using Millrace.Headers;
using Millrace.Memory;

namespace Millrace.Nics;

/// <summary>What NICs do to the bytes of a packet that is spread over frames, without a stack.</summary>
internal static class PacketBytes
{
    private const int UdpChecksumOffset = 6;

    /// <summary>
    /// Writes the final checksum of a packet left <see cref="ChecksumState.Partial"/>. The packet's state becomes
    /// <see cref="ChecksumState.None"/>: of an unsegmented packet the checksum is that of the whole.
    /// </summary>
    public static void CompleteChecksum(Arena arena, Frame head)
    {
        ref var metadata = ref arena.Metadata(head);
        if (metadata.Checksum != ChecksumState.Partial)
        {
            return;
        }

        metadata.Checksum = ChecksumState.None;
        var field = metadata.ChecksumStart + metadata.ChecksumOffset;
        var end = metadata.DataOffset + metadata.DataLength;
        if (metadata.ChecksumStart < metadata.DataOffset || field + sizeof(ushort) > end)
        {
            return;
        }

        var slot = arena.Slot(head);
        var sum = InternetChecksum.Sum(slot[metadata.ChecksumStart..end]);
        var odd = ((end - metadata.ChecksumStart) & 1) != 0;
        for (var frame = metadata.NextFragment; !frame.IsNone; frame = arena.Metadata(frame).NextFragment)
        {
            var data = arena.Data(frame);
            var part = InternetChecksum.Sum(data);
            sum = InternetChecksum.Fold((ulong)sum + (odd ? InternetChecksum.SwapForOddOffset(part) : part));
            odd ^= (data.Length & 1) != 0;
        }

        var checksum = (ushort)~sum;
        if (checksum == 0 && metadata.ChecksumOffset == UdpChecksumOffset)
        {
            // zero means "none" in UDP, whose checksum is the one at this offset (RFC 768)
            checksum = 0xFFFF;
        }

        BinaryPrimitives.WriteUInt16BigEndian(slot[field..], checksum);
    }

    /// <summary>Changes one bit; the packet claims nothing of its checksum afterwards.</summary>
    public static void FlipBit(Arena arena, Frame head, int bit)
    {
        CompleteChecksum(arena, head);
        arena.Metadata(head).Checksum = ChecksumState.None;
        var position = bit >> 3;
        for (var frame = head; !frame.IsNone; frame = arena.Metadata(frame).NextFragment)
        {
            var data = arena.Data(frame);
            if (position < data.Length)
            {
                data[position] ^= (byte)(1 << (bit & 7));
                return;
            }

            position -= data.Length;
        }
    }

    /// <summary>What a head says of its whole packet, but for lengths, offsets and links.</summary>
    public static void CopyFacts(ref readonly FrameMetadata from, ref FrameMetadata to)
    {
        to.Checksum = from.Checksum;
        to.ChecksumStart = from.ChecksumStart;
        to.ChecksumOffset = from.ChecksumOffset;
        to.GsoSize = from.GsoSize;
        to.WirePackets = from.WirePackets;
        to.VlanTci = from.VlanTci;
        to.Interface = from.Interface;
        to.Flags |= from.Flags & (FrameFlags.Ecn | FrameFlags.FixedIpId);
    }

    /// <summary>A copy of a packet, frame by frame at the same offsets, or none if the share has not enough frames.</summary>
    public static Frame Copy(Arena source, Frame packet, Arena destination, Share share, Holders holder)
    {
        Frame head = Frame.None, last = Frame.None;
        for (var frame = packet; !frame.IsNone; frame = source.Metadata(frame).NextFragment)
        {
            if (!destination.TryAllocate(share, holder, out var copy))
            {
                destination.ReleaseChain(head, holder);
                return Frame.None;
            }

            ref var from = ref source.Metadata(frame);
            ref var to = ref destination.Metadata(copy);
            to.DataOffset = from.DataOffset;
            to.DataLength = from.DataLength;
            Arena.Data(in from).CopyTo(Arena.Data(in to));
            if (head.IsNone)
            {
                head = copy;
                CopyFacts(in from, ref to);
                to.TotalLength = from.TotalLength;
            }
            else
            {
                destination.Metadata(last).NextFragment = copy;
            }

            last = copy;
        }

        return head;
    }

    public static int CountFrames(Arena arena, Frame head)
    {
        var count = 0;
        for (var frame = head; !frame.IsNone; frame = arena.Metadata(frame).NextFragment)
        {
            count++;
        }

        return count;
    }
}
