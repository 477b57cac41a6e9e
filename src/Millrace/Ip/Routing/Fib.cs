using System.Runtime.CompilerServices;
using Millrace.Interop;

namespace Millrace.Ip;

/// <summary>
/// The forwarding information base: the next hop of the longest prefix that covers an address, found with one load, or one more
/// for each eight bits that a prefix is longer than the root is wide (DIR-24-8 of Gupta, Lin and McKeown 1998, with a root as wide
/// as the number of routes asks for). Which route an entry is of stands in it as the prefix length, so a change writes the entries
/// it concerns and looks at no other route. Tables are loaded before anything is warm, so what writes them is not tiered. It belongs to one worker and is changed between packets.
/// </summary>
internal sealed class Fib : IDisposable
{
    private const int ChunkBits = 8;
    private const int AddressBits = 32;

    // the root is 1 KiB, 256 KiB or 64 MiB; only what routes cover is ever touched
    private const int FewRoutes = 16;
    private const int SomeRoutes = 512;

    private readonly FibPages pages;
    private readonly int rootBits;
    private readonly int chunkCapacity;
    private int chunksEver;
    private int freeChunk = -1;

    /// <param name="routes">Prefixes that must find room, whatever their lengths; they decide how wide the root is.</param>
    /// <param name="hosts">Prefixes of single addresses beside them.</param>
    /// <param name="nextHops">Next hops with the one that is none.</param>
    public Fib(int routes, int hosts, int nextHops)
    {
        rootBits = routes <= FewRoutes ? 8 : routes <= SomeRoutes ? 16 : 24;
        // a prefix needs a chunk for each eight bits behind the root, and no more than there are
        chunkCapacity = (int)Math.Min(((long)routes + hosts) * ((AddressBits - rootBits) / ChunkBits), FibEntry.MaximumCount);
        pages = new FibPages(rootBits, chunkCapacity, Math.Min(nextHops, FibEntry.MaximumCount));
    }

    /// <summary>Bytes of address space that it has; memory is taken as routes come.</summary>
    public long Length => pages.Length;

    /// <summary>Whether the root is larger than a cache near the processor, so that it is worth to be fetched ahead.</summary>
    public bool IsLarge => pages.IsLarge;

    /// <summary>The tables themselves, for look-ups of a burst.</summary>
    public FibPages Pages => pages;

    /// <summary>Chunks in use.</summary>
    public int ChunkCount { get; private set; }

    /// <summary>A next hop by its index; 0 is none.</summary>
    public ref NextHop this[int index] => ref pages[index];

    /// <summary>The next hop of an address; one that cannot be used as it is lets packets of no length pass.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref NextHop NextHopOf(uint address) => ref pages.NextHopOf(address);

    /// <summary>Lets the memory that an address needs be on its way.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Prefetch(uint address) => pages.Prefetch(address);

    /// <summary>The next hop of an address by its index, and the length of the prefix that led to it.</summary>
    public (int NextHop, int PrefixLength) Find(uint address)
    {
        var entry = pages.Entry(address);
        return ((int)(entry & FibEntry.IndexMask), FibEntry.PrefixLength(entry));
    }

    /// <summary>The indices of the next hops of many addresses: all are fetched before the first is read.</summary>
    public void LookUp(ReadOnlySpan<uint> addresses, Span<int> nextHops)
    {
        nextHops = nextHops.Slice(0, addresses.Length);
        foreach (var address in addresses)
        {
            pages.Prefetch(address);
        }

        for (var i = 0; i < addresses.Length; i++)
        {
            nextHops[i] = (int)(pages.Entry(addresses[i]) & FibEntry.IndexMask);
        }
    }

    /// <summary>Leads a prefix to a next hop, where no longer prefix leads elsewhere.</summary>
    public void Put(uint network, int prefixLength, int nextHop) =>
        Write(pages.Root, rootBits, 0, network, prefixLength, prefixLength, FibEntry.Of(prefixLength, nextHop));

    /// <summary>Gives what a prefix had to the next shorter one that covers it.</summary>
    /// <param name="coverLength">Length of that prefix; 0 with the next hop 0 if there is none.</param>
    public void Remove(uint network, int prefixLength, int coverLength, int coverNextHop) =>
        Write(pages.Root, rootBits, 0, network, prefixLength, coverLength, FibEntry.Of(coverLength, coverNextHop));

    public void Dispose() => pages.Dispose();

    /// <param name="table">Entries of the bits from <paramref name="start"/> on, <paramref name="bits"/> of them.</param>
    /// <param name="newLength">Equal to the prefix length if a route is put, less if it is removed.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Write(Span<uint> table, int bits, int start, uint network, int prefixLength, int newLength, uint entry)
    {
        var first = (int)((uint)((ulong)network << start) >> (AddressBits - bits));
        var end = start + bits;
        if (prefixLength <= end)
        {
            Fill(table.Slice(first, 1 << (end - prefixLength)), prefixLength, newLength < prefixLength, entry);
            return;
        }

        ref var place = ref table[first];
        if ((place & FibEntry.IsChunk) == 0)
        {
            place = FibEntry.IsChunk | (uint)TakeChunk(place);
        }

        var chunk = (int)(place & FibEntry.IndexMask);
        var entries = pages.Chunk(chunk);
        Write(entries, ChunkBits, end, network, prefixLength, newLength, entry);
        // alike, and of a route that ends before them: nothing here needs a chunk any more
        if (newLength < prefixLength && (entries[0] & FibEntry.IsChunk) == 0 && FibEntry.PrefixLength(entries[0]) <= end && !entries.ContainsAnyExcept(entries[0]))
        {
            place = entries[0];
            GiveChunk(chunk);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Fill(Span<uint> entries, int prefixLength, bool removes, uint entry)
    {
        foreach (ref var place in entries)
        {
            if ((place & FibEntry.IsChunk) != 0)
            {
                Fill(pages.Chunk((int)(place & FibEntry.IndexMask)), prefixLength, removes, entry);
            }
            else if (removes ? FibEntry.PrefixLength(place) == prefixLength : FibEntry.PrefixLength(place) <= prefixLength)
            {
                place = entry;
            }
        }
    }

    private int TakeChunk(uint filledWith)
    {
        int chunk;
        if (freeChunk >= 0)
        {
            chunk = freeChunk;
            freeChunk = (int)pages.Chunk(chunk)[0];
        }
        else if (chunksEver < chunkCapacity)
        {
            chunk = chunksEver++;
        }
        else
        {
            throw new InvalidOperationException($"The forwarding table has {chunkCapacity} chunks, and all are in use; write [Ipv4(…, Routes = …)] with more routes.");
        }

        ChunkCount++;
        pages.Chunk(chunk).Fill(filledWith);
        return chunk;
    }

    private void GiveChunk(int chunk)
    {
        ChunkCount--;
        pages.Chunk(chunk)[0] = (uint)freeChunk;
        freeChunk = chunk;
    }
}
