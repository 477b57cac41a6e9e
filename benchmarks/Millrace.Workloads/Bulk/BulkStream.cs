namespace Millrace.Workloads.Bulk;

/// <summary>
/// The bytes that are sent: 64 KiB of noise, over and over. Segments of 1460 bytes lie at another place of it each time, so
/// that a byte in a wrong place is a wrong byte.
/// </summary>
public sealed class BulkStream
{
    public const int Length = 64 * 1024;

    // behind the end its beginning again, so that what crosses the end can be compared in one piece
    private readonly byte[] pattern = new byte[2 * Length];

    public BulkStream()
    {
        var random = 0x9E37_79B9_7F4A_7C15UL;
        for (var i = 0; i < Length; i++)
        {
            random ^= random >> 12;
            random ^= random << 25;
            random ^= random >> 27;
            pattern[i] = pattern[i + Length] = (byte)((random * 0x2545_F491_4F6C_DD1DUL) >> 56);
        }
    }

    /// <summary>What comes at a position of the stream, up to the end of the buffer it is written from.</summary>
    public ReadOnlySpan<byte> At(long position)
    {
        var start = (int)(position % Length);
        return pattern.AsSpan(start, Length - start);
    }

    /// <summary>Whether bytes are those of the position: all of them, or the first and the last eight.</summary>
    /// <param name="bytes">At most <see cref="Length"/>.</param>
    public bool Matches(long position, ReadOnlySpan<byte> bytes, bool isEveryByte)
    {
        var expected = pattern.AsSpan((int)(position % Length), bytes.Length);
        if (isEveryByte || bytes.Length < 2 * Ends)
        {
            return bytes.SequenceEqual(expected);
        }

        return bytes[..Ends].SequenceEqual(expected[..Ends]) && bytes[^Ends..].SequenceEqual(expected[^Ends..]);
    }

    private const int Ends = 8;
}
