using System.Globalization;
using Spectre.Console;

namespace HttpAppliance.Reports;

/// <summary>The report for people.</summary>
internal sealed class TextReport(IAnsiConsole console)
{
    public void Write(RunReport report)
    {
        foreach (var stack in report.Stacks)
        {
            WriteStack(stack);
        }

        WriteLine("");
        WriteSummary(report);
    }

    private void WriteStack(StackReport stack)
    {
        WriteLine("");
        console.Write(new Rule(Markup.Escape(stack.Name)) { Justification = Justify.Left });
        WriteLine(stack.Pipeline.TrimEnd());
        WriteLine("");

        var stages = new Table().Border(TableBorder.Simple);
        stages.AddColumn("stage");
        stages.AddColumn(new TableColumn("in: packets").RightAligned());
        stages.AddColumn(new TableColumn("merged there").RightAligned());
        stages.AddColumn(new TableColumn("out: packets").RightAligned());
        for (var i = 0; i < stack.Stages.Count; i++)
        {
            var stage = stack.Stages[i];
            stages.AddRow(
                new Text(stage.Name),
                new Text(stage.Receives ? Count(stage.Received) : ""),
                new Text(stage.Name == "Gro" ? Count(MergedAt(stack.Stages, i)) : ""),
                new Text(stage.Transmits ? Count(stage.Transmitted) : ""));
        }

        var wire = stack.Ledger;
        stages.AddRow(new Text("on the wire"), new Text(Count(wire.Received)), new Text(""), new Text(Count(wire.Transmitted)));
        console.Write(stages);
        WriteLine(stack.Drops.Count == 0
            ? "drops: none"
            : "drops: " + string.Join(", ", stack.Drops.Select(drop => $"{Count(drop.Count)} {drop.LinuxName ?? drop.Reason}")));
        WriteLine(Invariant(
            $"ingress: {wire.Received} received = {wire.Delivered} delivered + {wire.Consumed} consumed + {wire.Forwarded} forwarded + {wire.IngressDropped} dropped + {wire.HeldIngress} held"));
        WriteLine(Invariant(
            $"egress: {wire.Created} created + {wire.Forwarded} forwarded = {wire.Transmitted} transmitted + {wire.EgressDropped} dropped + {wire.HeldEgress} held"));
        WriteLine(stack.IsBalanced ? "both ledgers balance" : "THE LEDGERS DO NOT BALANCE");
    }

    private void WriteSummary(RunReport report)
    {
        if (!report.Optimised)
        {
            WriteLine("This is a Debug build: its figures mean nothing. Run it with -c Release.");
        }

        foreach (var note in report.Notes)
        {
            WriteLine(note);
        }

        if (report.VirtualSeconds is { } virtualSeconds)
        {
            var plural = report.Stacks.Count == 1 ? "" : "s";
            var lost = report.FramesLost > 0 ? Invariant($", in which the wire lost {report.FramesLost} frames") : "";
            WriteLine(Invariant($"Time was virtual: {virtualSeconds:F3} s passed for the stack{plural}{lost}."));
        }

        if (report.Verified is { } verified)
        {
            var rate = report.Bytes * 8 / 1e9 / Math.Max(report.Seconds, 1e-9);
            WriteLine(Invariant(
                $"{report.Bytes} bytes in {report.Seconds:F2} s ({rate:F2} Gbit/s), {(verified ? "every one compared and right" : "NOT verified")}"));
        }

        if (report.AllocatedBytesPerPacket is { } allocated)
        {
            WriteLine(Invariant($"{allocated:0.####} bytes allocated a packet, over {report.MeasuredPackets} packets"));
        }

        WriteLine(Invariant($"{report.FramesLeaked} frames leaked"));
        if (report.Failure is not null)
        {
            WriteLine($"Failed: {report.Failure}");
        }
    }

    /// <summary>A line as long as it is: what breaks it in a file or a pipe, at a width that nobody has, cannot be searched.</summary>
    private void WriteLine(string line) => console.Profile.Out.Writer.WriteLine(line);

    /// <summary>How many packets fewer the stage after GRO saw.</summary>
    private static long MergedAt(IReadOnlyList<StageReport> stages, int index)
    {
        var next = stages.Skip(index + 1).FirstOrDefault(stage => stage.Receives);
        return next is null ? 0 : stages[index].Received - next.Received;
    }

    private static string Count(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}
