using Millrace.Peers.Running;

namespace Millrace.Peers.Results;

/// <summary>A row of the table: what a system needed for a variant, over all runs.</summary>
/// <param name="Median">Of the wall clock, as are <paramref name="Min"/> and <paramref name="Max"/>.</param>
/// <param name="Cpu">The median by processor time; null where a run had none.</param>
/// <param name="Valid">All runs were.</param>
internal sealed record Figure(string Workload, string Variant, string Asked, string System, string Unit, double Median, double Min, double Max, double? Cpu, int Runs, bool Valid, string Note)
{
    /// <summary>Least and most of what is compared: of processor time where there is a <see cref="Cpu"/>.</summary>
    public (double Least, double Most) Spread { get; init; } = (Cpu ?? Min, Cpu ?? Max);

    /// <summary>Rates are better when they are more, all else when it is less.</summary>
    public bool IsRate => Unit.EndsWith("/s", StringComparison.Ordinal);

    public static IReadOnlyList<Figure> Of(IEnumerable<Run> runs) =>
        [.. runs.GroupBy(run => (run.Workload, run.Variant, run.System)).Select(group => Of([.. group]))];

    /// <summary>How many times as fast, or as small, as the other: by processor times if both have them.</summary>
    public double Against(Figure other)
    {
        var (mine, others) = (Cpu, other.Cpu) is ({ } cpu, { } otherCpu) ? (cpu, otherCpu) : (Median, other.Median);
        return IsRate ? mine / others : others / mine;
    }

    /// <summary>The middle one, or the mean of the two in the middle.</summary>
    public static double MedianOf(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted.Length == 0 ? throw new ArgumentException("There is no median of nothing.", nameof(values))
            : (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    private static Figure Of(IReadOnlyList<Run> runs)
    {
        var first = runs[0];
        // A wrong result is not averaged away: its note is the one that is shown.
        var said = runs.FirstOrDefault(run => !run.Valid) ?? first;
        var cpu = runs.Where(run => run.Cpu is not null).Select(run => run.Cpu!.Value).ToArray();
        var figure = new Figure(first.Workload, first.Variant, first.Asked, first.System, first.Unit,
            MedianOf(runs.Select(run => run.Value)), runs.Min(run => run.Value), runs.Max(run => run.Value),
            cpu.Length == runs.Count ? MedianOf(cpu) : null,
            runs.Count, runs.All(run => run.Valid && run.Unit == first.Unit), said.Note);
        return figure.Cpu is null ? figure : figure with { Spread = (cpu.Min(), cpu.Max()) };
    }
}
