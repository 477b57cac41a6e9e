namespace Millrace.Nics;

/// <summary>Decides the fate of packets, one after another, and counts it.</summary>
/// <param name="stream">Tells apart several users of one seed, such as the two directions of a wire.</param>
internal sealed class Impairments(ImpairmentOptions options, ulong stream)
{
    private SplitMix64 random = new(options.Seed ^ (stream * 0xD1B5_4A32_D192_ED03));
    private long lost;
    private long duplicated;
    private long reordered;
    private long corrupted;

    public bool Any { get; } = options.Any;

    public long ReorderNanoseconds { get; } = options.ReorderNanoseconds;

    public ImpairmentCounters Counters => new(lost, duplicated, reordered, corrupted);

    /// <summary>The fate of the next packet. Each kind draws a number of its own, so one probability does not shift another's pattern.</summary>
    public Fate Next()
    {
        if (!Any)
        {
            return Fate.Unharmed;
        }

        var fate = Fate.Unharmed;
        fate |= Draw(options.Loss) ? Fate.Lost : 0;
        fate |= Draw(options.Duplication) ? Fate.Duplicated : 0;
        fate |= Draw(options.Reorder) ? Fate.Reordered : 0;
        fate |= Draw(options.Corruption) ? Fate.Corrupted : 0;
        return (fate & Fate.Lost) != 0 ? Fate.Lost : fate;
    }

    public void CountLost() => lost++;

    public void CountDuplicated() => duplicated++;

    public void CountReordered() => reordered++;

    public void CountCorrupted() => corrupted++;

    /// <summary>A bit of a packet of the given length.</summary>
    public int NextBit(int length) => random.Next(length * 8);

    private bool Draw(double probability) => random.NextDouble() < probability;
}

[Flags]
internal enum Fate
{
    Unharmed = 0,
    Lost = 1 << 0,
    Duplicated = 1 << 1,
    Reordered = 1 << 2,
    Corrupted = 1 << 3,
}
