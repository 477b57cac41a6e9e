namespace Millrace.Testing.Networks;

/// <summary>
/// What one direction of a <see cref="Link"/> does with packets. A packet waits in the buffer until it is sent at the rate, and may be lost
/// or damaged behind it; probabilities are from 0 to 1, for each packet.
/// </summary>
public sealed record LinkOptions
{
    /// <summary>Bits a second; 0 is any number, and then nothing ever waits.</summary>
    public long BitsPerSecond { get; init; }

    /// <summary>The time from the last bit sent to the packet's arrival.</summary>
    public long DelayNanoseconds { get; init; }

    /// <summary>Bytes that may wait, with the packet that is being sent; what finds no room is lost (drop tail).</summary>
    public long BufferBytes { get; init; } = long.MaxValue;

    /// <summary>The same in packets.</summary>
    public int BufferPackets { get; init; } = int.MaxValue;

    /// <summary>Waiting bytes from which on packets that allow it are marked as having met congestion (ECN, RFC 3168 §5).</summary>
    public long MarkBytes { get; init; } = long.MaxValue;

    /// <summary>Each packet is lost by itself.</summary>
    public double Loss { get; init; }

    /// <summary>Losses that come together; null for none.</summary>
    public BurstLoss? BurstLoss { get; init; }

    /// <summary>A packet is late by <see cref="ReorderNanoseconds"/>, and others overtake it.</summary>
    public double Reorder { get; init; }

    public long ReorderNanoseconds { get; init; } = 1_000_000;

    /// <summary>A packet arrives twice.</summary>
    public double Duplication { get; init; }

    /// <summary>One bit of a packet is flipped, wherever it lies: the link has no frame check sequence.</summary>
    public double Corruption { get; init; }

    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfNegative(BitsPerSecond);
        ArgumentOutOfRangeException.ThrowIfNegative(DelayNanoseconds);
        ArgumentOutOfRangeException.ThrowIfNegative(ReorderNanoseconds);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(BufferBytes);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(BufferPackets);
        foreach (var probability in new[] { Loss, Reorder, Duplication, Corruption, BurstLoss?.Begin ?? 0, BurstLoss?.End ?? 0, BurstLoss?.Within ?? 0 })
        {
            if (probability is not (>= 0 and <= 1))
            {
                throw new ArgumentException($"{probability} is no probability: give one from 0 to 1.");
            }
        }
    }
}

/// <summary>
/// The model of Gilbert and Elliott: a link is good or bad, and changes between the two from packet to packet. It is good again after a second in any case,
/// or repetitions that are a minute apart would all be lost in one burst.
/// </summary>
/// <param name="Begin">A good link turns bad.</param>
/// <param name="End">A bad link turns good; 1 / End is the mean length of a burst in packets.</param>
/// <param name="Within">A packet is lost while the link is bad.</param>
public sealed record BurstLoss(double Begin, double End, double Within = 1);

/// <summary>Whether a link passes anything.</summary>
public enum LinkState
{
    Up,

    /// <summary>What enters is lost, and nobody is told: the cable is cut further on.</summary>
    Dark,

    /// <summary>What enters is lost, and the NICs have no carrier.</summary>
    Down,
}

/// <summary>What became of the packets that entered one direction of a link.</summary>
public struct LinkCounters
{
    public long Entered;

    /// <summary>Arrived at the other side, copies included.</summary>
    public long Arrived;

    public long ArrivedBytes;

    /// <summary>Found no room in the buffer.</summary>
    public long Overflowed;

    /// <summary>Lost by chance, by itself or in a burst, or because the test says so.</summary>
    public long Lost;

    /// <summary>Lost while the link was dark or down.</summary>
    public long Cut;

    public long Marked;

    public long Reordered;

    public long Duplicated;

    public long Corrupted;
}
