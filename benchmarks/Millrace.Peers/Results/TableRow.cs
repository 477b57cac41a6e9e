using System.Globalization;
using Millrace.Peers.Running;
using Millrace.Peers.Systems;

namespace Millrace.Peers.Results;

/// <summary>What both tables show of a system and a variant: that of the console and that of the file.</summary>
internal sealed record TableRow(
    string Workload, string Variant, string System, string Median, string Range, string Cpu, string Unit, string ToBestPeer, string ToFloor, string Runs, string Note)
{
    /// <summary>Otherwise the note says why it is not.</summary>
    public bool IsMeasured => Runs != "0";

    /// <summary>In the order of the workloads, their variants and the systems; who did not run comes after those who did.</summary>
    public static IReadOnlyList<TableRow> Of(IReadOnlyList<Figure> figures, IReadOnlyCollection<Absence> absences)
    {
        var comparison = new Comparison(figures);
        var workloads = Catalogue.Workloads.Select(w => w.Name).ToList();
        return [.. figures.Select(f => (f.Workload, f.Variant)).Concat(absences.Select(a => (a.Workload, a.Variant))).Distinct()
            .OrderBy(k => workloads.IndexOf(k.Workload)).ThenBy(k => OrderOf(k.Workload, k.Variant))
            .SelectMany(k => figures.Where(f => (f.Workload, f.Variant) == k).OrderBy(f => IndexOf(f.System)).Select(f => Of(f, comparison))
                .Concat(absences.Where(a => (a.Workload, a.Variant) == k).OrderBy(a => IndexOf(a.System)).Select(Of)))];

        int OrderOf(string workload, string variant)
        {
            var asked = figures.FirstOrDefault(f => f.Workload == workload && f.Variant == variant)?.Asked ?? variant;
            var index = Catalogue.Workloads.First(w => w.Name == workload).AllVariants.ToList().IndexOf(asked);
            return index < 0 ? int.MaxValue : index;
        }

        static int IndexOf(string system) => SystemNames.All.ToList().IndexOf(system);
    }

    /// <summary>A line for each variant whose ratio to the floor says nothing.</summary>
    public static IReadOnlyList<string> Voids(IReadOnlyList<Figure> figures)
    {
        var comparison = new Comparison(figures);
        return [.. figures.Select(f => (f.Workload, f.Variant, Why: comparison.FloorIsVoid(f))).Where(v => v.Why is not null)
            .Select(v => $"× floor is void for {v.Workload} {v.Variant}: {v.Why}.").Distinct()];
    }

    /// <summary>Three digits at least, no more behind the point than are worth reading.</summary>
    public static string Number(double value) => value.ToString(value < 10 ? "0.00" : value < 1000 ? "0.0" : "#,0", CultureInfo.InvariantCulture);

    private static TableRow Of(Figure figure, Comparison comparison) => new(
        figure.Workload, figure.Variant, figure.System, (figure.Valid ? "" : "INVALID ") + Number(figure.Median), $"{Number(figure.Min)} … {Number(figure.Max)}",
        figure.Cpu is { } cpu ? Number(cpu) : "", figure.Unit, Ratio(comparison.ToBestPeer(figure)),
        Ratio(comparison.ToFloor(figure)) + (comparison.FloorIsVoid(figure) is null ? "" : " void"), figure.Runs.ToString(CultureInfo.InvariantCulture),
        figure.Note);

    private static TableRow Of(Absence absence) => new(
        absence.Workload, absence.Variant, absence.System, "–", "", "", "", "", "", "0", absence.IsFailure ? $"FAILED: {absence.Why}" : absence.Why);

    private static string Ratio(double? ratio) => ratio?.ToString("0.00", CultureInfo.InvariantCulture) ?? "";
}
