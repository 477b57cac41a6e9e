using Millrace.Peers.Running;
using Millrace.Profiles;

namespace Millrace.Peers.Systems;

/// <summary>The profile that NativeAOT's program is compiled with: what the JIT's program did in a short run of each main variant.</summary>
internal static class MillraceProfile
{
    private static readonly TimeSpan RunLimit = TimeSpan.FromMinutes(3);

    /// <summary>What is run, as workload and variant; L1 is work that others do already.</summary>
    public static IEnumerable<(string Workload, string Variant)> Runs =>
        Catalogue.Workloads.Where(static w => w.Name != "L1").SelectMany(static w => w.Variants.Select(v => (w.Name, v)));

    /// <returns>Why there is none; null if it was written.</returns>
    /// <param name="folder">Receives the profile, and holds nothing else in the end.</param>
    public static async Task<string?> WriteAsync(SystemUnderTest jit, string folder, CancellationToken cancellation)
    {
        if (jit.Unavailable is { } why)
        {
            return why;
        }

        Directory.CreateDirectory(folder);
        var dumps = new List<string>();
        try
        {
            foreach (var (workload, variant) in Runs)
            {
                var dump = Path.Combine(folder, $"{workload}-{variant}.txt");
                dumps.Add(dump);
                var variables = Recording.Environment(dump).Select(static v => $"{v.Key}={v.Value}");
                var run = await Child.RunAsync(["env", .. variables, .. jit.Command, "run", workload, variant, "--quick"], RunLimit, cancellation);
                if (run.ExitCode != 0 || !File.Exists(dump))
                {
                    return $"{workload} {variant}, run for its profile: {run.Reason}";
                }
            }

            NativeProfile.Write(Path.Combine(folder, "workloads.mibc"), dumps, [Path.GetDirectoryName(jit.Command[^1])!]);
            return null;
        }
        finally
        {
            dumps.ForEach(File.Delete);
        }
    }
}
