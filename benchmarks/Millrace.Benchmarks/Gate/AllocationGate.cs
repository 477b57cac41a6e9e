using System.Globalization;
using System.Reflection;
using System.Text.Json;
using BenchmarkDotNet.Running;

namespace Millrace.Benchmarks.Gate;

/// <summary>
/// Allocated bytes of every benchmark, compared with <c>benchmarks/allocated-bytes.json</c>: what moves packets has 0 there, and
/// whoever changes a number changes the file.
/// </summary>
public static class AllocationGate
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static string File => Path.Combine(Repository.Root, "benchmarks", "allocated-bytes.json");

    /// <returns>1 if the file and the measurement differ.</returns>
    public static int Run(string[] args)
    {
        if (args is not ([] or ["--update"]))
        {
            Console.Error.WriteLine("allocations [--update]");
            return 2;
        }

        var measured = Measure();
        foreach (var (name, reason) in Suites.All.SelectMany(static type => type.GetMethods().Prepend<MemberInfo>(type)).SelectMany(LeftOut))
        {
            Console.WriteLine($"left out: {name}: {reason}");
        }

        if (args is ["--update"])
        {
            System.IO.File.WriteAllText(File, JsonSerializer.Serialize(new SortedDictionary<string, double>(measured, StringComparer.Ordinal), Indented) + "\n");
            Console.WriteLine($"Written: {File}, {measured.Count} cases");
            return 0;
        }

        var differences = Differences(measured);
        Console.WriteLine(differences.Count == 0 ? $"{measured.Count} cases allocate what the file says" : Table(differences));
        return differences.Count == 0 ? 0 : 1;
    }

    public static IReadOnlyList<AllocationDifference> Differences() => Differences(Measure());

    public static string Table(IReadOnlyList<AllocationDifference> differences) => "| benchmark | file, B/operation | measured, B/operation | |\n|---|---|---|---|\n"
        + string.Concat(differences.Select(static difference => $"| {difference.Name} | {Text(difference.Kept)} | {Text(difference.Measured)} | {difference.Meaning} |\n"));

    /// <summary>Bytes an operation of all cases that BenchmarkDotNet would run and the gate watches.</summary>
    private static SortedDictionary<string, double> Measure()
    {
        var measured = new SortedDictionary<string, double>(StringComparer.Ordinal);
        foreach (var type in Suites.All.Where(static type => type.GetCustomAttribute<NotGatedAttribute>() is null))
        {
            using var cases = BenchmarkConverter.TypeToBenchmarks(type, Suites.Config);
            foreach (var benchmark in cases.BenchmarksCases.Where(static benchmark => benchmark.Descriptor.WorkloadMethod.GetCustomAttribute<NotGatedAttribute>() is null))
            {
                measured.Add(AllocationMeter.NameOf(benchmark), AllocationDifference.Rounded(AllocationMeter.Measure(benchmark)));
            }
        }

        return measured;
    }

    private static IEnumerable<(string Name, string Reason)> LeftOut(MemberInfo member) => member.GetCustomAttributes<NotGatedAttribute>()
        .Select(left => (member is Type ? member.Name : $"{member.DeclaringType!.Name}.{member.Name}", left.Reason));

    private static IReadOnlyList<AllocationDifference> Differences(IReadOnlyDictionary<string, double> measured) =>
        AllocationDifference.Between(System.IO.File.Exists(File) ? JsonSerializer.Deserialize<Dictionary<string, double>>(System.IO.File.ReadAllText(File))! : [], measured);

    private static string Text(double? bytes) => bytes?.ToString("0.##", CultureInfo.InvariantCulture) ?? "–";
}
