namespace Millrace.Nics;

/// <summary>How a wire, or whatever stands for one, ill-treats packets. Everything follows from the seed.</summary>
/// <remarks>An unsegmented packet is judged as one: it is lost, repeated, delayed or damaged as a whole.</remarks>
public readonly record struct ImpairmentOptions
{
    public ImpairmentOptions()
    {
    }

    /// <summary>The part of packets that vanish, 0 to 1.</summary>
    public double Loss { get; init; }

    /// <summary>The part of packets that arrive twice, 0 to 1.</summary>
    public double Duplication { get; init; }

    /// <summary>The part of packets that are kept back by <see cref="ReorderNanoseconds"/>, so that later ones overtake them, 0 to 1.</summary>
    public double Reorder { get; init; }

    /// <summary>The part of packets that arrive with one bit changed, 0 to 1.</summary>
    public double Corruption { get; init; }

    /// <summary>How long a reordered packet is kept back.</summary>
    public long ReorderNanoseconds { get; init; } = 1_000_000;

    public ulong Seed { get; init; } = 1;

    /// <summary>Whether packets are touched at all.</summary>
    public bool Any => Loss > 0 || Duplication > 0 || Reorder > 0 || Corruption > 0;

    internal void Validate()
    {
        RequireProbability(Loss, nameof(Loss));
        RequireProbability(Duplication, nameof(Duplication));
        RequireProbability(Reorder, nameof(Reorder));
        RequireProbability(Corruption, nameof(Corruption));
        ArgumentOutOfRangeException.ThrowIfNegative(ReorderNanoseconds);
    }

    private static void RequireProbability(double value, string name)
    {
        if (value is not (>= 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(name, value, "A probability is from 0 to 1: two in a hundred are 0.02.");
        }
    }
}

/// <summary>What impairments did so far, in packets (an unsegmented packet is one).</summary>
public readonly record struct ImpairmentCounters(long Lost, long Duplicated, long Reordered, long Corrupted);
