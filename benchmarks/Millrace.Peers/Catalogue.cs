namespace Millrace.Peers;

/// <summary>Points of one line of a plot: variants that differ by the number at the end of their name.</summary>
/// <param name="Axis">What the number counts.</param>
internal sealed record Sweep(string Axis, IReadOnlyList<string> Variants);

/// <param name="Variants">Those that run when none are named.</param>
/// <param name="QuickVariants">Those of them that fit into a minute for all systems.</param>
internal sealed record Workload(string Name, string Title, IReadOnlyList<string> Variants, IReadOnlyList<string> QuickVariants, IReadOnlyList<Sweep> Sweeps)
{
    public IEnumerable<string> AllVariants => Variants.Concat(Sweeps.SelectMany(s => s.Variants)).Distinct();

    /// <summary>Whether the C loop is its yardstick, and so must prove itself against DPDK.</summary>
    public bool IsForwarding => Name.StartsWith('F');
}

/// <summary>The workloads and variants of benchmarks/WORKLOADS.md; a test compares both.</summary>
internal static class Catalogue
{
    private static readonly Sweep sizes = Numbered("packet size, bytes", "size", 64, 128, 256, 512, 1024, 1514);

    private static readonly string[] bulkFigures = ["-zerocopy", "-nochecksum", "-timestamps", "-full", "-ack2", "-gso", "-gso-nochecksum"];

    public static IReadOnlyList<Workload> Workloads { get; } =
    [
        new("W1", "bulk",
            ["handover-64", "handover-256", "copying-64", "copying-256", .. bulkFigures.Select(f => "copying-64" + f), .. bulkFigures.Select(f => "handover-64" + f)],
            ["handover-64", "copying-64"],
            [Numbered("connections that share the bytes", "flows", 1, 10, 100, 1000)]),
        Plain("W2", "64-byte ping-pong", ["copying", "handover"], ["copying-full", "handover-full"]),
        Plain("W3", "connect, a byte each way, close", ["copying", "handover"], ["copying-full", "handover-full"]),
        new("W4", "open connections", ["10k", "100k", "1m", "10k-full", "100k-full", "1m-full"], ["10k"], [new("open connections", ["1k", "10k", "100k", "1m"])]),
        Plain("F1", "reflect", ["hot", "cold"], sizes, Numbered("packets a batch", "batch", 1, 4, 16, 32, 64, 128, 256)),
        Plain("F2", "IPv4 router", ["routes-1", "routes-1000", "routes-500000"], Numbered("routes", "routes", 1, 10, 100, 1000, 10_000, 100_000, 500_000)),
        Plain("F4", "verify checksums", ["hot"], sizes),
        Plain("L1", "latency at half load", ["f1", "w2"]),
    ];

    /// <summary>The sums of next hops that F2's routes and traffic must give, made by another program than any that runs here.</summary>
    public static IReadOnlyDictionary<string, string> Hops { get; } = new Dictionary<string, string>
    {
        ["routes-1"] = "0",
        ["routes-10"] = "2423f0e3c",
        ["routes-100"] = "3a049d78a",
        ["routes-1000"] = "3b74f913f",
        ["routes-10000"] = "3ba186fea",
        ["routes-100000"] = "3bd4ed25b",
        ["routes-500000"] = "3c36ae268",
    };

    /// <summary>What runs: each workload that was asked for with its variants.</summary>
    public static IEnumerable<(Workload Workload, IReadOnlyList<string> Variants)> Choose(DriverOptions options)
    {
        foreach (var workload in Workloads.Where(w => options.Only.Count == 0 || options.Only.Contains(w.Name)))
        {
            var variants = options.Variants.Count > 0
                ? options.Variants.Where(v => workload.AllVariants.Contains(v))
                : options.Plots ? workload.Sweeps.SelectMany(s => s.Variants).Distinct()
                : options.Quick ? workload.QuickVariants
                : workload.Variants;
            if (variants.ToArray() is { Length: > 0 } chosen)
            {
                yield return (workload, chosen);
            }
        }
    }

    private static Workload Plain(string name, string title, string[] variants, string[] further) => new(name, title, [.. variants, .. further], variants, []);

    private static Workload Plain(string name, string title, string[] variants, params Sweep[] sweeps) => new(name, title, variants, variants, sweeps);

    private static Sweep Numbered(string axis, string prefix, params int[] numbers) => new(axis, [.. numbers.Select(n => $"{prefix}-{n}")]);
}
