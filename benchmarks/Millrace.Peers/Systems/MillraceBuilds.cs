using Millrace.Peers.Running;

namespace Millrace.Peers.Systems;

/// <summary>
/// Millrace's program: the JIT's, which is built together with the driver, and the two NativeAOT ones. The one for AVX2 is compiled with a profile, as the JIT
/// makes one for itself while it runs; the baseline is what a plain publish gives.
/// </summary>
internal static class MillraceBuilds
{
    private const string Program = "Millrace.Workloads";

    public static SystemUnderTest Jit()
    {
        var assembly = Path.Combine(Repository.Workloads, "bin", Repository.Configuration, "net10.0", Program + ".dll");
        return File.Exists(assembly)
            // pinned to one processor the runtime would wait ten times as long before it compiles for speed
            ? SystemUnderTest.Ready(SystemNames.Jit, "env", "DOTNET_TC_DelaySingleProcMultiplier=1", Environment.ProcessPath is { } host && Path.GetFileName(host) == "dotnet" ? host : "dotnet", assembly)
            : SystemUnderTest.Missing(SystemNames.Jit, $"{assembly} does not exist: build benchmarks/Millrace.Workloads");
    }

    /// <param name="mayBuild">Otherwise only what is there, and made of these sources, is used.</param>
    public static async Task<SystemUnderTest> AotAsync(string name, bool mayBuild, CancellationToken cancellation)
    {
        var isBaseline = name == SystemNames.AotBaseline;
        var set = isBaseline ? "x86-64" : "avx2";
        var output = Path.Combine(Repository.Artifacts, "workloads", "aot-" + set);
        var program = Path.Combine(output, Program);
        var stamp = new BuildStamp(output, set, SourcesOf());
        if (File.Exists(program) && stamp.IsCurrent)
        {
            return SystemUnderTest.Ready(name, program);
        }

        if (!mayBuild)
        {
            return SystemUnderTest.Missing(name, $"not built of these sources: run without --quick once, or with --systems {name}");
        }

        var profile = Path.Combine(Repository.Artifacts, "workloads", "profile");
        if (!isBaseline && await MillraceProfile.WriteAsync(Jit(), profile, cancellation) is { } why)
        {
            return SystemUnderTest.Missing(name, why);
        }

        // The build does not look at the profile, so what was compiled without it must go.
        if (Directory.Exists(Objects(set)))
        {
            Directory.Delete(Objects(set), recursive: true);
        }

        // Servers of the compiler would outlive the driver.
        var build = await Child.RunAsync(
            ["dotnet", "publish", Repository.Workloads, "-c", "Release", "-p:Aot=true", $"-p:InstructionSet={set}", "-o", output,
                "-p:IlcPgoOptimize=" + (isBaseline ? "false" : "true"), $"-p:IlcMibcPath={profile}/", "-v", "q", "-nologo", "-nodeReuse:false", "-p:UseSharedCompilation=false"],
            TimeSpan.FromMinutes(10), cancellation);
        if (build.ExitCode != 0)
        {
            var error = build.Output.Split('\n').FirstOrDefault(line => line.Contains("error", StringComparison.OrdinalIgnoreCase));
            return SystemUnderTest.Missing(name, $"dotnet publish: {error?.Trim() ?? build.Reason}");
        }

        stamp.Write();
        return SystemUnderTest.Ready(name, program);
    }

    private static string Objects(string set) => Path.Combine(Repository.Workloads, "obj-aot-" + set, "Release", "net10.0", "linux-x64", "native");

    private static IEnumerable<string> SourcesOf() =>
        new[] { "src/Millrace", "src/Millrace.Profiles", "generators", "benchmarks/Millrace.Workloads", "benchmarks/Directory.Build.props", "Directory.Build.props", "Directory.Packages.props" }
            .Select(path => Path.Combine(Repository.Root, path));
}
