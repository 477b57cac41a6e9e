namespace Millrace.Benchmarks.Gate;

/// <summary>A case in which the file and the measurement say different things.</summary>
/// <param name="Kept">Bytes an operation by the file; null where it does not name the case.</param>
/// <param name="Measured">Bytes an operation; null where no benchmark has the name.</param>
public sealed record AllocationDifference(string Name, double? Kept, double? Measured)
{
    public string Meaning => (Kept, Measured) switch
    {
        (null, _) => "is not in the file",
        (_, null) => "is no benchmark any more",
        var (kept, measured) when measured > kept => "allocates more",
        _ => "allocates less",
    };

    /// <summary>Bytes are compared as the file has them: to hundredths.</summary>
    public static IReadOnlyList<AllocationDifference> Between(IReadOnlyDictionary<string, double> kept, IReadOnlyDictionary<string, double> measured) =>
    [
        .. kept.Keys.Union(measured.Keys).Order(StringComparer.Ordinal)
            .Select(name => new AllocationDifference(name, kept.TryGetValue(name, out var before) ? before : null, measured.TryGetValue(name, out var now) ? now : null))
            .Where(static difference => difference.Kept is not { } before || difference.Measured is not { } now || Rounded(before) != Rounded(now)),
    ];

    /// <summary>To hundredths, upwards: one byte in many operations is not none.</summary>
    public static double Rounded(double bytes) => Math.Ceiling(bytes * 100) / 100;
}
