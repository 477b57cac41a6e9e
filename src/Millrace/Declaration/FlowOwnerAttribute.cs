using Millrace.Workers;

namespace Millrace;

/// <summary>
/// Sends a packet to the worker that has its connection, wherever it came in. Put in by itself where several workers are
/// declared; without them it is left out.
/// </summary>
[StageType(typeof(FlowOwnerStage), Place = 1900, Summary = "sends strays to the worker that has their connection")]
[ForSeveralWorkers]
public sealed class FlowOwnerAttribute : StageAttribute;

/// <summary>Marks the attribute of a stage that makes sense between several workers only; with one it is left out.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class ForSeveralWorkersAttribute : Attribute;

/// <summary>Names the attribute of a stage that is put in, with its defaults, where several workers share a network layer.</summary>
[AttributeUsage(AttributeTargets.Assembly, AllowMultiple = true)]
public sealed class BetweenWorkersAttribute(Type attribute) : Attribute
{
    public Type Attribute { get; } = attribute;
}
