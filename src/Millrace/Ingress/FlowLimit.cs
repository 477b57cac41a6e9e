using System.Numerics;

namespace Millrace.Ingress;

/// <summary>
/// Which flow has more than half of the last packets (skb_flow_limit of net/core/dev.c): while a backlog is over half full, that
/// flow loses packets, so that the small ones need not.
/// </summary>
internal sealed class FlowLimit
{
    /// <summary>Packets that are looked back at (FLOW_LIMIT_HISTORY).</summary>
    public const int History = 128;

    private readonly int[] history = new int[History];
    private readonly byte[] counts;
    private readonly int shift;
    private int next;

    /// <param name="buckets">A power of two, at least 2.</param>
    public FlowLimit(int buckets)
    {
        if (buckets < 2 || !BitOperations.IsPow2(buckets))
        {
            throw new ArgumentOutOfRangeException(
                nameof(buckets), buckets, "Flows are counted in a power of two of buckets: write [Rps(FlowLimitBuckets = 4096)].");
        }

        counts = new byte[buckets];
        shift = 32 - BitOperations.Log2((uint)buckets);
    }

    /// <summary>Counts a packet of a flow.</summary>
    /// <returns>Whether its flow has more than half of the history.</returns>
    public bool IsOver(uint hash)
    {
        // multiplied, because the receive queue has chosen by the low bits
        var bucket = (int)(hash * 0x9E37_79B1 >> shift);
        ref var place = ref history[next];
        next = (next + 1) % History;
        if (counts[place] > 0)
        {
            counts[place]--;
        }

        place = bucket;
        return ++counts[bucket] > History / 2;
    }
}
