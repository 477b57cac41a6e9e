using Millrace.Peers.Running;

namespace Millrace.Peers.Systems;

/// <summary>The packages that a peer's folder names in its file <c>packages</c>.</summary>
internal static class DebianPackages
{
    public static IReadOnlyList<string> Of(string folder)
    {
        var list = Path.Combine(folder, "packages");
        return File.Exists(list)
            ? [.. File.ReadLines(list).Select(line => line.Split('#')[0].Trim()).Where(line => line.Length > 0)]
            : [];
    }

    /// <summary>Name and version of those that are installed.</summary>
    public static async Task<IReadOnlyDictionary<string, string>> VersionsAsync(IReadOnlyList<string> packages, CancellationToken cancellation)
    {
        if (packages.Count == 0)
        {
            return new Dictionary<string, string>();
        }

        var query = await Child.RunAsync(["dpkg-query", "-W", "-f", "${Package} ${Version} ${db:Status-Status}\n", .. packages], TimeSpan.FromSeconds(20), cancellation);
        return query.Output.Split('\n').Select(line => line.Split(' ')).Where(words => words is [_, _, "installed"])
            .DistinctBy(words => words[0]).ToDictionary(words => words[0], words => words[1]);
    }

    /// <summary>Null if all are there (now), or what to do.</summary>
    public static async Task<string?> EnsureAsync(IReadOnlyList<string> packages, bool install, CancellationToken cancellation)
    {
        var installed = await VersionsAsync(packages, cancellation);
        var missing = packages.Where(p => !installed.ContainsKey(p)).ToArray();
        if (missing.Length == 0)
        {
            return null;
        }

        var names = string.Join(' ', missing);
        if (!install)
        {
            return $"missing: apt-get install {names} (or --install as root)";
        }

        await Child.RunAsync(["apt-get", "update", "-qq"], TimeSpan.FromMinutes(5), cancellation);
        var result = await Child.RunAsync(["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "install", "-y", "-qq", "--no-install-recommends", .. missing], TimeSpan.FromMinutes(15), cancellation);
        return result.ExitCode == 0 ? null : $"apt-get install {names}: {result.Reason}";
    }
}
