using System.Reflection;

namespace Millrace.Peers.Systems;

/// <summary>Where things lie.</summary>
internal static class Repository
{
    public static string Root { get; } = Metadata("RepositoryRoot");

    /// <summary>Of this build: the JIT's program is built with it, so it has the same.</summary>
    public static string Configuration { get; } = Metadata("Configuration");

    public static string Workloads { get; } = Path.Combine(Root, "benchmarks", "Millrace.Workloads");

    public static string Peers { get; } = Path.Combine(Root, "benchmarks", "Millrace.Peers", "peers");

    public static string Results { get; } = Path.Combine(Root, "benchmarks", "results");

    public static string Artifacts { get; } = Path.Combine(Root, "artifacts");

    private static string Metadata(string key) =>
        typeof(Repository).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == key).Value!;
}
