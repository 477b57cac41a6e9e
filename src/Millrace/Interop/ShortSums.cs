using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Millrace.Interop;

/// <summary>
/// Sums of blocks of some dozen to some hundred bytes, little-endian words as <see cref="Headers.InternetChecksum"/> takes them: headers, small
/// segments, acknowledgments. What a long block hides behind its loop is most of the work here: checks, what is left over, adding
/// the lanes up. So nothing is sliced, and what is left is taken by the bits of its length.
/// </summary>
internal static class ShortSums
{
    /// <summary>So long that no lane of 32 bits carries out, the lanes added up included.</summary>
    public const int Longest = 512;

    /// <summary>Below a vector's length there is nothing but what is left over.</summary>
    private const int VectorLength = 32;

    public static bool IsSupported
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => BitConverter.IsLittleEndian && Vector128.IsHardwareAccelerated;
    }

    /// <param name="source">At most <see cref="Longest"/> bytes.</param>
    /// <param name="destination">At least as long.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong CopyAndSum(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        var length = (nuint)(uint)source.Slice(0, Math.Min(source.Length, destination.Length)).Length;
        ref var from = ref MemoryMarshal.GetReference(source);
        ref var to = ref MemoryMarshal.GetReference(destination);
        var halves = Vector128.Create(0xFFFFu);
        var sums = Vector128<uint>.Zero;
        nuint at = 0;
        if (length >= VectorLength)
        {
            var end = length & ~(nuint)(VectorLength - 1);
            if (Vector256.IsHardwareAccelerated)
            {
                var wide = Vector256<uint>.Zero;
                do
                {
                    var bytes = Vector256.LoadUnsafe(ref from, at);
                    bytes.StoreUnsafe(ref to, at);
                    wide += (bytes.AsUInt32() & Vector256.Create(0xFFFFu)) + (bytes.AsUInt32() >>> 16);
                    at += VectorLength;
                }
                while (at < end);
                sums = wide.GetLower() + wide.GetUpper();
            }
            else
            {
                do
                {
                    var bytes = Vector128.LoadUnsafe(ref from, at);
                    bytes.StoreUnsafe(ref to, at);
                    sums += (bytes.AsUInt32() & halves) + (bytes.AsUInt32() >>> 16);
                    at += VectorLength / 2;
                }
                while (at < end);
            }
        }

        if ((length & 16) != 0)
        {
            var bytes = Vector128.LoadUnsafe(ref from, at);
            bytes.StoreUnsafe(ref to, at);
            sums += (bytes.AsUInt32() & halves) + (bytes.AsUInt32() >>> 16);
            at += 16;
        }

        ulong sum = Vector128.Sum(sums);
        if ((length & 8) != 0)
        {
            var word = Unsafe.ReadUnaligned<ulong>(ref Unsafe.AddByteOffset(ref from, at));
            Unsafe.WriteUnaligned(ref Unsafe.AddByteOffset(ref to, at), word);
            sum += (uint)word + (word >> 32);
            at += 8;
        }

        if ((length & 4) != 0)
        {
            var word = Unsafe.ReadUnaligned<uint>(ref Unsafe.AddByteOffset(ref from, at));
            Unsafe.WriteUnaligned(ref Unsafe.AddByteOffset(ref to, at), word);
            sum += word;
            at += 4;
        }

        if ((length & 2) != 0)
        {
            var word = Unsafe.ReadUnaligned<ushort>(ref Unsafe.AddByteOffset(ref from, at));
            Unsafe.WriteUnaligned(ref Unsafe.AddByteOffset(ref to, at), word);
            sum += word;
            at += 2;
        }

        if ((length & 1) != 0)
        {
            var last = Unsafe.AddByteOffset(ref from, at);
            Unsafe.AddByteOffset(ref to, at) = last;
            sum += last;
        }

        return sum;
    }

    /// <param name="source">At most <see cref="Longest"/> bytes.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Sum(ReadOnlySpan<byte> source)
    {
        var length = (nuint)(uint)source.Length;
        ref var from = ref MemoryMarshal.GetReference(source);
        var halves = Vector128.Create(0xFFFFu);
        var sums = Vector128<uint>.Zero;
        nuint at = 0;
        if (length >= VectorLength)
        {
            var end = length & ~(nuint)(VectorLength - 1);
            if (Vector256.IsHardwareAccelerated)
            {
                var wide = Vector256<uint>.Zero;
                do
                {
                    var bytes = Vector256.LoadUnsafe(ref from, at).AsUInt32();
                    wide += (bytes & Vector256.Create(0xFFFFu)) + (bytes >>> 16);
                    at += VectorLength;
                }
                while (at < end);
                sums = wide.GetLower() + wide.GetUpper();
            }
            else
            {
                do
                {
                    var bytes = Vector128.LoadUnsafe(ref from, at).AsUInt32();
                    sums += (bytes & halves) + (bytes >>> 16);
                    at += VectorLength / 2;
                }
                while (at < end);
            }
        }

        if ((length & 16) != 0)
        {
            var bytes = Vector128.LoadUnsafe(ref from, at).AsUInt32();
            sums += (bytes & halves) + (bytes >>> 16);
            at += 16;
        }

        ulong sum = Vector128.Sum(sums);
        if ((length & 8) != 0)
        {
            var word = Unsafe.ReadUnaligned<ulong>(ref Unsafe.AddByteOffset(ref from, at));
            sum += (uint)word + (word >> 32);
            at += 8;
        }

        if ((length & 4) != 0)
        {
            sum += Unsafe.ReadUnaligned<uint>(ref Unsafe.AddByteOffset(ref from, at));
            at += 4;
        }

        if ((length & 2) != 0)
        {
            sum += Unsafe.ReadUnaligned<ushort>(ref Unsafe.AddByteOffset(ref from, at));
            at += 2;
        }

        return (length & 1) != 0 ? sum + Unsafe.AddByteOffset(ref from, at) : sum;
    }
}
