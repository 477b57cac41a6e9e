using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Millrace.Headers;

/// <summary>
/// IPv4 headers without options of eight packets at once: each argument has the same word of all of them, as it is read by a
/// little-endian processor. <see cref="Ipv4Header"/> says what the words are, and does the same with one header.
/// </summary>
internal static class Ipv4Lanes
{
    // the bytes of a word from network order, in each lane of 128 bits
    private static Vector256<byte> Reversal
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Vector256.Create((byte)3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12, 19, 18, 17, 16, 23, 22, 21, 20, 27, 26, 25, 24, 31, 30, 29, 28);
    }

    private static Vector256<uint> Half
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Vector256.Create(0xFFFFu);
    }

    /// <summary>Words as the host has them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> HostOrder(Vector256<uint> words) => Vector256.Shuffle(words.AsByte(), Reversal).AsUInt32();

    /// <summary>The total lengths that the first words tell.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> TotalLength(Vector256<uint> first) => HostOrder(first) & Half;

    /// <summary>Where a header's checksum is wrong, all bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> IsChecksumWrong(
        Vector256<uint> first, Vector256<uint> second, Vector256<uint> third, Vector256<uint> fourth, Vector256<uint> fifth)
    {
        var sum = (first & Half) + (second & Half) + (third & Half) + (fourth & Half) + (fifth & Half)
            + (first >>> 16) + (second >>> 16) + (third >>> 16) + (fourth >>> 16) + (fifth >>> 16);
        // ten words and not all zero: one fold is 0xFFFF where a whole one would be
        return ~Vector256.Equals((sum & Half) + (sum >>> 16), Half);
    }

    /// <summary>Where the time to live, in the third words, is 0 or 1, all bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> IsLastHop(Vector256<uint> third) =>
        Vector256.Equals(third & Vector256.Create(0xFEu), Vector256<uint>.Zero);

    /// <summary>The third words with a time to live less by one, and the checksum that goes with it (<see cref="Ipv4Header.DecrementTimeToLive"/>).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> DecrementTimeToLive(Vector256<uint> third)
    {
        // one off the lowest byte and one onto the checksum above it; a carry comes round again, and 0xFFFF is written as 0
        var carries = Vector256.GreaterThanOrEqual(third, Vector256.Create(0xFFFE_0000u));
        return third + Half + (carries & Vector256.Create(0x1_0000u));
    }

    /// <summary>
    /// Where a source, in the fourth words, is of 0.0.0.0/8 or 127.0.0.0/8, or from 224.0.0.0 on, all bits.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> IsNoUnicastSource(Vector256<uint> fourth)
    {
        var first = (fourth & Vector256.Create(0xFFu)).AsInt32();
        return (Vector256.Equals(first, Vector256<int>.Zero) | Vector256.Equals(first, Vector256.Create(127)) | Vector256.GreaterThan(first, Vector256.Create(223))).AsUInt32();
    }
}
