using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Millrace.Memory;

namespace Millrace.Interop;

/// <summary>
/// The raw memory of an arena: slots of <see cref="Arena.Stride"/> bytes and their metadata. Everything that leaves this
/// class is bounds-checked: a metadata reference by the slot count, bytes by the slot's length.
/// </summary>
internal sealed unsafe class FrameStore : IDisposable
{
    private const int PageLength = 4096;

    private readonly int slotCount;
    private byte* slots;
    private FrameMetadata* metadata;

    public FrameStore(int slotCount)
    {
        this.slotCount = slotCount;
        slots = (byte*)NativeMemory.AlignedAlloc((nuint)slotCount * Arena.Stride, PageLength);
        metadata = (FrameMetadata*)NativeMemory.AlignedAlloc((nuint)slotCount * (nuint)sizeof(FrameMetadata), PageLength);
        NativeMemory.Clear(slots, (nuint)slotCount * Arena.Stride);
        NativeMemory.Clear(metadata, (nuint)slotCount * (nuint)sizeof(FrameMetadata));
        for (var i = 0; i < slotCount; i++)
        {
            metadata[i].Buffer = (nint)(slots + ((long)i * Arena.Stride));
        }
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

    /// <summary>All <see cref="Arena.Stride"/> bytes of a frame.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Span<byte> Slot(ref readonly FrameMetadata frame) => new((void*)frame.Buffer, Arena.Stride);

    /// <summary>Makes a frame's bytes those of another arena's frame, until <see cref="Restore"/>.</summary>
    public static void Borrow(ref FrameMetadata frame, ref readonly FrameMetadata lender) => frame.Buffer = lender.Buffer;

    public void Restore(int index) => this[index].Buffer = (nint)(slots + ((long)index * Arena.Stride));

    /// <summary>The address of a frame's slot, for system calls of this folder.</summary>
    public static byte* Address(ref readonly FrameMetadata frame) => (byte*)frame.Buffer;

    public void Dispose()
    {
        NativeMemory.AlignedFree(slots);
        NativeMemory.AlignedFree(metadata);
        slots = null;
        metadata = null;
        GC.SuppressFinalize(this);
    }

    ~FrameStore() => Dispose();
}
