using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Millrace.Interop;

/// <summary>
/// Sums of blocks of some hundred bytes and more, as <see cref="ShortSums"/>. vpmaddwd adds pairs of signed words: turning the highest bit of
/// an unsigned word makes it the signed one that is 32,768 less, and that is added again at the end. Three instructions a vector, where to take
/// words out of lanes by masks and shifts needs five and the check of a slice four.
/// </summary>
internal static class LongSums
{
    // so many that all lanes of a sum together fit into 32 bits: 2^16 a lane, 16 lanes, 2^10 vectors
    private const int MostVectors = 1024;

    public static bool IsSupported
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Avx2.IsSupported;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Sum(ReadOnlySpan<byte> source) => Vector512.IsHardwareAccelerated && Avx512BW.IsSupported
        ? Sum<Words512, Vector512<int>>(source)
        : Sum<Words256, Vector256<int>>(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ulong Sum<TWords, TVector>(ReadOnlySpan<byte> source)
        where TWords : struct, IWords<TVector>
        where TVector : struct
    {
        var vector = (nuint)TWords.Length;
        var length = (nuint)(uint)source.Length;
        ref var from = ref MemoryMarshal.GetReference(source);
        nuint at = 0;
        ulong sum = 0;
        while (length - at >= 2 * vector)
        {
            var begin = at;
            var end = at + (Math.Min((length - at) / (2 * vector), MostVectors) * 2 * vector);
            TVector first = default;
            TVector second = default;
            do
            {
                first = TWords.AddPairs(first, ref from, at);
                second = TWords.AddPairs(second, ref from, at + vector);
                at += 2 * vector;
            }
            while (at < end);
            sum += (ulong)((long)TWords.Total(first) + TWords.Total(second) + ((long)(end - begin) / sizeof(short) * -short.MinValue));
        }

        return sum + ShortSums.Sum(source.Slice((int)at));
    }

    /// <summary>One width of vector.</summary>
    internal interface IWords<TVector>
    {
        static abstract int Length { get; }

        /// <summary>Adds words two by two, each 32,768 less.</summary>
        static abstract TVector AddPairs(TVector sum, ref byte from, nuint at);

        static abstract int Total(TVector sum);
    }

    internal readonly struct Words512 : IWords<Vector512<int>>
    {
        public static int Length => Vector512<byte>.Count;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<int> AddPairs(Vector512<int> sum, ref byte from, nuint at) =>
            sum + Avx512BW.MultiplyAddAdjacent(Vector512.LoadUnsafe(ref from, at).AsInt16() ^ Vector512.Create(short.MinValue), Vector512.Create((short)1));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static int Total(Vector512<int> sum) => Vector512.Sum(sum);
    }

    internal readonly struct Words256 : IWords<Vector256<int>>
    {
        public static int Length => Vector256<byte>.Count;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<int> AddPairs(Vector256<int> sum, ref byte from, nuint at) =>
            sum + Avx2.MultiplyAddAdjacent(Vector256.LoadUnsafe(ref from, at).AsInt16() ^ Vector256.Create(short.MinValue), Vector256.Create((short)1));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static int Total(Vector256<int> sum) => Vector256.Sum(sum);
    }
}
