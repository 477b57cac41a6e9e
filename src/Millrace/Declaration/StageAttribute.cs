namespace Millrace;

/// <summary>
/// The base of every attribute that declares a stage. The attributes of a stack, in source order, are its pipeline, read
/// downwards for packets that come in.
/// </summary>
/// <remarks>
/// An attribute's settable properties are the stage's settings, matched by name to the getters of the settings interface
/// that the stage type constrains its type argument to. What is not written takes the <see cref="DefaultAttribute"/> of
/// that getter.
/// </remarks>
[AttributeUsage(AttributeTargets.Class)]
public abstract class StageAttribute : Attribute
{
    /// <summary>Names of settings that may change while the stack runs; the others are constants of the compiled loop.</summary>
    public string[]? Runtime { get; set; }

    /// <summary>
    /// The interface this stage is bound to, if the stack has several: it sees the packets of that one alone. A network stage
    /// sees those of all, and this names the interface that its address belongs to.
    /// </summary>
    public string? On { get; set; }
}

/// <summary>Ties an attribute to the stage it declares.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class StageTypeAttribute(Type stage) : Attribute
{
    /// <summary>
    /// The stage struct, open over its settings (<c>typeof(GroStage&lt;&gt;)</c>), or a settings interface where the attribute
    /// only gives settings to the loop or to another stage (<c>typeof(INapiSettings)</c>).
    /// </summary>
    public Type Stage { get; } = stage;

    /// <summary>
    /// The place in Linux's order; a stage must not stand before one with a lower place. 0 may stand anywhere.
    /// </summary>
    public int Place { get; set; }

    /// <summary>What the stage does, a line for the generated explanation.</summary>
    public string? Summary { get; set; }
}

/// <summary>The default of a setting under a profile.</summary>
[AttributeUsage(AttributeTargets.Property, AllowMultiple = true)]
public sealed class DefaultAttribute(object? value) : Attribute
{
    public object? Value { get; } = value;

    /// <summary>The profile it belongs to; the youngest kernel's unless another is named.</summary>
    public KernelProfile Profile { get; set; } = KernelProfile.Linux_6_18;

    /// <summary>The sysctl or constant of the kernel that the value is from.</summary>
    public string? Source { get; set; }
}

/// <summary>
/// Says that the youngest kernel's default was looked up in an older one and is the same there. Every setting of this library
/// says of every profile what its default is, by this or by a <see cref="DefaultAttribute"/> of its own; of a user's settings
/// nothing is asked, and what says nothing has one default for all.
/// </summary>
[AttributeUsage(AttributeTargets.Property, AllowMultiple = true)]
public sealed class SameInAttribute(KernelProfile profile) : Attribute
{
    public KernelProfile Profile { get; } = profile;
}

/// <summary>
/// What other stages read of a setting if no attribute of the stack declares it, where that differs from its default: a
/// stage that is not there cannot do what its default says.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class UndeclaredAttribute(object value) : Attribute
{
    public object Value { get; } = value;
}

/// <summary>The values a setting may have, both ends included.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class AllowedAttribute(long minimum, long maximum) : Attribute
{
    public long Minimum { get; } = minimum;

    public long Maximum { get; } = maximum;
}

/// <summary>The setting decides layout, capacity or how the stack begins, and so cannot be changed while the stack runs.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class DecidesCapacityAttribute : Attribute;

/// <summary>The limits are of all connections together, so the memory set aside for each is not derived from them.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class HostWideAttribute : Attribute;

/// <summary>Reasons a stage may give with <see cref="Verdict.Drop"/> or count by itself; the drop table is made of them.</summary>
[AttributeUsage(AttributeTargets.Struct)]
public sealed class DropsAttribute(params DropReason[] reasons) : Attribute
{
    public DropReason[] Reasons { get; } = reasons;
}

/// <summary>What a stage needs to be true of the packets it receives.</summary>
[AttributeUsage(AttributeTargets.Struct)]
public sealed class NeedsAttribute(params PacketFact[] facts) : Attribute
{
    public PacketFact[] Facts { get; } = facts;
}

/// <summary>What is true of the packets a stage continues.</summary>
[AttributeUsage(AttributeTargets.Struct)]
public sealed class EnsuresAttribute(params PacketFact[] facts) : Attribute
{
    public PacketFact[] Facts { get; } = facts;
}

/// <summary>
/// Names the attribute of a stage that brings a fact about in software. Where a stage needs the fact and nothing before it
/// ensures it, the generator puts this one in with its defaults, at its place, and says so in the explanation.
/// </summary>
/// <example><c>[assembly: Fallback(PacketFact.ChecksumVerified, typeof(ChecksumOffloadAttribute))]</c></example>
[AttributeUsage(AttributeTargets.Assembly, AllowMultiple = true)]
public sealed class FallbackAttribute(PacketFact fact, Type attribute) : Attribute
{
    public PacketFact Fact { get; } = fact;

    public Type Attribute { get; } = attribute;
}

/// <summary>What can be known of a packet at a point of the pipeline.</summary>
public enum PacketFact
{
    /// <summary>The link header was checked and the cursor is at the network header.</summary>
    LinkHeaderParsed,

    /// <summary>The transport checksum is known to be right, or no stage below needs it.</summary>
    ChecksumVerified,

    /// <summary>The network header was checked, the packet is for this stack and the cursor is at the transport header.</summary>
    NetworkHeaderParsed,

    /// <summary>The packet is whole: no fragment.</summary>
    Whole,
}

/// <summary>
/// The kernel whose behaviour and defaults a stack takes over: a table of the settings' defaults. What a kernel did not have yet
/// is a setting switched off; a rule that has changed since is a setting that names it.
/// </summary>
public enum KernelProfile
{
    /// <summary>November 2025.</summary>
    Linux_6_18,

    /// <summary>December 2014.</summary>
    Linux_3_18,
}

/// <summary>Marks a property of a stage whose value later stages and applications may ask for by its type.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class ProvidesAttribute : Attribute;
