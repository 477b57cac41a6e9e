namespace Millrace.Benchmarks.Stages;

/// <summary>A declaration that is measured, and the one it has a stage more than: what that stage costs is the difference.</summary>
/// <param name="without">The name of the case without the stage; null where there is nothing to take away.</param>
public abstract class StageCase(string name, string? without)
{
    public string Name { get; } = name;

    public string? Without { get; } = without;

    public override string ToString() => Name;
}
