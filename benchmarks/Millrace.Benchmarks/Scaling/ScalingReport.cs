using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Millrace.Benchmarks.Scaling;

/// <summary>Writes the raw numbers and the table made of them.</summary>
public static class ScalingReport
{
    private const string Begin = "<!-- scaling: written by the benchmark -->";
    private const string End = "<!-- scaling: end -->";

    private static readonly CultureInfo Invariant = CultureInfo.InvariantCulture;

    /// <param name="isWhole">Whether all workloads were measured: otherwise the table is shown and nothing is written.</param>
    public static void Write(IReadOnlyList<ScalingMeasurement> measurements, string load, double seconds, int runs, bool isWhole)
    {
        var root = Repository.Root;
        var machine = new { Processor = Processor(), Environment.ProcessorCount, Runtime = RuntimeInformation.FrameworkDescription, Kernel = RuntimeInformation.OSDescription, LoadBefore = load, LoadAfter = Load() };
        var raw = new { machine, secondsARun = seconds, runs, measurements };
        var text = new StringBuilder();
        text.Append(Invariant, $"{machine.Processor}, {machine.ProcessorCount} processors, {machine.Runtime}, load {load} before the run and {machine.LoadAfter} after it; {runs} runs of {seconds:0.##} s each; median (least–most) of the runs, ratios of the medians. \"share\" is the part of the time that a thread had its processor: where it is not 1.00, only processor time is worth comparing.\n\n");
        text.Append("| | wire | workers | a second | processor ns/unit | share | work, of one | processor, of one | flows | strays |\n|---|---|---|---|---|---|---|---|---|---|\n");
        foreach (var comparison in measurements.GroupBy(measurement => (measurement.Workload, measurement.Mode)))
        {
            var rigs = comparison.GroupBy(measurement => measurement.Rig).Select(rig => rig.ToArray()).ToArray();
            var (work, processor) = (Median(rigs[0], m => m.UnitsPerSecond), Median(rigs[0], m => m.ProcessorPerUnit));
            foreach (var rig in rigs)
            {
                text.Append(Invariant, $"| {Describe(comparison.Key.Workload)} | {comparison.Key.Mode} | {rig[0].Rig} | {Range(rig, m => m.UnitsPerSecond / 1e6, "0.000")} M | {Range(rig, m => m.ProcessorPerUnit, "0.000")} | {Range(rig, m => m.Share, "0.00")} | ");
                text.Append(Invariant, $"{Median(rig, m => m.UnitsPerSecond) / work:0.00} | {Median(rig, m => m.ProcessorPerUnit) / processor:0.00} | {string.Join("+", rig[0].Flows)} | {rig.Sum(static m => m.Strays)} |\n");
            }
        }

        Console.Write(text);
        if (!isWhole)
        {
            return;
        }

        var results = Path.Combine(root, "benchmarks", "results", "Millrace.Benchmarks.Scaling.json");
        var options = new JsonSerializerOptions { WriteIndented = true, Converters = { new JsonStringEnumConverter() } };
        File.WriteAllText(results, JsonSerializer.Serialize(raw, options) + "\n");

        var page = Path.Combine(root, "benchmarks", "TUNING.md");
        var old = File.ReadAllText(page);
        var from = old.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length;
        var to = old.IndexOf(End, StringComparison.Ordinal);
        File.WriteAllText(page, old[..from] + "\n" + text + old[to..]);
        Console.WriteLine($"Written: {results}, {page}");
    }

    /// <summary>Load average of the last minute: a table of a busy machine is to be known as one.</summary>
    public static string Load() => File.Exists("/proc/loadavg") ? File.ReadAllText("/proc/loadavg").Split(' ')[0] : "unknown";

    private static string Describe(Workload workload) => workload switch
    {
        Workload.Bulk => "TCP bulk, bytes",
        Workload.Requests => "TCP 64 B requests, transactions",
        _ => "UDP 64 B, packets",
    };

    private static double Median(IEnumerable<ScalingMeasurement> rig, Func<ScalingMeasurement, double> value)
    {
        var values = rig.Select(value).Order().ToArray();
        return values[values.Length / 2];
    }

    private static string Range(IEnumerable<ScalingMeasurement> rig, Func<ScalingMeasurement, double> value, string format)
    {
        var values = rig.Select(value).Order().ToArray();
        return $"{values[values.Length / 2].ToString(format, Invariant)} ({values[0].ToString(format, Invariant)}–{values[^1].ToString(format, Invariant)})";
    }

    private static string Processor() => File.Exists("/proc/cpuinfo")
        ? File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim() ?? "unknown"
        : "unknown";
}
