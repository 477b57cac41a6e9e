using System.Globalization;

namespace Millrace.Testing.Networks;

/// <summary>
/// The seeds that a test runs: the first so many, or as the environment says <c>MILLRACE_SEEDS=10000</c> of them, or
/// <c>MILLRACE_SEED=7</c> alone, which is what a failure prints.
/// </summary>
/// <param name="IsSingle">One was asked for: what it does may be told at length.</param>
public sealed record SeedRange(IReadOnlyList<ulong> Seeds, bool IsSingle)
{
    public static SeedRange FromEnvironment(int count)
    {
        if (ulong.TryParse(Environment.GetEnvironmentVariable("MILLRACE_SEED"), CultureInfo.InvariantCulture, out var alone))
        {
            return new SeedRange([alone], IsSingle: true);
        }

        count = int.TryParse(Environment.GetEnvironmentVariable("MILLRACE_SEEDS"), CultureInfo.InvariantCulture, out var asked) ? asked : count;
        return new SeedRange([.. Enumerable.Range(1, count).Select(number => (ulong)number)], IsSingle: false);
    }

    /// <summary>The command that runs one seed again.</summary>
    /// <param name="project">The test project's folder, from the root.</param>
    /// <param name="test">The test's full name, or a part of it.</param>
    public static string Command(ulong seed, string project, string test) =>
        string.Create(CultureInfo.InvariantCulture, $"MILLRACE_SEED={seed} dotnet test {project} -c Release --filter FullyQualifiedName~{test}");
}
