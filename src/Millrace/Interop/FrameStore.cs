using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Millrace.Memory;

namespace Millrace.Interop;

/// <summary>
/// The raw memory of an arena: slots of <see cref="Arena.Stride"/> bytes, their metadata, and which of them are free. Everything
/// that leaves this class is bounds-checked: a metadata reference by the slot count, bytes by the slot's length.
/// </summary>
internal sealed unsafe class FrameStore : IDisposable
{
    private const int PageLength = 4096;

    /// <summary>
    /// Bytes from a slot to the next: a cache line more than it has, because headers at multiples of 2,048 bytes would share a
    /// few sets of the first cache.
    /// </summary>
    private const int Distance = Arena.Stride + 64;

    // metadata behind the buffer's address, written as two vectors that overlap
    private const int FirstHalf = 8;
    private const int SecondHalf = 32;

    /// <summary>So few are copied faster one by one than by a call.</summary>
    private const int FewFrames = 4;

    private readonly int slotCount;
    private byte* slots;
    private FrameMetadata* metadata;
    private Frame* free;

    public FrameStore(int slotCount)
    {
        this.slotCount = slotCount;
        slots = (byte*)NativeMemory.AlignedAlloc((nuint)slotCount * Distance, PageLength);
        metadata = (FrameMetadata*)NativeMemory.AlignedAlloc((nuint)slotCount * (nuint)sizeof(FrameMetadata), PageLength);
        free = (Frame*)NativeMemory.AlignedAlloc((nuint)slotCount * (nuint)sizeof(Frame), PageLength);
        NativeMemory.Clear(slots, (nuint)slotCount * Distance);
        NativeMemory.Clear(metadata, (nuint)slotCount * (nuint)sizeof(FrameMetadata));
        for (var i = 0; i < slotCount; i++)
        {
            Restore(i);
        }

        // slot 0 is never handed out; the lowest goes first
        for (var i = slotCount - 1; i > 0; i--)
        {
            free[FreeCount++] = new Frame(i);
        }
    }

    /// <summary>Slots that are free.</summary>
    public int FreeCount { get; private set; }

    /// <summary>The metadata of all slots.</summary>
    public Span<FrameMetadata> All
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => new(metadata, slotCount);
    }

    public ref FrameMetadata this[int index]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            if ((uint)index >= (uint)slotCount)
            {
                Throw.FrameOutOfRange();
            }

            return ref metadata[index];
        }
    }

    /// <summary>Takes the slots that were freed last and gives all but their addresses the values of <paramref name="fresh"/>.</summary>
    /// <param name="frames">At most <see cref="FreeCount"/>.</param>
    public void Take(Span<Frame> frames, ref readonly FrameMetadata fresh)
    {
        if ((uint)frames.Length > (uint)FreeCount)
        {
            Throw.FrameOutOfRange();
        }

        FreeCount -= frames.Length;
        if (frames.Length <= FewFrames)
        {
            for (var i = 0; i < frames.Length; i++)
            {
                frames[i] = free[FreeCount + i];
            }
        }
        else
        {
            new ReadOnlySpan<Frame>(free + FreeCount, frames.Length).CopyTo(frames);
        }

        ref var pattern = ref Unsafe.As<FrameMetadata, byte>(ref Unsafe.AsRef(in fresh));
        var first = Vector256.LoadUnsafe(ref pattern, FirstHalf);
        var second = Vector256.LoadUnsafe(ref pattern, SecondHalf);
        var table = (byte*)metadata;
        foreach (var frame in frames)
        {
            // what this class noted as free is in range
            var at = table + ((nint)(uint)frame.Index * sizeof(FrameMetadata));
            first.Store(at + FirstHalf);
            second.Store(at + SecondHalf);
        }
    }

    /// <inheritdoc cref="Take(Span{Frame}, ref readonly FrameMetadata)"/>
    public Frame Take(ref readonly FrameMetadata fresh)
    {
        if (FreeCount == 0)
        {
            Throw.FrameOutOfRange();
        }

        var frame = free[--FreeCount];
        ref var pattern = ref Unsafe.As<FrameMetadata, byte>(ref Unsafe.AsRef(in fresh));
        var at = (byte*)(metadata + frame.Index);
        Vector256.LoadUnsafe(ref pattern, FirstHalf).Store(at + FirstHalf);
        Vector256.LoadUnsafe(ref pattern, SecondHalf).Store(at + SecondHalf);
        return frame;
    }

    /// <summary>Makes a slot free that was not.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Give(Frame frame) => free[FreeCount++] = frame;

    /// <summary>Frees frames, from the first on, as long as each is a packet by itself, of a share, that nobody but a holder has.</summary>
    /// <returns>How many; the one behind them is another case, if there is one.</returns>
    public int GiveUsual(ReadOnlySpan<Frame> frames, Share share, Holders holder)
    {
        var usual = Usual(share, holder);
        var table = (byte*)metadata + FrameMetadata.PlaceOffset;
        var slots = (uint)slotCount;
        var count = 0;
        for (; count < frames.Length; count++)
        {
            var frame = frames[count];
            if ((uint)frame.Index >= slots)
            {
                Throw.FrameOutOfRange();
            }

            var place = (ulong*)(table + ((nint)(uint)frame.Index * sizeof(FrameMetadata)));
            if (*place != usual)
            {
                break;
            }

            *place = 0;
        }

        var freed = free + FreeCount;
        FreeCount += count;
        if (count <= FewFrames)
        {
            for (var i = 0; i < count; i++)
            {
                freed[i] = frames[i];
            }
        }
        else
        {
            frames.Slice(0, count).CopyTo(new Span<Frame>(freed, count));
        }

        return count;
    }

    /// <summary>All <see cref="Arena.Stride"/> bytes of a frame.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Span<byte> Slot(ref readonly FrameMetadata frame) => new((void*)frame.Buffer, Arena.Stride);

    /// <summary>Whether a frame that somebody has is a packet of the wire by itself: no next fragment, no flags, not merged.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsUsual(ref readonly FrameMetadata frame, Share share, Holders holder)
    {
        ref var start = ref Unsafe.As<FrameMetadata, byte>(ref Unsafe.AsRef(in frame));
        var place = Unsafe.ReadUnaligned<ulong>(ref Unsafe.AddByteOffset(ref start, FrameMetadata.PlaceOffset));
        return place == Usual(share, holder) && frame.WirePackets == 1 && frame.GsoSize == 0;
    }

    // no next fragment, holders, share, no flags
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ulong Usual(Share share, Holders holder) =>
        BitConverter.IsLittleEndian ? ((ulong)holder << 32) | ((ulong)share << 48) : ((ulong)holder << 16) | ((ulong)share << 8);

    /// <summary>Writes offset, length and total length of a packet of one frame, in one store.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void SetExtent(ref FrameMetadata frame, uint offset, uint length)
    {
        var extent = BitConverter.IsLittleEndian
            ? offset | (length << 16) | ((ulong)length << 32)
            : ((ulong)offset << 48) | ((ulong)length << 32) | length;
        Unsafe.WriteUnaligned(ref Unsafe.AddByteOffset(ref Unsafe.As<FrameMetadata, byte>(ref frame), FrameMetadata.ExtentOffset), extent);
    }

    /// <summary>Makes a frame's bytes those of another arena's frame, until <see cref="Restore"/>.</summary>
    public static void Borrow(ref FrameMetadata frame, ref readonly FrameMetadata lender) => frame.Buffer = lender.Buffer;

    public void Restore(int index) => this[index].Buffer = (nint)(slots + ((long)index * Distance));

    /// <summary>The address of a frame's slot, for system calls of this folder.</summary>
    public static byte* Address(ref readonly FrameMetadata frame) => (byte*)frame.Buffer;

    public void Dispose()
    {
        NativeMemory.AlignedFree(slots);
        NativeMemory.AlignedFree(metadata);
        NativeMemory.AlignedFree(free);
        slots = null;
        metadata = null;
        free = null;
        GC.SuppressFinalize(this);
    }

    ~FrameStore() => Dispose();
}
