using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using Millrace.Ip;

namespace Millrace.Interop;

/// <summary>
/// The memory of a <see cref="Fib"/>: a root that the first bits of an address index, chunks of 256 entries for the bits behind
/// them, and the next hops that entries name. What leaves this class by an address needs no check, because a root has a place for
/// every address and entries are written by <see cref="Fib"/> alone; what leaves by an index is checked.
/// </summary>
internal sealed unsafe class FibPages : IDisposable
{
    /// <summary>Entries a chunk: eight bits of an address.</summary>
    public const int ChunkLength = 256;

    private const int ChunkBits = 8;

    private readonly ReservedPages pages;
    private readonly uint* root;
    private readonly uint* chunks;
    private readonly NextHop* nextHops;
    private readonly int shift;
    private readonly int chunkCount;
    private readonly int nextHopCount;

    public FibPages(int rootBits, int chunkCount, int nextHopCount)
    {
        shift = 32 - rootBits;
        this.chunkCount = chunkCount;
        this.nextHopCount = nextHopCount;
        RootLength = 1 << rootBits;
        var rootBytes = (long)RootLength * sizeof(uint);
        var chunkBytes = (long)chunkCount * ChunkLength * sizeof(uint);
        Length = rootBytes + chunkBytes + ((long)nextHopCount * sizeof(NextHop));
        pages = new ReservedPages(Length);
        // the next hops last: they begin on a cache line, because everything before them is a multiple of one
        root = (uint*)pages.Address;
        chunks = (uint*)(pages.Address + rootBytes);
        nextHops = (NextHop*)(pages.Address + rootBytes + chunkBytes);
    }

    public int RootLength { get; }

    /// <summary>Bytes of address space.</summary>
    public long Length { get; }

    public Span<uint> Root => new(root, RootLength);

    public Span<uint> Chunk(int index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)chunkCount);
        return new(chunks + ((long)index * ChunkLength), ChunkLength);
    }

    public ref NextHop this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)nextHopCount);
            return ref nextHops[index];
        }
    }

    /// <summary>The root for who looks many addresses up; what lies at its places says whether <see cref="EntryBehind"/> knows more.</summary>
    public uint* RootAddress => root;

    public NextHop* NextHops => nextHops;

    /// <summary>Bits of an address behind those that index the root.</summary>
    public int Shift => shift;

    /// <summary>Whether the root is larger than a cache near the processor, so that it is worth to be fetched ahead.</summary>
    public bool IsLarge => RootLength > 1 << 16;

    /// <summary>The entry of an address.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint Entry(uint address)
    {
        var entry = root[address >> shift];
        return (int)entry >= 0 ? entry : EntryBehind(entry, address);
    }

    /// <summary>The next hop of an address.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref NextHop NextHopOf(uint address) => ref nextHops[Entry(address) & FibEntry.IndexMask];

    /// <summary>Brings the line of the root that an address needs; nothing where there is no such instruction.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Prefetch(uint address)
    {
        if (Sse.IsSupported)
        {
            Sse.Prefetch0(root + (address >> shift));
        }
    }

    public void Dispose() => pages.Dispose();

    /// <summary>The entry that the one of the root leads to, which is a chunk.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint EntryBehind(uint entry, uint address)
    {
        var left = shift;
        do
        {
            left -= ChunkBits;
            entry = chunks[((nint)(entry & FibEntry.IndexMask) * ChunkLength) + (nint)((address >> left) & (ChunkLength - 1))];
        }
        while ((int)entry < 0);

        return entry;
    }
}
