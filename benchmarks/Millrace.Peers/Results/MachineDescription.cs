using System.Runtime.InteropServices;
using Millrace.Peers.Running;
using Millrace.Peers.Systems;

namespace Millrace.Peers.Results;

/// <summary>What the figures were measured on; without it they say nothing.</summary>
internal sealed record MachineDescription
{
    public required string Processor { get; init; }

    public required IReadOnlyList<string> Caches { get; init; }

    public required int Processors { get; init; }

    /// <summary>The one that programs were pinned to.</summary>
    public required int PinnedTo { get; init; }

    public required string Kernel { get; init; }

    public required string Distribution { get; init; }

    public required string Runtime { get; init; }

    public required string Gcc { get; init; }

    public required string Clang { get; init; }

    public required string Go { get; init; }

    public required IReadOnlyDictionary<string, string> Packages { get; init; }

    /// <summary>Lines of /proc/meminfo that matter: memory and huge pages.</summary>
    public required IReadOnlyList<string> Memory { get; init; }

    public required string TransparentHugePages { get; init; }

    public required string Commit { get; init; }

    public required DateTime Begin { get; init; }

    /// <summary>/proc/loadavg before and after: others that ran meanwhile show here.</summary>
    public required string LoadBefore { get; init; }

    public string LoadAfter { get; init; } = "";

    public static string Load() => File.ReadAllText("/proc/loadavg").Trim();

    public static async Task<MachineDescription> ReadAsync(int pinnedTo, CancellationToken cancellation)
    {
        string[] packages = [.. SystemNames.All.SelectMany(name => DebianPackages.Of(Path.Combine(Repository.Peers, name))).Append("libc6").Distinct()];
        return new()
        {
            Processor = Results.Processor.Model,
            Caches = Results.Processor.Caches,
            Processors = Environment.ProcessorCount,
            PinnedTo = pinnedTo,
            Kernel = RuntimeInformation.OSDescription + " " + await FirstLineAsync("uname", "-v"),
            Distribution = File.Exists("/etc/os-release") ? File.ReadLines("/etc/os-release").FirstOrDefault(l => l.StartsWith("PRETTY_NAME=", StringComparison.Ordinal))?[12..].Trim('"') ?? "" : "",
            Runtime = RuntimeInformation.FrameworkDescription,
            Gcc = await FirstLineAsync("gcc", "--version"),
            Clang = await FirstLineAsync("clang", "--version"),
            Go = await FirstLineAsync("go", "version"),
            Packages = await DebianPackages.VersionsAsync(packages, cancellation),
            Memory = [.. File.ReadLines("/proc/meminfo").Where(l => l.StartsWith("MemTotal", StringComparison.Ordinal) || l.StartsWith("Huge", StringComparison.Ordinal))],
            TransparentHugePages = File.Exists("/sys/kernel/mm/transparent_hugepage/enabled") ? File.ReadAllText("/sys/kernel/mm/transparent_hugepage/enabled").Trim() : "",
            Commit = await FirstLineAsync("git", "-C", Repository.Root, "describe", "--always", "--dirty", "--abbrev=12"),
            Begin = DateTime.UtcNow,
            LoadBefore = Load(),
        };

        async Task<string> FirstLineAsync(params string[] command)
        {
            var result = await Child.RunAsync(command, TimeSpan.FromSeconds(20), cancellation);
            return result.ExitCode == 0 ? result.Output.Split('\n')[0].Trim() : "not found";
        }
    }
}
