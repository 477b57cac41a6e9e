using System.Globalization;
using Millrace.Peers.Running;
using Spectre.Console;

namespace Millrace.Peers.Results;

/// <summary>The table for people.</summary>
internal static class TableReport
{
    public static void Write(IAnsiConsole console, IReadOnlyList<Figure> figures, IReadOnlyCollection<Absence> absences)
    {
        var comparison = new Comparison(figures);
        var table = new Table().Border(TableBorder.Simple);
        table.AddColumns([.. new[] { "workload", "variant", "system" }.Select(heading => new TableColumn(heading).NoWrap())]);
        table.AddColumns([.. new[] { "median", "range", "cpu" }.Select(heading => new TableColumn(heading).NoWrap().RightAligned())]);

        table.AddColumn(new TableColumn("unit").NoWrap());
        table.AddColumn(new TableColumn("× best peer").RightAligned());
        table.AddColumn(new TableColumn("× floor").RightAligned());
        table.AddColumn("runs");
        table.AddColumn("note");
        var voids = new List<string>();
        foreach (var group in Grouped(figures, absences))
        {
            foreach (var figure in group.Figures)
            {
                var reason = comparison.FloorIsVoid(figure);
                var toFloor = Ratio(comparison.ToFloor(figure)) + (reason is null ? "" : " void");
                if (reason is not null)
                {
                    voids.Add($"{group.Workload} {group.Variant}: {reason}");
                }

                table.AddRow(Cells(group, figure.System, Number(figure.Median), $"{Number(figure.Min)} … {Number(figure.Max)}",
                    figure.Cpu is { } cpu ? Number(cpu) : "", figure.Unit, Ratio(comparison.ToBestPeer(figure)), toFloor, figure.Runs.ToString(CultureInfo.InvariantCulture),
                    figure.Valid ? Short(figure.Note) : $"INVALID: {figure.Note}"));
            }

            foreach (var absence in group.Absences)
            {
                table.AddRow(Cells(group, absence.System, "–", "", "", "", "", "", "0", absence.IsFailure ? $"FAILED: {absence.Why}" : absence.Why));
            }

            table.AddEmptyRow();
        }

        console.Write(table);
        foreach (var line in voids.Distinct())
        {
            console.WriteLine($"× floor is void for {line}.");
        }

        console.WriteLine("× best peer, × floor: how many times as fast (or as small); more than 1 is better. By processor time where both have it.");
    }

    private static Markup[] Cells(Group group, string system, params string[] cells) =>
        [.. new[] { group.Workload, group.Variant, system }.Concat(cells).Select(cell => new Markup(Markup.Escape(cell)))];

    private static IEnumerable<Group> Grouped(IReadOnlyList<Figure> figures, IReadOnlyCollection<Absence> absences)
    {
        var workloads = Catalogue.Workloads.Select(w => w.Name).ToList();
        var keys = figures.Select(f => (f.Workload, f.Variant)).Concat(absences.Select(a => (a.Workload, a.Variant))).Distinct();
        return keys.OrderBy(k => workloads.IndexOf(k.Workload)).ThenBy(k => Order(k.Workload, k.Variant))
            .Select(k => new Group(k.Workload, k.Variant,
                [.. figures.Where(f => (f.Workload, f.Variant) == k).OrderBy(f => IndexOf(f.System))],
                [.. absences.Where(a => (a.Workload, a.Variant) == k).OrderBy(a => IndexOf(a.System))]));

        int Order(string workload, string variant)
        {
            var asked = figures.FirstOrDefault(f => f.Workload == workload && f.Variant == variant)?.Asked ?? variant;
            var index = Catalogue.Workloads.First(w => w.Name == workload).AllVariants.ToList().IndexOf(asked);
            return index < 0 ? int.MaxValue : index;
        }

        static int IndexOf(string system) => Systems.SystemNames.All.ToList().IndexOf(system);
    }

    /// <summary>A line of a note; the whole is in the files.</summary>
    private static string Short(string note) => note.Length <= 70 ? note : note[..69] + "…";

    private static string Ratio(double? ratio) => ratio?.ToString("0.00", CultureInfo.InvariantCulture) ?? "";

    /// <summary>Three digits at least, no more behind the point than are worth reading.</summary>
    public static string Number(double value) => value.ToString(value < 10 ? "0.00" : value < 1000 ? "0.0" : "#,0", CultureInfo.InvariantCulture);

    private sealed record Group(string Workload, string Variant, IReadOnlyList<Figure> Figures, IReadOnlyList<Absence> Absences);
}
