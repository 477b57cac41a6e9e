using System.Diagnostics;
using Millrace.Peers.Systems;

namespace Millrace.Peers.Running;

/// <summary>Starts the systems in turns: what disturbs the machine for a while disturbs all of them.</summary>
/// <param name="cpu">The processor that each program is pinned to.</param>
/// <param name="progress">Told before each start.</param>
internal sealed class Interleaving(DriverOptions options, IReadOnlyList<SystemUnderTest> systems, int cpu, Action<string> progress)
{
    private readonly List<Run> runs = [];
    private readonly Dictionary<(string Workload, string Variant, string System), Absence> absences = [];

    public IReadOnlyList<Run> Runs => runs;

    public IReadOnlyCollection<Absence> Absences => absences.Values;

    /// <param name="limit">No program is started after it, and those that had no turn are absent.</param>
    public async Task MeasureAsync(Workload workload, IReadOnlyList<string> variants, TimeSpan limit, CancellationToken cancellation)
    {
        var begin = Stopwatch.GetTimestamp();
        for (var round = 1; round <= options.Rounds; round++)
        {
            foreach (var variant in variants)
            {
                foreach (var system in systems)
                {
                    if (system.Unavailable is { } why)
                    {
                        absences[(workload.Name, variant, system.Name)] = new(workload.Name, variant, system.Name, why, IsFailure: false);
                    }
                    else if (Stopwatch.GetElapsedTime(begin) > limit)
                    {
                        if (round == 1)
                        {
                            absences[(workload.Name, variant, system.Name)] = new(workload.Name, variant, system.Name, "the time of --quick was up before its turn", IsFailure: false);
                        }
                    }
                    else if (!absences.ContainsKey((workload.Name, variant, system.Name)))
                    {
                        progress($"{workload.Name} {variant}: {system.Name}, round {round} of {options.Rounds}");
                        await RunAsync(workload.Name, variant, system, round, cancellation);
                    }
                }
            }
        }
    }

    private async Task RunAsync(string workload, string variant, SystemUnderTest system, int round, CancellationToken cancellation)
    {
        string[] command = ["taskset", "-c", cpu.ToString(), .. system.Command, "run", workload, variant, .. options.IsBrief ? ["--quick"] : Array.Empty<string>()];
        var child = await Child.RunAsync(command, options.TimeLimit, cancellation);
        if (child.ExitCode != 0)
        {
            Absent(child.Reason, isFailure: !child.IsTimedOut);
            return;
        }

        try
        {
            var lines = child.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(ProgramLine.Parse).ToArray();
            foreach (var line in lines)
            {
                if (line.Unsupported)
                {
                    Absent(line.Note.Length > 0 ? line.Note : "not supported", isFailure: false, line.Variant);
                }
                else
                {
                    runs.Add(Checks.Apply(new(workload, line.Variant, variant, system.Name, round, line.Unit!, line.Value!.Value, line.Cpu, line.Valid, line.Note)));
                }
            }

            if (lines.Length == 0)
            {
                Absent("printed nothing", isFailure: true);
            }
        }
        catch (FormatException exception)
        {
            Absent(exception.Message, isFailure: true);
        }

        void Absent(string why, bool isFailure, string? figure = null) =>
            absences[(workload, figure ?? variant, system.Name)] = new(workload, figure ?? variant, system.Name, why, isFailure);
    }
}
