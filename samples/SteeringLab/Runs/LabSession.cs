using System.Runtime.InteropServices;
using SteeringLab.Display;
using SteeringLab.Reports;
using Spectre.Console;

namespace SteeringLab.Runs;

/// <summary>Does what the command line asked for and reports it.</summary>
internal static class LabSession
{
    /// <returns>The exit code: 0 if everything in the report is good.</returns>
    public static int Execute(LabOptions options) => Execute(options, AnsiConsole.Console, new ConsoleKeys());

    /// <inheritdoc cref="Execute(LabOptions)"/>
    public static int Execute(LabOptions options, IAnsiConsole console, IKeySource keys)
    {
        var isLive = !Console.IsOutputRedirected && console.Profile.Capabilities.Interactive;
        if (options.Seconds is null && !isLive)
        {
            throw new LabException("Without a terminal nobody can end it by a key: say how long with --seconds N.");
        }

        if (options.Json is { } json)
        {
            JsonReport.EnsureWritable(json);
        }

        var report = RunAsync(options, console, keys, isLive).GetAwaiter().GetResult();
        new TextReport(console).Write(report);
        if (options.Json is not null)
        {
            JsonReport.Write(report, options.Json);
        }

        return report.IsGood ? 0 : 1;
    }

    private static async Task<LabReport> RunAsync(LabOptions options, IAnsiConsole console, IKeySource keys, bool isLive)
    {
        using var stop = new CancellationTokenSource();
        void End(PosixSignalContext context)
        {
            context.Cancel = true;
            stop.Cancel();
        }

        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
        var run = new LabRun(options);
        await using (run.ConfigureAwait(false))
        {
            run.Start();
            var control = new LabControl(run, options, keys);
            await (isLive
                ? LabDisplay.ShowAsync(console, show => control.RunAsync(show, stop.Token))
                : control.RunAsync(show: null, stop.Token)).ConfigureAwait(false);
            return await run.FinishAsync().ConfigureAwait(false);
        }
    }
}
