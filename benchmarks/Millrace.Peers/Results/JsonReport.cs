using System.Text.Encodings.Web;
using System.Text.Json;
using Millrace.Peers.Running;

namespace Millrace.Peers.Results;

/// <summary>The table for programs to read: a list, an object a row. Who did not run has no numbers, 0 runs and a note.</summary>
internal static class JsonReport
{
    /// <summary>Text for people too: × and … stay as they are.</summary>
    public static JsonSerializerOptions Options { get; } = new(JsonSerializerDefaults.Web) { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Write(IEnumerable<Figure> figures, IEnumerable<Absence> absences) =>
        JsonSerializer.Serialize(figures.Select(Row.Of).Concat(absences.Select(Row.Of)), Options);

    private sealed record Row(string Workload, string Variant, string System, string? Unit, double? Median, double? Min, double? Max, double? Cpu, int Runs, bool Valid, string Note)
    {
        public static Row Of(Figure f) => new(f.Workload, f.Variant, f.System, f.Unit, f.Median, f.Min, f.Max, f.Cpu, f.Runs, f.Valid, f.Note);

        public static Row Of(Absence a) => new(a.Workload, a.Variant, a.System, null, null, null, null, null, 0, false, a.Why);
    }
}
