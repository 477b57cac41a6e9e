namespace Millrace.Ip;

/// <summary>
/// An entry of a <see cref="Fib"/>: the index of a next hop and the prefix length of the route it is of, or, with the highest bit,
/// the index of the chunk that tells more. Pages that nobody has written say: no route.
/// </summary>
internal static class FibEntry
{
    public const uint IsChunk = 0x8000_0000;

    public const uint IndexMask = 0x00FF_FFFF;

    /// <summary>Next hops, and chunks, that an entry can tell apart.</summary>
    public const int MaximumCount = 1 << 24;

    private const int PrefixLengthShift = 24;

    public static uint Of(int prefixLength, int nextHop) => ((uint)prefixLength << PrefixLengthShift) | (uint)nextHop;

    /// <summary>The prefix length of an entry that is no chunk.</summary>
    public static int PrefixLength(uint entry) => (int)(entry >> PrefixLengthShift);
}
