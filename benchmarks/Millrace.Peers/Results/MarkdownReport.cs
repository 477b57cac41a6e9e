using System.Globalization;
using System.Text;
using Millrace.Peers.Running;

namespace Millrace.Peers.Results;

/// <summary>The table as a page of the repository: a table a workload, and below it who is not in it.</summary>
internal static class MarkdownReport
{
    public static string Write(MachineDescription machine, DriverOptions options, IReadOnlyList<Figure> figures, IReadOnlyCollection<Absence> absences)
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"# {machine.Begin:yyyy-MM-dd}, commit {machine.Commit}\n");
        text.AppendLine(CultureInfo.InvariantCulture, $"{machine.Processor}, {machine.Kernel.Trim()}, {machine.Runtime}; {options.Rounds} rounds{(options.Plots ? " of short runs (--plots)" : options.IsShort ? " of short runs (--short)" : "")}.");
        text.AppendLine("What each workload is: [WORKLOADS.md](../../WORKLOADS.md). Single runs and the machine: the file of this name that ends in .json.\n");
        text.AppendLine(TableReport.Legend);
        foreach (var workload in TableRow.Of(figures, absences).GroupBy(row => row.Workload))
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"\n## {workload.Key} {Catalogue.Workloads.First(w => w.Name == workload.Key).Title}\n");
            text.AppendLine("| variant | system | median | range | cpu | unit | × best peer | × floor |");
            text.AppendLine("|---|---|--:|--:|--:|---|--:|--:|");
            foreach (var row in workload.Where(row => row.IsMeasured))
            {
                text.AppendLine(CultureInfo.InvariantCulture, $"| {row.Variant} | {row.System} | {row.Median} | {row.Range} | {row.Cpu} | {row.Unit} | {row.ToBestPeer} | {row.ToFloor} |");
            }

            text.AppendLine();
            foreach (var remark in TableReport.Remarks(workload))
            {
                text.AppendLine(CultureInfo.InvariantCulture, $"- {remark}");
            }
        }

        text.AppendLine();
        foreach (var line in TableRow.Voids(figures))
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"- {line}");
        }

        return text.ToString().TrimEnd() + "\n";
    }
}
