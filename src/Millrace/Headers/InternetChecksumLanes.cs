using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Millrace.Headers;

/// <summary>The loops over vectors, once for all widths.</summary>
/// <remarks>
/// A vector of bytes is taken as 32-bit lanes; their lower and upper halves go to an accumulator each, which costs a mask
/// and a shift where widening would cross lanes. A lane can take 65,537 halves of 0xFFFF, hence the blocks.
/// </remarks>
public static partial class InternetChecksum
{
    private const int VectorsBeforeCarry = 65_536;

    /// <summary>One width of vector, so that the loop is written once; a struct type argument is compiled for itself.</summary>
    internal interface ILanes<TVector>
        where TVector : struct
    {
        static abstract int Length { get; }

        static abstract TVector Load(ReadOnlySpan<byte> source);

        static abstract void Store(TVector lanes, Span<byte> destination);

        static abstract TVector AddLower(TVector sum, TVector lanes);

        static abstract TVector AddUpper(TVector sum, TVector lanes);

        static abstract ulong Total(TVector lower, TVector upper);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ulong SumVectors<TLanes, TVector>(ReadOnlySpan<byte> data)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        ulong sum = 0;
        while (data.Length >= TLanes.Length)
        {
            TVector lower = default;
            TVector upper = default;
            var end = Math.Min(data.Length / TLanes.Length, VectorsBeforeCarry) * TLanes.Length;
            for (var i = 0; i < end; i += TLanes.Length)
            {
                var lanes = TLanes.Load(data.Slice(i, TLanes.Length));
                lower = TLanes.AddLower(lower, lanes);
                upper = TLanes.AddUpper(upper, lanes);
            }

            sum += TLanes.Total(lower, upper);
            data = data.Slice(end, data.Length - end);
        }

        return sum + SumWords(data);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ulong CopyAndSumVectors<TLanes, TVector>(ReadOnlySpan<byte> source, Span<byte> destination)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        ulong sum = 0;
        while (source.Length >= TLanes.Length)
        {
            TVector lower = default;
            TVector upper = default;
            var end = Math.Min(source.Length / TLanes.Length, VectorsBeforeCarry) * TLanes.Length;
            for (var i = 0; i < end; i += TLanes.Length)
            {
                var lanes = TLanes.Load(source.Slice(i, TLanes.Length));
                TLanes.Store(lanes, destination.Slice(i, TLanes.Length));
                lower = TLanes.AddLower(lower, lanes);
                upper = TLanes.AddUpper(upper, lanes);
            }

            sum += TLanes.Total(lower, upper);
            source = source.Slice(end, source.Length - end);
            destination = destination.Slice(end, destination.Length - end);
        }

        return source.IsEmpty ? sum : sum + CopyAndSumWords(source, destination);
    }

    internal readonly struct Lanes128 : ILanes<Vector128<uint>>
    {
        public static int Length => Vector128<byte>.Count;

        public static Vector128<uint> Load(ReadOnlySpan<byte> source) => Vector128.Create(source).AsUInt32();

        public static void Store(Vector128<uint> lanes, Span<byte> destination) => lanes.AsByte().CopyTo(destination);

        public static Vector128<uint> AddLower(Vector128<uint> sum, Vector128<uint> lanes) => sum + (lanes & Vector128.Create(0xFFFFu));

        public static Vector128<uint> AddUpper(Vector128<uint> sum, Vector128<uint> lanes) => sum + (lanes >>> 16);

        public static ulong Total(Vector128<uint> lower, Vector128<uint> upper)
        {
            var (first, second) = Vector128.Widen(lower);
            var (third, fourth) = Vector128.Widen(upper);
            return Vector128.Sum(first + second + third + fourth);
        }
    }

    internal readonly struct Lanes256 : ILanes<Vector256<uint>>
    {
        public static int Length => Vector256<byte>.Count;

        public static Vector256<uint> Load(ReadOnlySpan<byte> source) => Vector256.Create(source).AsUInt32();

        public static void Store(Vector256<uint> lanes, Span<byte> destination) => lanes.AsByte().CopyTo(destination);

        public static Vector256<uint> AddLower(Vector256<uint> sum, Vector256<uint> lanes) => sum + (lanes & Vector256.Create(0xFFFFu));

        public static Vector256<uint> AddUpper(Vector256<uint> sum, Vector256<uint> lanes) => sum + (lanes >>> 16);

        public static ulong Total(Vector256<uint> lower, Vector256<uint> upper)
        {
            var (first, second) = Vector256.Widen(lower);
            var (third, fourth) = Vector256.Widen(upper);
            return Vector256.Sum(first + second + third + fourth);
        }
    }

    internal readonly struct Lanes512 : ILanes<Vector512<uint>>
    {
        public static int Length => Vector512<byte>.Count;

        public static Vector512<uint> Load(ReadOnlySpan<byte> source) => Vector512.Create(source).AsUInt32();

        public static void Store(Vector512<uint> lanes, Span<byte> destination) => lanes.AsByte().CopyTo(destination);

        public static Vector512<uint> AddLower(Vector512<uint> sum, Vector512<uint> lanes) => sum + (lanes & Vector512.Create(0xFFFFu));

        public static Vector512<uint> AddUpper(Vector512<uint> sum, Vector512<uint> lanes) => sum + (lanes >>> 16);

        public static ulong Total(Vector512<uint> lower, Vector512<uint> upper)
        {
            var (first, second) = Vector512.Widen(lower);
            var (third, fourth) = Vector512.Widen(upper);
            return Vector512.Sum(first + second + third + fourth);
        }
    }
}
