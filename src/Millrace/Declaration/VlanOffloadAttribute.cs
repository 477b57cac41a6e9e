using Millrace.Headers;
using Millrace.Ingress;

namespace Millrace;

/// <summary>
/// VLAN tags (IEEE 802.1Q and 802.1ad): taken out of frames that come in, put into frames that go out, and VLANs that are not
/// named are filtered. IP speaks in one VLAN, <see cref="Id"/>; frames of other accepted VLANs are seen by the stages
/// between here and the network layer, which drops them.
/// </summary>
[StageType(typeof(VlanStage<>), Place = 250, Summary = "moves VLAN tags from frames into metadata and back, and filters VLANs")]
public sealed class VlanOffloadAttribute : StageAttribute
{
    /// <inheritdoc cref="IVlanOffloadSettings.Accept"/>
    public int[] Accept { get; set; } = [];

    /// <inheritdoc cref="IVlanOffloadSettings.Id"/>
    public int Id { get; set; }

    /// <inheritdoc cref="IVlanOffloadSettings.Priority"/>
    public int Priority { get; set; }

    /// <inheritdoc cref="IVlanOffloadSettings.Protocol"/>
    public VlanProtocol Protocol { get; set; }
}

/// <summary>Settings of <see cref="VlanOffloadAttribute"/>.</summary>
public interface IVlanOffloadSettings
{
    /// <summary>
    /// Outer VLAN identifiers that are let in beside <see cref="Id"/>, whichever tag carries them. What is untagged, or
    /// carries nothing but a priority, is always let in.
    /// </summary>
    [Default(new int[0], Source = "rx-vlan-filter")]
    [SameIn(KernelProfile.Linux_3_18)]
    [Allowed(1, 4094)]
    ReadOnlySpan<int> Accept { get; }

    /// <summary>The VLAN that IP speaks in, both ways; 0 for untagged.</summary>
    [Default(0)]
    [SameIn(KernelProfile.Linux_3_18)]
    [Allowed(0, 4094)]
    int Id { get; }

    /// <summary>The priority (PCP) of what this stack itself sends in its VLAN.</summary>
    [Default(0, Source = "egress-qos-map")]
    [SameIn(KernelProfile.Linux_3_18)]
    [Allowed(0, 7)]
    int Priority { get; }

    /// <summary>The tag of the VLAN that IP speaks in.</summary>
    [Default(VlanProtocol.Ieee8021Q, Source = "ip link … type vlan protocol")]
    [SameIn(KernelProfile.Linux_3_18)]
    VlanProtocol Protocol { get; }
}
