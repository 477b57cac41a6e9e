using Millrace.Peers.Running;
using Spectre.Console;

namespace Millrace.Peers.Results;

/// <summary>The table for people.</summary>
internal static class TableReport
{
    public const string Legend = "× best peer, × floor: how many times as fast (or as small); more than 1 is better. By processor time where both have it.";

    public static void Write(IAnsiConsole console, IReadOnlyList<Figure> figures, IReadOnlyCollection<Absence> absences)
    {
        var table = new Table().Border(TableBorder.Simple);
        table.AddColumns([.. new[] { "workload", "variant", "system" }.Select(heading => new TableColumn(heading).NoWrap())]);
        table.AddColumns([.. new[] { "median", "range", "cpu" }.Select(heading => new TableColumn(heading).NoWrap().RightAligned())]);

        table.AddColumn(new TableColumn("unit").NoWrap());
        table.AddColumn(new TableColumn("× best peer").RightAligned());
        table.AddColumn(new TableColumn("× floor").RightAligned());
        table.AddColumn("runs");
        table.AddColumn("note");
        foreach (var variant in TableRow.Of(figures, absences).GroupBy(row => (row.Workload, row.Variant)))
        {
            foreach (var row in variant)
            {
                string[] cells = [row.Workload, row.Variant, row.System, row.Median, row.Range, row.Cpu, row.Unit, row.ToBestPeer, row.ToFloor, row.Runs, row.Note];
                table.AddRow([.. cells.Select(cell => new Markup(Markup.Escape(cell)))]);
            }

            table.AddEmptyRow();
        }

        console.Write(table);
        foreach (var line in TableRow.Voids(figures))
        {
            console.WriteLine(line);
        }

        console.WriteLine(Legend);
    }
}
