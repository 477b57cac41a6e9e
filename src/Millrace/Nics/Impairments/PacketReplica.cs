using Millrace.Memory;

namespace Millrace.Nics;

/// <summary>A second packet of the same bytes, for NICs that repeat or damage one.</summary>
internal static class PacketReplica
{
    /// <summary>Changes one bit; the packet claims nothing of its checksum afterwards.</summary>
    public static void FlipBit(Arena arena, Frame head, int bit)
    {
        PacketChecksum.TryComplete(arena, head);
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
}
