using System.Runtime.CompilerServices;
using Millrace.Headers;
using Millrace.Memory;

namespace Millrace.Ingress;

/// <summary>
/// VLAN tags on both ways (net/8021q/vlan_core.c, net/core/dev.c). In: the outer tag is moved from the frame into its
/// metadata, where the NIC of a Linux host would have left it. Out, as the last step before the NIC: a tag of the metadata, or
/// that of the stack's own VLAN, is put between the addresses and the type.
/// </summary>
/// <remarks>
/// A VLAN device of Linux is one of protocol and identifier, and so is the one VLAN that IP speaks in here. What came in
/// otherwise is marked <see cref="FrameFlags.OtherVlan"/>, as Linux marks a packet without a device PACKET_OTHERHOST: stages
/// may look at it and turn it round, and the network layer drops it.
/// </remarks>
[Needs(PacketFact.LinkHeaderParsed)]
[Drops(DropReason.PacketTooSmall, DropReason.VlanFiltered, DropReason.NoMemory)]
public struct VlanStage<TSettings> : IIngressStage, IEgressStage
    where TSettings : struct, IVlanOffloadSettings
{
    private readonly VlanFilter filter;
    private TSettings settings;

    public VlanStage(TSettings settings)
    {
        this.settings = settings;
        filter = new VlanFilter(settings.Accept);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Verdict Receive(ref Packet packet)
    {
        if (packet.EtherType is not (EtherType.Vlan or EtherType.ServiceVlan))
        {
            packet.Metadata.Flags |= settings.Id == 0 ? FrameFlags.None : FrameFlags.OtherVlan;
            return Verdict.Continue;
        }

        ref var metadata = ref packet.Metadata;
        var verdict = filter.Receive(ref metadata, VlanFilter.FlagsOf(settings.Protocol), settings.Id);
        packet = new Packet(packet.Frame, ref metadata, metadata.NetworkOffset)
        {
            EtherType = EthernetHeader.Type(Arena.Data(ref metadata)),
        };
        return verdict;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Verdict Transmit(ref Packet packet)
    {
        ref var metadata = ref packet.Metadata;
        var isTagged = (metadata.Flags & FrameFlags.VlanTagged) != 0;
        if (!isTagged && (settings.Id == 0 || (metadata.Flags & FrameFlags.OtherVlan) != 0))
        {
            return Verdict.Continue;
        }

        var isService = isTagged ? (metadata.Flags & FrameFlags.ServiceVlan) != 0 : settings.Protocol == VlanProtocol.Ieee8021ad;
        var tci = isTagged ? metadata.VlanTci : VlanHeader.ToTci(settings.Id, settings.Priority);
        if (packet.Length < EthernetHeader.Length)
        {
            return Verdict.Drop(DropReason.PacketTooSmall);
        }

        if (metadata.DataOffset < VlanHeader.Length)
        {
            return Verdict.Drop(DropReason.NoMemory);
        }

        packet.Push(VlanHeader.Length);
        VlanFilter.Insert(packet.Data, isService ? VlanProtocol.Ieee8021ad : VlanProtocol.Ieee8021Q, tci);
        metadata.Flags &= ~FrameFlags.VlanTagged;
        return Verdict.Continue;
    }
}
