using System.Runtime.CompilerServices;

namespace Millrace.Interop;

/// <summary>
/// A table of a fixed length outside of the managed heap, zeroed, its entries on cache lines if they are lines long. Every access is
/// bounds-checked. It is freed when nobody refers to it any more and not when a stack is disposed, because a socket that is asked
/// later must find it.
/// </summary>
internal sealed unsafe class NativeTable<T>
    where T : unmanaged
{
    private readonly ReservedPages pages;
    private readonly T* entries;
    private readonly uint length;

    public NativeTable(int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        this.length = (uint)length;
        Bytes = (long)length * sizeof(T);
        pages = new ReservedPages(Bytes);
        entries = (T*)pages.Address;
    }

    public int Length => (int)length;

    /// <summary>Bytes reserved.</summary>
    public long Bytes { get; }

    public ref T this[int index]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            if ((uint)index >= length)
            {
                Throw.IndexOutOfRange();
            }

            return ref entries[(uint)index];
        }
    }

    /// <summary>The place of an entry of this table.</summary>
    public int IndexOf(ref T entry)
    {
        var index = (T*)Unsafe.AsPointer(ref entry) - entries;
        if ((ulong)index >= length)
        {
            Throw.IndexOutOfRange();
        }

        return (int)index;
    }
}
