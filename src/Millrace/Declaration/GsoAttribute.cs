using Millrace.Egress;

namespace Millrace;

/// <summary>
/// Generic segmentation offload: TCP sends packets of many segments, and they are cut as late as possible, here or by the
/// NIC. Without it TCP sends a packet a segment.
/// </summary>
[StageType(typeof(GsoStage<>), Place = 3100, Summary = "cuts packets into segments where the NIC does not")]
public sealed class GsoAttribute : StageAttribute
{
    /// <inheritdoc cref="IGsoSettings.MaxSize"/>
    public int MaxSize { get; set; }

    /// <inheritdoc cref="IGsoSettings.MaxSegments"/>
    public int MaxSegments { get; set; }
}

/// <summary>
/// Settings of <see cref="GsoAttribute"/>. TCP reads them too, to know how large a packet it may send: a stack that does
/// not declare the stage has a <see cref="MaxSegments"/> of 1.
/// </summary>
public interface IGsoSettings
{
    /// <summary>A network packet that is not cut yet stays below this many bytes.</summary>
    [Default(65_536, Source = "gso_max_size")]
    [SameIn(KernelProfile.Linux_3_18)]
    [Allowed(1_500, 65_536)]
    [DecidesCapacity]
    int MaxSize { get; }

    /// <summary>Segments a packet may stand for.</summary>
    [Default(65_535, Source = "gso_max_segs")]
    [SameIn(KernelProfile.Linux_3_18)]
    [Undeclared(1)]
    [Allowed(1, 65_535)]
    [DecidesCapacity]
    int MaxSegments { get; }
}
