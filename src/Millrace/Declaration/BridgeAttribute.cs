using Millrace.Bridging;
using Millrace.Nics;

namespace Millrace;

/// <summary>
/// A learning Ethernet bridge over interfaces of the stack (IEEE 802.1D without a spanning tree). It needs
/// <c>[NicQueues(1, Promiscuous = true)]</c>. Stages behind it see what is addressed to this stack, as packets of the first port.
/// </summary>
[StageType(typeof(BridgeStage<,>), Place = 700, Summary = "learns who is behind which interface, and forwards or floods what is for others")]
public sealed class BridgeAttribute : StageAttribute
{
    /// <summary>Names of the interfaces that are its ports; all if it is left out.</summary>
    public string[]? Ports { get; set; }

    /// <inheritdoc cref="IBridgeSettings.AgeingSeconds"/>
    public int AgeingSeconds { get; set; }

    /// <inheritdoc cref="IBridgeSettings.Entries"/>
    public int Entries { get; set; }

    /// <inheritdoc cref="IBridgeSettings.GroupForwardMask"/>
    public int GroupForwardMask { get; set; }

    /// <inheritdoc cref="IBridgeSettings.Local"/>
    public bool Local { get; set; }
}

/// <summary>Settings of <see cref="BridgeAttribute"/>.</summary>
public interface IBridgeSettings
{
    /// <summary>The interfaces that are its ports. The others go by it, both ways.</summary>
    [Default(null)]
    [SameIn(KernelProfile.Linux_3_18)]
    [DecidesCapacity]
    InterfaceSet Ports { get; }

    /// <summary>Seconds after which a station that says nothing is forgotten.</summary>
    [Default(300, Source = "ageing_time")]
    [SameIn(KernelProfile.Linux_3_18)]
    [Allowed(1, 1_000_000)]
    int AgeingSeconds { get; }

    /// <summary>Stations it can know; one more is not learnt, and what is for it is flooded.</summary>
    [Default(4096, Source = "fdb_max_learned, which has no bound in Linux")]
    [SameIn(KernelProfile.Linux_3_18)]
    [Allowed(1, 1 << 20)]
    [DecidesCapacity]
    int Entries { get; }

    /// <summary>Bit n lets frames to 01:80:C2:00:00:0n pass, which stay on their link otherwise; the groups 0 to 2 cannot be chosen.</summary>
    [Default(0, Source = "group_fwd_mask")]
    [SameIn(KernelProfile.Linux_3_18)]
    [Allowed(0, 0xFFF8)]
    int GroupForwardMask { get; }

    /// <summary>Whether stages behind the bridge are given broadcasts and multicasts too; without any, switch it off.</summary>
    [Default(true)]
    [SameIn(KernelProfile.Linux_3_18)]
    bool Local { get; }
}
