using Millrace.Peers.Results;
using Millrace.Peers.Running;

namespace Millrace.Peers.Systems;

/// <summary>Builds a peer by its folder's script, into artifacts/peers, when its sources have changed.</summary>
internal static class PeerBuilds
{
    public static async Task<SystemUnderTest> PrepareAsync(string name, bool install, TimeSpan limit, CancellationToken cancellation)
    {
        var folder = Path.Combine(Repository.Peers, name);
        var script = Path.Combine(folder, "build");
        if (!File.Exists(script))
        {
            return SystemUnderTest.Missing(name, $"benchmarks/Millrace.Peers/peers/{name}/build does not exist");
        }

        var packages = DebianPackages.Of(folder);
        if (await DebianPackages.EnsureAsync(packages, install, cancellation) is { } missing)
        {
            return SystemUnderTest.Missing(name, missing);
        }

        var output = Path.Combine(Repository.Artifacts, "peers", name);
        var program = Path.Combine(output, name);
        var versions = await DebianPackages.VersionsAsync(packages, cancellation);
        var stamp = new BuildStamp(output, Processor.Model + string.Join(' ', versions.OrderBy(v => v.Key)), folder, Path.Combine(Repository.Peers, "common"));
        if (File.Exists(program) && stamp.IsCurrent)
        {
            return SystemUnderTest.Ready(name, program);
        }

        if (limit <= TimeSpan.Zero)
        {
            return SystemUnderTest.Missing(name, "not built, and no time is left to build it: run once without --quick");
        }

        Directory.CreateDirectory(output);
        var build = await Child.RunAsync([script, output], limit, cancellation);
        if (build.ExitCode != 0)
        {
            return SystemUnderTest.Missing(name, $"build: {build.Reason}");
        }

        if (!File.Exists(program))
        {
            return SystemUnderTest.Missing(name, $"build ended well, but made no {name} in its OUTDIR");
        }

        stamp.Write();
        return SystemUnderTest.Ready(name, program);
    }
}
