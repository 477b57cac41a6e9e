using Millrace.Ingress;

namespace Millrace;

/// <summary>
/// Generic receive offload: TCP segments of one flow that follow each other within a poll go on as one packet, and within
/// <see cref="NapiAttribute.GroFlushTimeout"/> if that is declared.
/// </summary>
[StageType(typeof(GroStage<,>), Place = 400, Summary = "merges consecutive TCP segments of a flow into one packet")]
public sealed class GroAttribute : StageAttribute
{
    /// <inheritdoc cref="IGroSettings.MaxSize"/>
    public int MaxSize { get; set; }

    /// <inheritdoc cref="IGroSettings.Buckets"/>
    public int Buckets { get; set; }

    /// <inheritdoc cref="IGroSettings.Held"/>
    public int Held { get; set; }

    /// <inheritdoc cref="IGroSettings.FixedIdentification"/>
    public bool FixedIdentification { get; set; }
}

/// <summary>Settings of <see cref="GroAttribute"/>.</summary>
public interface IGroSettings
{
    /// <summary>A merged network packet stays below this many bytes.</summary>
    [Default(65_536, Source = "gro_max_size")]
    [SameIn(KernelProfile.Linux_3_18)]
    [Allowed(1, 65_536)]
    int MaxSize { get; }

    /// <summary>Buckets that flows are spread over, a power of two.</summary>
    [Default(8, Source = "GRO_HASH_BUCKETS")]
    [Default(1, Profile = KernelProfile.Linux_3_18, Source = "MAX_GRO_SKBS: one list")]
    [Allowed(1, 1024)]
    [DecidesCapacity]
    int Buckets { get; }

    /// <summary>Packets held in a bucket; one more flushes the oldest.</summary>
    [Default(8, Source = "MAX_GRO_SKBS")]
    [SameIn(KernelProfile.Linux_3_18)]
    [Allowed(1, 1024)]
    [DecidesCapacity]
    int Held { get; }

    /// <summary>Whether segments are merged whose IP-ID is the same on all, where DF is set.</summary>
    [Default(true, Source = "inet_gro_flush")]
    [Default(false, Profile = KernelProfile.Linux_3_18, Source = "inet_gro_receive")]
    [DecidesCapacity]
    bool FixedIdentification { get; }
}
