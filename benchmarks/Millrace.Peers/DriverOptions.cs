namespace Millrace.Peers;

/// <summary>What the command line asked for. An empty list is all of them.</summary>
internal sealed record DriverOptions
{
    public IReadOnlyList<string> Only { get; init; } = [];

    public IReadOnlyList<string> Systems { get; init; } = [];

    public IReadOnlyList<string> Variants { get; init; } = [];

    /// <summary>Rounds; null for five, or three with <see cref="Quick"/> or <see cref="Plots"/>.</summary>
    public int? Runs { get; init; }

    public bool Quick { get; init; }

    /// <summary>Runs as short as with <see cref="Quick"/>, of all variants, all systems built: a record for whoever has no hour.</summary>
    public bool IsShort { get; init; }

    public string? Json { get; init; }

    /// <summary>The points of plots in place of the main variants.</summary>
    public bool Plots { get; init; }

    public bool Install { get; init; }

    /// <summary>The processor that programs are pinned to; null for the last that this process may use.</summary>
    public int? Cpu { get; init; }

    public int Rounds => Runs ?? (Quick || Plots ? 3 : 5);

    /// <summary>Programs are told to measure briefly.</summary>
    public bool IsBrief => Quick || IsShort || Plots;

    /// <summary>Of one program.</summary>
    public TimeSpan TimeLimit => TimeSpan.FromSeconds(Quick ? 20 : IsShort ? 60 : 120);
}
