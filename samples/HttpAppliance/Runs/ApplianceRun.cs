using HttpAppliance.Reports;
using Spectre.Console;

namespace HttpAppliance.Runs;

/// <summary>Does what the command line asked for and reports it.</summary>
internal static class ApplianceRun
{
    /// <returns>The exit code: 0 if everything in the report is good.</returns>
    public static int Execute(ApplianceOptions options)
    {
        if (options.Json is { } json)
        {
            JsonReport.EnsureWritable(json);
        }

        var console = AnsiConsole.Console;
        if (!BuildKind.IsOptimised)
        {
            console.WriteLine("Debug build: every figure below means nothing. Run it with -c Release.");
        }

        var report = options switch
        {
            { Tap: not null } => TapRun.Execute(options, console),
            { Pcap: not null } => PcapRun.Execute(options),
            _ => ExecuteInMemory(options, console),
        };
        new TextReport(console).Write(report);
        if (options.Json is not null)
        {
            JsonReport.Write(report, options.Json);
        }

        return report.IsGood ? 0 : 1;
    }

    private static RunReport ExecuteInMemory(ApplianceOptions options, IAnsiConsole console)
    {
        using var run = new MemoryRun(options);
        var work = Task.Factory.StartNew(run.Execute, TaskCreationOptions.LongRunning);
        ProgressDisplay.Watch(
            console, $"Fetching / and /bytes/{options.Bytes} over a wire in memory", work, run.Plan.TotalLength, () => run.Plan.VerifiedBytes);
        return work.Result;
    }
}
