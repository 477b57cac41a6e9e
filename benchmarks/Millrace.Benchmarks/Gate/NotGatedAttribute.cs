namespace Millrace.Benchmarks.Gate;

/// <summary>Benchmarks whose allocated bytes nobody promised.</summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method)]
public sealed class NotGatedAttribute(string reason) : Attribute
{
    public const string Twin = "the interpreter of the tests is written to be read, and makes lists in every poll";

    public string Reason { get; } = reason;
}
