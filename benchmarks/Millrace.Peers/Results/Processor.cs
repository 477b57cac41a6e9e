using System.Globalization;
using System.Text.RegularExpressions;

namespace Millrace.Peers.Results;

/// <summary>The processor of this machine, from /proc/cpuinfo and sysfs.</summary>
internal static partial class Processor
{
    public static string Model { get; } = $"{Field("model name")} (family {Field("cpu family")}, model {Field("model")}, stepping {Field("stepping")})";

    /// <summary>As the name of a folder: "amd-epyc-26-2"; hypervisors hide the number in the name, family and model stay.</summary>
    public static string FileName { get; } = AsFileName($"{Field("model name")} {Field("cpu family")} {Field("model")}");

    /// <summary>A line a cache of the first processor: "L2 Unified 1024K".</summary>
    public static IReadOnlyList<string> Caches
    {
        get
        {
            const string Folder = "/sys/devices/system/cpu/cpu0/cache";
            return Directory.Exists(Folder)
                ? [.. Directory.GetDirectories(Folder, "index*").Order(StringComparer.Ordinal).Select(d => $"L{Read(d, "level")} {Read(d, "type")} {Read(d, "size")}")]
                : [];

            static string Read(string folder, string name) => File.Exists(Path.Combine(folder, name)) ? File.ReadAllText(Path.Combine(folder, name)).Trim() : "?";
        }
    }

    /// <summary>The processors that this process may use, from /proc/self/status: "0-3,6".</summary>
    public static IReadOnlyList<int> Allowed()
    {
        var list = File.ReadLines("/proc/self/status").First(line => line.StartsWith("Cpus_allowed_list:", StringComparison.Ordinal)).Split(':')[1].Trim();
        return [.. list.Split(',').SelectMany(part =>
        {
            var ends = part.Split('-').Select(n => int.Parse(n, CultureInfo.InvariantCulture)).ToArray();
            return Enumerable.Range(ends[0], ends[^1] - ends[0] + 1);
        })];
    }

    public static string AsFileName(string name) => NotNameCharacters().Replace(name.ToLowerInvariant(), "-").Trim('-');

    private static string Field(string name) =>
        File.ReadLines("/proc/cpuinfo").Select(line => line.Split(':', 2)).FirstOrDefault(parts => parts.Length == 2 && parts[0].Trim() == name)?[1].Trim() ?? "unknown";

    [GeneratedRegex("[^a-z0-9.]+")]
    private static partial Regex NotNameCharacters();
}
