using System.Buffers.Binary;

namespace HttpAppliance.Http;

/// <summary>
/// An endless file whose bytes follow from their position, so that any range of it can be made, and checked, without the
/// rest: word i (8 bytes, little-endian) is the output of SplitMix64 at state i (Steele, Lea and Flood, 2014).
/// </summary>
internal static class GeneratedBytes
{
    private const int WordLength = sizeof(ulong);

    /// <summary>Writes the bytes at <paramref name="position"/> and after.</summary>
    public static void Fill(Span<byte> destination, long position)
    {
        var index = position / WordLength;
        var skipped = (int)(position % WordLength);
        if (skipped != 0)
        {
            var word = Word(index++) >> (8 * skipped);
            var count = Math.Min(WordLength - skipped, destination.Length);
            FillPart(destination[..count], word);
            destination = destination[count..];
        }

        while (destination.Length >= WordLength)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(destination, Word(index++));
            destination = destination[WordLength..];
        }

        FillPart(destination, destination.IsEmpty ? 0 : Word(index));
    }

    /// <summary>Compares bytes with those at <paramref name="position"/> and after.</summary>
    /// <returns>Offset in <paramref name="data"/> of the first one that differs, or -1.</returns>
    public static int FirstDifference(ReadOnlySpan<byte> data, long position)
    {
        var offset = 0;
        while (offset < data.Length)
        {
            var skipped = (int)(position % WordLength);
            var index = position / WordLength;
            if (skipped == 0)
            {
                while (data.Length - offset >= WordLength
                    && BinaryPrimitives.ReadUInt64LittleEndian(data.Slice(offset, WordLength)) == Word(index))
                {
                    offset += WordLength;
                    index++;
                }
            }

            position = index * WordLength + skipped;
            var word = Word(index) >> (8 * skipped);
            for (var i = skipped; i < WordLength && offset < data.Length; i++, offset++, position++, word >>= 8)
            {
                if (data[offset] != (byte)word)
                {
                    return offset;
                }
            }
        }

        return -1;
    }

    private static void FillPart(Span<byte> destination, ulong word)
    {
        foreach (ref var value in destination)
        {
            value = (byte)word;
            word >>= 8;
        }
    }

    private static ulong Word(long index)
    {
        var mixed = unchecked((ulong)(index + 1) * 0x9E3779B97F4A7C15);
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
        return mixed ^ (mixed >> 31);
    }
}
