namespace Millrace.Memory;

/// <summary>The bytes of a packet over all its frames, for work that is not worth a view in place.</summary>
internal static class PacketBytes
{
    /// <summary>Copies bytes from <paramref name="offset"/> of the first frame's slot on until the destination is full.</summary>
    public static void CopyTo(Arena arena, Frame head, int offset, Span<byte> destination)
    {
        for (var frame = head; destination.Length > 0 && !frame.IsNone; offset = -1)
        {
            ref var metadata = ref arena.Metadata(frame);
            var piece = Piece(ref metadata, offset, destination.Length);
            piece.CopyTo(destination);
            destination = destination.Slice(piece.Length);
            frame = metadata.NextFragment;
        }
    }

    /// <summary>
    /// Copies a part of a packet into fresh frames: each begins with the arena's headroom, and the head's lengths are set.
    /// </summary>
    /// <param name="skip">Bytes from the packet's data offset to the part.</param>
    /// <returns>False, with nothing kept, if the share has not enough frames.</returns>
    public static bool TryCopy(Arena arena, Frame head, int skip, int length, Share share, Holders holder, out Frame copy)
    {
        copy = Frame.None;
        if (arena.Available(share) < FramesFor(length))
        {
            return false;
        }

        var source = head;
        while (skip > 0 && skip >= arena.Metadata(source).DataLength)
        {
            skip -= arena.Metadata(source).DataLength;
            source = arena.Metadata(source).NextFragment;
        }

        var last = Frame.None;
        for (var left = length; left > 0 || copy.IsNone;)
        {
            if (!arena.TryAllocate(share, holder, out var frame))
            {
                arena.ReleaseChain(copy, holder);
                copy = Frame.None;
                return false;
            }

            if (last.IsNone)
            {
                copy = frame;
            }
            else
            {
                arena.Metadata(last).NextFragment = frame;
            }

            last = frame;
            left -= Fill(arena, frame, ref source, ref skip, Math.Min(left, Arena.Stride - Arena.Headroom));
        }

        arena.Metadata(copy).TotalLength = length;
        return true;
    }

    /// <summary>Copies a whole packet with what is known of it: the offsets of its headers, its checksum, segments, hash and tag.</summary>
    /// <returns>False, with nothing taken, if the share has not enough frames.</returns>
    public static bool TryCopyPacket(Arena arena, Frame packet, Share share, Holders holder, out Frame copy)
    {
        ref var original = ref arena.Metadata(packet);
        if (!TryCopy(arena, packet, 0, original.TotalLength, share, holder, out copy))
        {
            return false;
        }

        ref var metadata = ref arena.Metadata(copy);
        var shift = metadata.DataOffset - original.DataOffset;
        metadata.NetworkOffset = (ushort)(original.NetworkOffset + shift);
        metadata.TransportOffset = (ushort)(original.TransportOffset + shift);
        metadata.ChecksumStart = (ushort)(original.ChecksumStart + shift);
        metadata.ChecksumOffset = original.ChecksumOffset;
        metadata.Checksum = original.Checksum;
        metadata.GsoSize = original.GsoSize;
        metadata.WirePackets = original.WirePackets;
        metadata.Hash = original.Hash;
        metadata.VlanTci = original.VlanTci;
        metadata.Flags = original.Flags & ~FrameFlags.Borrowed;
        metadata.Interface = original.Interface;
        return true;
    }

    /// <summary>Frames that <see cref="TryCopy"/> takes for so many bytes.</summary>
    public static int FramesFor(int length) => Math.Max(1, (length + Arena.Stride - Arena.Headroom - 1) / (Arena.Stride - Arena.Headroom));

    /// <summary>Cuts bytes off the end of a packet; frames that end up empty stay in it.</summary>
    public static void Trim(Arena arena, Frame head, int surplus)
    {
        ref var first = ref arena.Metadata(head);
        var left = first.TotalLength - surplus;
        first.TotalLength = left;
        for (var frame = head; !frame.IsNone; frame = arena.Metadata(frame).NextFragment)
        {
            ref var metadata = ref arena.Metadata(frame);
            metadata.DataLength = (ushort)Math.Min(metadata.DataLength, left);
            left -= metadata.DataLength;
        }
    }

    /// <summary>Frames of a packet.</summary>
    public static int CountFrames(Arena arena, Frame head)
    {
        var count = 0;
        for (var frame = head; !frame.IsNone; frame = arena.Metadata(frame).NextFragment)
        {
            count++;
        }

        return count;
    }

    /// <summary>Truesize of a packet over all its frames.</summary>
    public static int Truesize(Arena arena, Frame head)
    {
        var truesize = 0;
        for (var frame = head; !frame.IsNone; frame = arena.Metadata(frame).NextFragment)
        {
            truesize += arena.Metadata(frame).Truesize;
        }

        return truesize;
    }

    private static int Fill(Arena arena, Frame frame, ref Frame source, ref int skip, int count)
    {
        ref var metadata = ref arena.Metadata(frame);
        metadata.DataLength = (ushort)count;
        var destination = Arena.Data(ref metadata);
        while (destination.Length > 0)
        {
            ref var from = ref arena.Metadata(source);
            var data = Arena.Data(ref from).Slice(skip);
            var taken = Math.Min(data.Length, destination.Length);
            data.Slice(0, taken).CopyTo(destination);
            destination = destination.Slice(taken);
            skip += taken;
            if (skip == from.DataLength)
            {
                source = from.NextFragment;
                skip = 0;
            }
        }

        return count;
    }

    /// <param name="offset">Where in the slot to begin, or -1 for the start of the frame's data.</param>
    private static Span<byte> Piece(ref FrameMetadata metadata, int offset, int atMost)
    {
        var data = Arena.Data(ref metadata);
        if (offset >= 0)
        {
            data = data.Slice(offset - metadata.DataOffset);
        }

        return data.Slice(0, Math.Min(data.Length, atMost));
    }
}
