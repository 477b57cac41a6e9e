namespace Millrace.Peers;

/// <summary>What the command line asked for. An empty list is all of them.</summary>
internal sealed record DriverOptions
{
    public IReadOnlyList<string> Only { get; init; } = [];

    public IReadOnlyList<string> Systems { get; init; } = [];

    public IReadOnlyList<string> Variants { get; init; } = [];

    /// <summary>Rounds; null for five, or three with <see cref="Quick"/>.</summary>
    public int? Runs { get; init; }

    public bool Quick { get; init; }

    /// <summary>Runs as short as with <see cref="Quick"/>, of the main variants, all systems built: a record for whoever has no hour.</summary>
    public bool IsShort { get; init; }

    public string? Json { get; init; }

    public bool Plots { get; init; }

    public bool Install { get; init; }

    /// <summary>The processor that programs are pinned to; null for the last that this process may use.</summary>
    public int? Cpu { get; init; }

    public int Rounds => Runs ?? (Quick ? 3 : 5);

    /// <summary>Of one program.</summary>
    public TimeSpan TimeLimit => TimeSpan.FromSeconds(Quick ? 20 : IsShort ? 60 : 120);
}
