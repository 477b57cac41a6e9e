using Spectre.Console;

namespace SteeringLab.Reports;

/// <summary>The report for people, at the end of a run.</summary>
internal sealed class TextReport(IAnsiConsole console)
{
    public void Write(LabReport report)
    {
        WriteWorkers(report);
        WriteDrops(report);
        WriteLine(Invariant($"{report.Final.Steering.ChangeCount} changes of steering; {report.Final.Flows.Sum(flow => flow.QueueMoves)} times a flow came by another queue, {report.Final.Flows.Sum(flow => flow.WorkerMoves)} times another worker had it"));
        WriteLine(Invariant($"{report.PacketsInTime} packets in {report.Seconds:F2} s with {report.Options.Workers} worker(s): {report.PacketsPerSecond:N0} packets/s, {report.BitsPerSecond / 1e9:F2} Gbit/s of payload"));
        WriteLine(Invariant($"reordered: {report.Final.Reordered}; wrong bytes: {report.Final.WrongBytes}; lost: {report.Lost}, without a counted reason: {report.Unexplained}"));
        WriteLine(report.AreLedgersBalanced
            ? Invariant($"all ledgers balance; {report.Final.PacketsInRings} packets left between the workers")
            : "THE LEDGERS DO NOT BALANCE");
        WriteLine(Invariant($"seed {report.Seed}"));
        if (!report.Optimised)
        {
            WriteLine("This is a Debug build: its rates mean nothing. Run it with -c Release.");
        }

        foreach (var failure in report.Failures)
        {
            WriteLine($"Failed: {failure}");
        }
    }

    private void WriteWorkers(LabReport report)
    {
        WriteLine("worker   received steered in steered out   taken/s processor    sleeps  runs on");
        foreach (var worker in report.Final.Workers)
        {
            var rate = worker.Taken / Math.Max(report.Seconds, 1e-9);
            var processor = worker.ProcessorTime.TotalSeconds / Math.Max(report.Seconds, 1e-9);
            WriteLine(Invariant(
                $"{worker.Worker,6} {worker.Ledger.Received,10} {worker.Ledger.SteeredIn,10} {worker.Ledger.SteeredOut,11} {rate,9:F0} {processor * 100,8:F0}% {worker.Counters.Sleeps,9}  {worker.Pinning}"));
        }
    }

    private void WriteDrops(LabReport report)
    {
        var final = report.Final;
        var stacks = final.Workers.Select(worker => worker.Ledger);
        stacks = final.Generator is { } generator ? stacks.Append(generator) : stacks;
        var drops = stacks.SelectMany(ledger => ledger.Drops.Select(drop => Invariant($"{drop.Count} {drop.Reason} ({ledger.Name})"))).ToList();
        if (report.LostByWire != 0)
        {
            drops.Add(Invariant($"{report.LostByWire} lost by the wire"));
        }

        WriteLine(drops.Count == 0 ? "drops: none" : "drops: " + string.Join(", ", drops));
    }

    /// <summary>A line as long as it is: what breaks it in a file or a pipe, at a width that nobody has, cannot be searched.</summary>
    private void WriteLine(string line) => console.Profile.Out.Writer.WriteLine(line);

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}
