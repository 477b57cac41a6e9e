using System.Diagnostics;
using Millrace.Peers.Plots;
using Millrace.Peers.Results;
using Millrace.Peers.Running;
using Millrace.Peers.Systems;
using Spectre.Console;

namespace Millrace.Peers;

/// <summary>One call of the command: build, run in turns, show.</summary>
internal static class Session
{
    /// <summary>Of all builds together with <c>--quick</c>. A build that is ended goes on from where it was the next time, if its tools can.</summary>
    private static readonly TimeSpan quickBuildLimit = TimeSpan.FromSeconds(25);

    /// <summary>From the start of the command to the last start of a program of its first workload: a minute with what that one still takes.</summary>
    private static readonly TimeSpan quickLimit = TimeSpan.FromSeconds(50);

    /// <returns>0; 1 if a result was wrong or a program failed; 2 if the machine cannot do what was asked.</returns>
    public static async Task<int> RunAsync(DriverOptions options, CancellationToken cancellation)
    {
        var errors = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        var allowed = Processor.Allowed();
        var cpu = options.Cpu ?? allowed[^1];
        if (!allowed.Contains(cpu))
        {
            errors.WriteLine($"--cpu {cpu}: this process may use {string.Join(", ", allowed)}.");
            return 2;
        }

        var begin = Stopwatch.GetTimestamp();
        Interleaving? measured = null;
        MachineDescription? machine = null;
        try
        {
            if (errors.Profile.Capabilities.Interactive)
            {
                await errors.Status().StartAsync("building", status => MeasureAsync(what => status.Status(Markup.Escape(what))));
            }
            else
            {
                await MeasureAsync(errors.WriteLine);
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            errors.WriteLine("Stopped; what was measured until then follows.");
        }

        async Task MeasureAsync(Action<string> progress)
        {
            var systems = await BuildAsync(options, progress, cancellation);
            machine = await MachineDescription.ReadAsync(cpu, cancellation);
            measured = new Interleaving(options, systems, cpu, progress);
            progress(Estimate(options, systems));
            var limit = quickLimit - Stopwatch.GetElapsedTime(begin);
            foreach (var (workload, variants) in Catalogue.Choose(options))
            {
                await measured.MeasureAsync(workload, variants, options is { Quick: true, Plots: false } ? limit : TimeSpan.MaxValue, cancellation);
                limit = quickLimit;
            }
        }

        return measured is null || machine is null ? 130 : Report(options, measured, machine with { LoadAfter = MachineDescription.Load() }, cancellation.IsCancellationRequested);
    }

    private static async Task<IReadOnlyList<SystemUnderTest>> BuildAsync(DriverOptions options, Action<string> progress, CancellationToken cancellation)
    {
        var begin = Stopwatch.GetTimestamp();
        var systems = new List<SystemUnderTest>();
        foreach (var name in SystemNames.All.Where(name => options.Systems.Count == 0 || options.Systems.Contains(name)))
        {
            progress($"building {name}");
            systems.Add(name switch
            {
                SystemNames.Jit => MillraceBuilds.Jit(),
                SystemNames.Aot or SystemNames.AotBaseline => await MillraceBuilds.AotAsync(name, mayBuild: !options.Quick || options.Systems.Contains(name), cancellation),
                _ => await PeerBuilds.PrepareAsync(name, options.Install, options.Quick ? quickBuildLimit - Stopwatch.GetElapsedTime(begin) : TimeSpan.FromMinutes(10), cancellation),
            });
        }

        return systems;
    }

    /// <summary>From what programs took here; those that say that they cannot are not started again, which makes it less.</summary>
    private static string Estimate(DriverOptions options, IReadOnlyList<SystemUnderTest> systems)
    {
        var starts = Catalogue.Choose(options).Sum(chosen => chosen.Variants.Count) * systems.Count(system => system.Unavailable is null) * options.Rounds;
        var time = TimeSpan.FromSeconds(starts * (options.IsBrief ? 1.2 : 4));
        return $"{starts} runs of programs at most, in {options.Rounds} rounds: about {(time.TotalMinutes < 2 ? $"{time.TotalSeconds:0} s" : $"{time.TotalMinutes:0} min")}";
    }

    private static int Report(DriverOptions options, Interleaving measured, MachineDescription machine, bool isStopped)
    {
        var figures = Figure.Of(measured.Runs);
        var console = AnsiConsole.Console;
        console.Profile.Width = Math.Max(console.Profile.Width, Console.IsOutputRedirected ? 200 : 100);

        TableReport.Write(console, figures, measured.Absences);
        Console.WriteLine($"Runs and machine: {ResultFolder.Write(machine, options, measured.Runs, measured.Absences)}");
        if (options.Json is { } json)
        {
            File.WriteAllText(json, JsonReport.Write(figures, measured.Absences) + "\n");
        }

        if (options.Plots)
        {
            foreach (var plot in CostPlots.Write(figures, Path.Combine(ResultFolder.Path, "plots")))
            {
                Console.WriteLine($"Plot: {plot}");
            }
        }

        return isStopped ? 130 : figures.Any(f => !f.Valid) || measured.Absences.Any(a => a.IsFailure) ? 1 : 0;
    }
}
