using Millrace.Peers.Running;
using Spectre.Console;

namespace Millrace.Peers.Results;

/// <summary>The table for people, which a terminal of 100 columns shows without breaking a row: who did not run, and why, is said below each workload.</summary>
internal static class TableReport
{
    public const string Legend = "× best peer, × floor: how many times as fast (or as small); more than 1 is better. By processor time where both have it.";

    public static void Write(IAnsiConsole console, IReadOnlyList<Figure> figures, IReadOnlyCollection<Absence> absences)
    {
        foreach (var workload in TableRow.Of(figures, absences).GroupBy(row => row.Workload))
        {
            console.WriteLine($"{workload.Key} {Catalogue.Workloads.First(w => w.Name == workload.Key).Title}");
            if (workload.Any(row => row.IsMeasured))
            {
                console.Write(Of(workload.Where(row => row.IsMeasured)));
            }

            foreach (var line in Remarks(workload))
            {
                console.WriteLine(line);
            }

            console.WriteLine();
        }

        foreach (var line in TableRow.Voids(figures))
        {
            console.WriteLine(line);
        }

        console.WriteLine(Legend);
    }

    /// <summary>What a reader of a workload's table must know: who is not in it, what is wrong, and what the systems say of how they did it.</summary>
    public static IEnumerable<string> Remarks(IEnumerable<TableRow> rows) => rows.Where(row => row.Note.Length > 0).GroupBy(row => (row.System, row.IsMeasured, row.Note))
        .OrderByDescending(remark => remark.Key.IsMeasured)
        .Select(remark => $"{(remark.Key.IsMeasured ? "" : "No ")}{remark.Key.System}{(remark.Key.IsMeasured ? "," : " for")} {string.Join(", ", remark.Select(row => row.Variant))}: {remark.Key.Note}.");

    private static Table Of(IEnumerable<TableRow> rows)
    {
        var table = new Table().Border(TableBorder.Simple);
        table.AddColumn(new TableColumn("variant").NoWrap());
        foreach (var heading in new[] { "median", "range", "cpu", "× best peer", "× floor", "runs" })
        {
            table.AddColumn(new TableColumn(heading).NoWrap().RightAligned());
        }

        foreach (var variant in rows.GroupBy(row => (row.Variant, row.Unit)))
        {
            table.AddRow(new Markup(Markup.Escape($"{variant.Key.Variant}, {variant.Key.Unit}")));
            foreach (var row in variant)
            {
                string[] cells = ["  " + row.System, row.Median, row.Range, row.Cpu, row.ToBestPeer, row.ToFloor, row.Runs];
                table.AddRow([.. cells.Select(cell => new Markup(Markup.Escape(cell)))]);
            }
        }

        return table;
    }
}
