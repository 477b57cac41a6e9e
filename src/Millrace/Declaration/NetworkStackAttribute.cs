namespace Millrace;

/// <summary>
/// Makes a sealed partial class a network stack: the generator writes its loop from the stage attributes that follow.
/// </summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class NetworkStackAttribute : Attribute
{
    /// <summary>Where every default comes from.</summary>
    public KernelProfile Profile { get; set; } = KernelProfile.Linux_6_18;

    /// <summary><see cref="RuntimeSettings.All"/> makes every setting that does not decide a capacity a run-time one.</summary>
    public RuntimeSettings Runtime { get; set; }

    /// <summary>Frames the receive ring is kept filled with, as far as the NIC's ring is that long.</summary>
    public int RingFrames { get; set; } = 512;

    /// <summary>Frames of the sockets' share of the arena; 0 computes it from the declared socket memory and connections.</summary>
    public int SocketFrames { get; set; }
}

/// <summary>Which settings may change while a stack runs.</summary>
/// <remarks>
/// Not called Settings: a class's attributes see its members, and the generated class has a property of that name.
/// </remarks>
public enum RuntimeSettings
{
    /// <summary>Those that a stage attribute names in its <see cref="StageAttribute.Runtime"/>.</summary>
    Named,

    /// <summary>All that do not decide a capacity.</summary>
    All,
}

/// <summary>
/// Names an interface of the stack and opens a way in; a stack without one has a single interface "eth0". Several (16 at most)
/// have the indices 0, 1, … in the order of the declaration, and a NIC each: <c>[Interface("wan")]</c> is <c>Setup.WanNic</c>.
/// </summary>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = true)]
public sealed class InterfaceAttribute(string name) : Attribute
{
    public string Name { get; } = name;
}

/// <summary>A user's own stage, at this place of the pipeline.</summary>
/// <typeparam name="TStage">A struct that implements <see cref="IIngressStage"/>, <see cref="IEgressStage"/> or both.</typeparam>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = true)]
public sealed class StageAttribute<TStage> : StageAttribute
    where TStage : struct
{
    /// <summary>A name, needed when a stage is used twice.</summary>
    public string? Name { get; set; }
}
