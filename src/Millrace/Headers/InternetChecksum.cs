using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Millrace.Interop;

namespace Millrace.Headers;

/// <summary>
/// The Internet checksum (RFC 1071). A "sum" here is the folded one's complement sum of big-endian 16-bit words as a host
/// number; a "checksum" is its complement, ready to be written in network order.
/// </summary>
/// <remarks>
/// The sum does not depend on the byte order the words are read in but for one swap of the result (RFC 1071 §2 (B)), so
/// everything is added little-endian and swapped once; a
/// big-endian machine adds without vectors. It is 0 only if every byte is 0.
/// </remarks>
public static partial class InternetChecksum
{
    /// <summary>Below this many bytes 64-bit additions are faster than setting up vectors.</summary>
    private const int VectorThreshold = 64;

    /// <summary>The sum of the bytes (an odd last one padded with zero) and of an earlier sum.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ushort Sum(ReadOnlySpan<byte> data, uint initial = 0) =>
        data.Length < VectorThreshold ? Finish(SumWords(data), initial) : SumLong(data, initial);

    /// <summary>The checksum to write in network order.</summary>
    public static ushort Compute(ReadOnlySpan<byte> data, uint initial = 0) => (ushort)~Sum(data, initial);

    /// <summary>Copies the bytes and sums them in the same pass.</summary>
    /// <param name="destination">At least as long as the source; it must not overlap it.</param>
    /// <returns>What <see cref="Sum"/> gives for the source.</returns>
    public static ushort CopyAndSum(ReadOnlySpan<byte> source, Span<byte> destination, uint initial = 0)
    {
        if (source.Length > ShortSums.Longest || !ShortSums.IsSupported)
        {
            return CopyAndSumLong(source, destination, initial);
        }

        return Finish(ShortSums.CopyAndSum(source, destination.Slice(0, source.Length)), initial);
    }

    /// <summary>The checksum after one 16-bit word of what it covers has changed (RFC 1624 §3, equation 3).</summary>
    public static ushort Update(ushort checksum, ushort oldWord, ushort newWord) =>
        (ushort)~Fold((uint)(ushort)~checksum + (ushort)~oldWord + newWord);

    /// <summary>The checksum after a 32-bit word of what it covers has changed: an address, a sequence number.</summary>
    public static ushort Update(ushort checksum, uint oldWord, uint newWord) =>
        (ushort)~Fold((ulong)(ushort)~checksum + ~oldWord + newWord);

    /// <summary>The sum of a block that starts an odd number of bytes after the start of the whole (RFC 1071 §2 (B)).</summary>
    public static ushort SwapForOddOffset(ushort sum) => BinaryPrimitives.ReverseEndianness(sum);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ushort Fold(ulong sum)
    {
        // added to itself with its halves swapped, the upper half gets the sum of both and the carry out of it (csum_fold)
        var half = (uint)((sum + BitOperations.RotateRight(sum, 32)) >> 32);
        return (ushort)((half + BitOperations.RotateRight(half, 16)) >> 16);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ushort Finish(ulong littleEndianSum, uint initial) =>
        Fold((ulong)BinaryPrimitives.ReverseEndianness(Fold(littleEndianSum)) + initial);

    /// <summary>The sum of little-endian words of less than 32 GiB: halves of 64-bit words cannot carry out.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong SumWords(ReadOnlySpan<byte> data)
    {
        ulong sum = 0;
        while (data.Length >= 8)
        {
            var word = BinaryPrimitives.ReadUInt64LittleEndian(data);
            sum += (uint)word;
            sum += word >> 32;
            data = data.Slice(8, data.Length - 8);
        }

        if (data.Length >= 4)
        {
            sum += BinaryPrimitives.ReadUInt32LittleEndian(data);
            data = data.Slice(4, data.Length - 4);
        }

        if (data.Length >= 2)
        {
            sum += BinaryPrimitives.ReadUInt16LittleEndian(data);
            data = data.Slice(2, data.Length - 2);
        }

        return data.Length == 1 ? sum + data[0] : sum;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static ushort SumLong(ReadOnlySpan<byte> data, uint initial)
    {
        if (!BitConverter.IsLittleEndian)
        {
            return Finish(SumWords(data), initial);
        }

        if (data.Length <= ShortSums.Longest && ShortSums.IsSupported)
        {
            return Finish(ShortSums.Sum(data), initial);
        }

        if (LongSums.IsSupported)
        {
            return Finish(LongSums.Sum(data), initial);
        }

        if (Vector512.IsHardwareAccelerated && data.Length >= 2 * VectorThreshold)
        {
            return Finish(SumVectors<Lanes512, Vector512<uint>>(data), initial);
        }

        if (Vector256.IsHardwareAccelerated)
        {
            return Finish(SumVectors<Lanes256, Vector256<uint>>(data), initial);
        }

        return Finish(Vector128.IsHardwareAccelerated ? SumVectors<Lanes128, Vector128<uint>>(data) : SumWords(data), initial);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static ushort CopyAndSumLong(ReadOnlySpan<byte> source, Span<byte> destination, uint initial)
    {
        destination = destination.Slice(0, source.Length);
        if (Vector512.IsHardwareAccelerated && source.Length >= 2 * VectorThreshold)
        {
            return Finish(CopyAndSumVectors<Lanes512, Vector512<uint>>(source, destination), initial);
        }

        if (Vector256.IsHardwareAccelerated)
        {
            return Finish(CopyAndSumVectors<Lanes256, Vector256<uint>>(source, destination), initial);
        }

        if (Vector128.IsHardwareAccelerated && BitConverter.IsLittleEndian)
        {
            return Finish(CopyAndSumVectors<Lanes128, Vector128<uint>>(source, destination), initial);
        }

        return Finish(CopyAndSumWords(source, destination), initial);
    }

    /// <summary>For short blocks and what vectors leave over, where the call of a copy takes longer than the copy.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong CopyAndSumWords(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        ulong sum = 0;
        while (source.Length >= 8 && destination.Length >= 8)
        {
            var word = BinaryPrimitives.ReadUInt64LittleEndian(source);
            BinaryPrimitives.WriteUInt64LittleEndian(destination, word);
            sum += (uint)word;
            sum += word >> 32;
            source = source.Slice(8, source.Length - 8);
            destination = destination.Slice(8, destination.Length - 8);
        }

        for (var i = 0; i < source.Length; i++)
        {
            destination[i] = source[i];
        }

        return sum + SumWords(source);
    }
}
