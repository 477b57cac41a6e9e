namespace Millrace.Benchmarks.Stages;

/// <summary>A declaration that is measured, and the one it has a stage more than: what that stage costs is the difference.</summary>
/// <param name="without">The name of the case without the stage; null where there is nothing to take away.</param>
public abstract class StageCase(string name, string? without) : IComparable
{
    private static int count;

    // tables have the cases in the order in which they are written
    private readonly int ordinal = Interlocked.Increment(ref count);

    public string Name { get; } = name;

    public string? Without { get; } = without;

    public int CompareTo(object? obj) => obj is StageCase other ? ordinal.CompareTo(other.ordinal) : 1;

    public override string ToString() => Name;
}
