using Millrace.Taps;

namespace Millrace;

/// <summary>
/// Shows every packet to a sink (<c>Setup.TapSink</c>) as a capture on the interface would see it: on the way in merged by GRO
/// and with its VLAN tag, on the way out last of all before the NIC. Dropped packets are shown once more, with the reason.
/// </summary>
[StageType(typeof(TapStage<>), Place = 600, Summary = "shows packets that come in and go out, and those that are dropped, to a capture")]
public sealed class TapAttribute : StageAttribute
{
    /// <inheritdoc cref="ITapSettings.Enabled"/>
    public bool Enabled { get; set; }

    /// <inheritdoc cref="ITapSettings.Drops"/>
    public bool Drops { get; set; }

    /// <inheritdoc cref="ITapSettings.SnapLength"/>
    public int SnapLength { get; set; }
}

/// <summary>Settings of <see cref="TapAttribute"/>.</summary>
public interface ITapSettings
{
    /// <summary>Whether anything is shown; switched at run time with <c>[Tap(Runtime = ["Enabled"])]</c>.</summary>
    [Default(true)]
    [SameIn(KernelProfile.Linux_3_18)]
    bool Enabled { get; }

    /// <summary>Whether dropped packets are shown, with the reason.</summary>
    [Default(true)]
    [SameIn(KernelProfile.Linux_3_18)]
    bool Drops { get; }

    /// <summary>Bytes shown of a packet at most.</summary>
    [Default(262_144, Source = "libpcap's MAXIMUM_SNAPLEN")]
    [SameIn(KernelProfile.Linux_3_18)]
    [Allowed(1, 262_144)]
    [DecidesCapacity]
    int SnapLength { get; }
}
