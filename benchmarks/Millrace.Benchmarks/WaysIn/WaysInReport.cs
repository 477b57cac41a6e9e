using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace Millrace.Benchmarks.WaysIn;

/// <param name="P50">Nanoseconds from a request to its answer: the median of the round.</param>
/// <param name="ProcessorPerSecond">Processor seconds of the server's threads a second.</param>
/// <param name="ProcessorPerRequest">The same a request, in microseconds.</param>
public sealed record Measurement(
    string Medium, string Way, int Round, int Requests, long P50, long P99, double ProcessorPerSecond, double ProcessorPerRequest,
    double InterruptsPerRequest, double PollsPerRequest);

/// <summary>Writes the raw numbers and the table made of them.</summary>
public static class WaysInReport
{
    private const string Begin = "<!-- ways-in: written by the benchmark -->";
    private const string End = "<!-- ways-in: end -->";

    public static void Write(IReadOnlyList<Measurement> measurements, IReadOnlyList<string> notes, string load, double seconds, double pause)
    {
        var root = Repository.Root;
        var machine = new { Processor = Processor(), Environment.ProcessorCount, Runtime = RuntimeInformation.FrameworkDescription, Kernel = RuntimeInformation.OSDescription, LoadBefore = load };
        var raw = new { machine, secondsARound = seconds, pauseMicroseconds = pause, notes, measurements };
        var results = Path.Combine(root, "benchmarks", "results", "Millrace.Benchmarks.WaysIn.json");
        File.WriteAllText(results, JsonSerializer.Serialize(raw, new JsonSerializerOptions { WriteIndented = true }) + "\n");

        var text = new StringBuilder();
        var rounds = measurements.Max(measurement => measurement.Round);
        text.Append(CultureInfo.InvariantCulture, $"{machine.Processor}, {machine.ProcessorCount} processors, {machine.Runtime}, load {load} before the run; {rounds} rounds of {seconds:0.##} s each, a request every {pause:0} µs after an answer; median (least–most) of the rounds.\n\n");
        text.Append("| | way in | p50 µs | p99 µs | processor s/s | processor µs/request | interrupts/request | polls/request |\n|---|---|---|---|---|---|---|---|\n");
        foreach (var group in measurements.GroupBy(measurement => (measurement.Medium, measurement.Way)))
        {
            text.Append(CultureInfo.InvariantCulture, $"| {group.Key.Medium} | {group.Key.Way} | {Range(group, m => m.P50 / 1e3, "0.0")} | {Range(group, m => m.P99 / 1e3, "0.0")} | ");
            text.Append(CultureInfo.InvariantCulture, $"{Range(group, m => m.ProcessorPerSecond, "0.00")} | {Range(group, m => m.ProcessorPerRequest, "0.0")} | ");
            text.Append(CultureInfo.InvariantCulture, $"{Range(group, m => m.InterruptsPerRequest, "0.00")} | {Range(group, m => m.PollsPerRequest, "0.0")} |\n");
        }

        foreach (var note in notes)
        {
            text.Append('\n').Append(note).Append('\n');
        }

        Console.Write(text);
        var page = Path.Combine(root, "benchmarks", "TUNING.md");
        var old = File.ReadAllText(page);
        var from = old.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length;
        var to = old.IndexOf(End, StringComparison.Ordinal);
        File.WriteAllText(page, old[..from] + "\n" + text + old[to..]);
        Console.WriteLine($"Written: {results}, {page}");
    }

    private static string Range(IEnumerable<Measurement> group, Func<Measurement, double> value, string format)
    {
        var values = group.Select(value).Order().ToArray();
        var invariant = CultureInfo.InvariantCulture;
        return $"{values[values.Length / 2].ToString(format, invariant)} ({values[0].ToString(format, invariant)}–{values[^1].ToString(format, invariant)})";
    }

    /// <summary>Load average of the last minute: a table of a busy machine is to be known as one.</summary>
    public static string Load() => File.Exists("/proc/loadavg") ? File.ReadAllText("/proc/loadavg").Split(' ')[0] : "unknown";

    private static string Processor() => File.Exists("/proc/cpuinfo")
        ? File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim() ?? "unknown"
        : "unknown";
}
