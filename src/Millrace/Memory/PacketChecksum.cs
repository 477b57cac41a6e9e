using System.Buffers.Binary;
using Millrace.Headers;

namespace Millrace.Memory;

/// <summary>The Internet checksum over packets that are spread over several frames.</summary>
public static class PacketChecksum
{
    /// <summary>The sum of bytes of a packet.</summary>
    /// <param name="head">The first frame of the packet.</param>
    /// <param name="offset">Where the bytes begin: in the head's data, counted from the start of its slot.</param>
    /// <param name="length">Bytes to sum, at most what the packet has from there on.</param>
    public static ushort Sum(Arena arena, Frame head, int offset, int length, uint initial = 0)
    {
        ArgumentNullException.ThrowIfNull(arena);
        ref var metadata = ref arena.Metadata(head);
        var data = Arena.Data(ref metadata);
        data = data[(offset - metadata.DataOffset)..];
        return length <= data.Length
            ? InternetChecksum.Sum(data[..length], initial)
            : SumChain(arena, metadata.NextFragment, length - data.Length, data, initial);
    }

    /// <summary>
    /// Finishes a checksum left <see cref="ChecksumState.Partial"/>: the field holds the pseudo-header's sum, and all from
    /// <see cref="FrameMetadata.ChecksumStart"/> to the end of the packet is summed with it. In another state it is final.
    /// </summary>
    /// <returns>False, with nothing changed, if the field does not lie in the head's data.</returns>
    public static bool TryComplete(Arena arena, Frame head)
    {
        ArgumentNullException.ThrowIfNull(arena);
        ref var metadata = ref arena.Metadata(head);
        if (metadata.Checksum != ChecksumState.Partial)
        {
            return true;
        }

        var start = metadata.ChecksumStart - metadata.DataOffset;
        var field = start + metadata.ChecksumOffset;
        var data = Arena.Data(ref metadata);
        if (start < 0 || field + sizeof(ushort) > data.Length)
        {
            return false;
        }

        var checksum = (ushort)~Sum(arena, head, metadata.ChecksumStart, metadata.TotalLength - start);

        // a UDP checksum of zero means none, so it is sent as its other representation (RFC 768)
        if (checksum == 0 && metadata.ChecksumOffset == UdpChecksumOffset)
        {
            checksum = 0xFFFF;
        }

        BinaryPrimitives.WriteUInt16BigEndian(data[field..], checksum);
        metadata.Checksum = ChecksumState.None;
        return true;
    }

    /// <summary>Offset of the checksum in a UDP header (RFC 768).</summary>
    private const int UdpChecksumOffset = 6;

    private static ushort SumChain(Arena arena, Frame next, int left, ReadOnlySpan<byte> first, uint initial)
    {
        var sum = InternetChecksum.Sum(first, initial);
        var summed = first.Length;
        while (left > 0 && !next.IsNone)
        {
            ref var metadata = ref arena.Metadata(next);
            var data = Arena.Data(ref metadata);
            data = data[..Math.Min(left, data.Length)];
            var part = InternetChecksum.Sum(data);
            sum = InternetChecksum.Fold((uint)sum + ((summed & 1) == 0 ? part : InternetChecksum.SwapForOddOffset(part)));
            summed += data.Length;
            left -= data.Length;
            next = metadata.NextFragment;
        }

        return sum;
    }
}
