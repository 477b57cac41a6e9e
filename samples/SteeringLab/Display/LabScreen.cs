using System.Globalization;
using Spectre.Console;
using Spectre.Console.Rendering;
using SteeringLab.Readings;

namespace SteeringLab.Display;

/// <summary>The whole screen, as large as the terminal: what does not change in length first, flows in the lines that are left.</summary>
internal static class LabScreen
{
    /// <summary>From this width on all columns are shown.</summary>
    private const int FullWidth = 110;

    /// <summary>The column headers of three tables, the title, the line of switches, the last change, and the keys.</summary>
    private const int FixedLines = 8;

    public static bool IsWide(int width) => width >= FullWidth;

    public static IRenderable Render(LabRates rates, int width, int height)
    {
        var isWide = IsWide(width);
        var strip = RssStrip.Render(rates.Now.Steering.RssEntries, width);
        var flowLines = height - FixedLines - strip.Count - rates.Now.Workers.Count - rates.Now.Queues.Count;
        return new Rows(
        [
            Title(rates, width),
            .. strip,
            Line(Switches(rates.Now.Steering), width),
            Line(Invariant($"last change: {rates.Now.Steering.LastChange} ({rates.Now.Steering.ChangeCount} in all)"), width),
            .. WorkerTable.Make(rates, width).Lines,
            .. QueueTable.Make(rates, width).Lines,
            .. FlowTable.Make(rates, Math.Max(flowLines, 1), width).Lines,
            Line(isWide ? KeyMap.Legend : KeyMap.ShortLegend, width, new Style(decoration: Decoration.Invert)),
        ]);
    }

    private static Text Title(LabRates rates, int width)
    {
        var now = rates.Now;
        var balance = now.IsBalanced ? "ledgers balanced" : "LEDGERS NOT BALANCED";
        var isGood = now.IsBalanced && now.Reordered == 0 && now.WrongBytes == 0;
        var text = IsWide(width)
            ? Invariant($"SteeringLab {now.Seconds,6:F1} s  {now.Flows.Count} flows  {rates.Packets,11:N0} packets/s  {rates.BitsPerSecond / 1e9:F2} Gbit/s  reordered {now.Reordered}  drops {now.Dropped:N0}  {balance}")
            : Invariant($"{now.Seconds,5:F1} s {rates.Packets,9:N0} p/s {rates.BitsPerSecond / 1e9:F2} Gb/s reordered {now.Reordered} drops {now.Dropped} {balance}");
        return Line(text, width, new Style(isGood ? Color.Green : Color.Red, decoration: Decoration.Bold));
    }

    private static string Switches(SteeringReading steering)
    {
        var rps = steering.RpsMask is { } mask ? Invariant($"RPS 0x{mask:x}") : "no RPS";
        var xps = steering.XpsName is { } name
            ? $"XPS {name} (" + string.Join(", ", steering.XpsMasks.Select((workers, queue) => Invariant($"{queue}: 0x{workers:x}"))) + ")"
            : "no XPS";
        var busy = steering.BusyPollMicroseconds == 0 ? "busy polling off" : Invariant($"busy polling {steering.BusyPollMicroseconds} µs");
        return $"{rps}   {xps}   {busy}   workers {(steering.IsRunning ? "run" : "STAND")}";
    }

    /// <summary>One line: a text that is too long would take another.</summary>
    private static Text Line(string text, int width, Style? style = null) => new(text.Length > width ? text[..width] : text, style);

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
