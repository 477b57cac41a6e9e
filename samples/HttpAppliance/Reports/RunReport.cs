using Millrace;

namespace HttpAppliance.Reports;

/// <summary>What a run was, what came of it and what each stack did.</summary>
internal sealed record RunReport
{
    /// <summary><c>memory</c>, <c>tap</c> or <c>pcap</c>.</summary>
    public required string Mode { get; init; }

    /// <summary>Whether every byte fetched was the right one; null where the run fetches nothing itself.</summary>
    public bool? Verified { get; init; }

    /// <summary>Why the run failed, or null.</summary>
    public string? Failure { get; init; }

    /// <summary>Whether the program was built with optimisation; without it the figures mean nothing.</summary>
    public bool Optimised { get; init; } = BuildKind.IsOptimised;

    /// <summary>Bytes of payload that were moved.</summary>
    public long Bytes { get; init; }

    /// <summary>Seconds that the run took on the clock of the wall.</summary>
    public double Seconds { get; init; }

    /// <summary>Seconds that passed for the stacks, if their time was virtual.</summary>
    public double? VirtualSeconds { get; init; }

    /// <summary>Bytes allocated on the loop's thread a packet, over the steady state; null if it was not reached.</summary>
    public double? AllocatedBytesPerPacket { get; init; }

    /// <summary>Packets of the wire over which <see cref="AllocatedBytesPerPacket"/> was measured.</summary>
    public long MeasuredPackets { get; init; }

    /// <summary>Frames the wire lost on purpose.</summary>
    public long FramesLost { get; init; }

    /// <summary>Seed of the run, if it was given.</summary>
    public ulong? Seed { get; init; }

    /// <summary>Further lines for people.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    public required IReadOnlyList<StackReport> Stacks { get; init; }

    /// <summary>Frames that were neither free nor in a ring at the end.</summary>
    public int FramesLeaked => Stacks.Sum(stack => stack.FramesLeaked);

    public bool IsGood => Failure is null && Verified != false && FramesLeaked == 0 && Stacks.All(stack => stack.IsBalanced);
}

/// <summary>How this program was built.</summary>
internal static class BuildKind
{
#if DEBUG
    public static bool IsOptimised => false;
#else
    public static bool IsOptimised => true;
#endif
}
