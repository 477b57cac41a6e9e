using System.Runtime.CompilerServices;
using Millrace.Headers;
using Millrace.Memory;
using Millrace.Nics;

namespace Millrace.Bridging;

/// <summary>Learns, forwards and floods (net/bridge/br_input.c, br_forward.c, br_device.c). Ports and stations are told by the index of the interface.</summary>
internal sealed class LearningBridge(
    Arena arena, Ledger ledger, Outbox outbox, ForwardingDatabase stations, NetworkInterface[] interfaces, InterfaceSet members)
{
    private const ulong LinkLocal = 0x0180_C200_0000;
    private const int PauseGroup = 1;

    private readonly NetworkInterface[] ports = [.. interfaces.Where(one => members.Contains(one.Index))];
    private FrameList copies;

    /// <summary>Packets of the wire that were copied and wait for their turn.</summary>
    public long HeldPackets { get; private set; }

    /// <summary>The bridge's own interface, on which it delivers to the stages behind it: its first port.</summary>
    private int Own => ports[0].Index;

    /// <summary>Nanoseconds of the stack's clock.</summary>
    public long Now { get; set; }

    /// <summary>When a station must have been seen to be known.</summary>
    public long Since { get; set; }

    public bool IsOwn(MacAddress address)
    {
        foreach (var port in ports)
        {
            if (port.Address == address)
            {
                return true;
            }
        }

        return false;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public Verdict Receive(Frame frame, ref FrameMetadata metadata, bool isLocal, int groupForwardMask)
    {
        ReadOnlySpan<byte> header = Arena.Data(ref metadata);
        var destination = EthernetHeader.Destination(header);
        var source = EthernetHeader.Source(header);
        if (source.IsMulticast || source.Value == 0 || IsOwn(source))
        {
            return Verdict.Drop(DropReason.MacInvalidSource);
        }

        int vlan = VlanOf(in metadata, 0), from = metadata.Interface;
        stations.Learn(source, vlan, from, Now);
        if (destination.IsMulticast)
        {
            // IEEE 802.1D §7.12.6; a BPDU passes, as it does in Linux where no spanning tree is run
            var group = (int)(destination.Value - LinkLocal);
            if ((destination.Value & ~0xFUL) == LinkLocal && group != 0 && (group <= 2 || (groupForwardMask >> group & 1) == 0))
            {
                return group == PauseGroup ? Verdict.Drop(DropReason.MacControl) : Verdict.Continue;
            }

            return Flood(frame, ref metadata, from, isLocal && (metadata.Flags & FrameFlags.OtherVlan) == 0);
        }

        if (IsOwn(destination))
        {
            metadata.Interface = (byte)Own;
            return Verdict.Continue;
        }

        if (!stations.TryFind(destination, vlan, Since, out var port))
        {
            return Flood(frame, ref metadata, from, isLocal: false);
        }

        if (port == from || !interfaces[port].IsUp)
        {
            return Verdict.Drop(DropReason.NoTransmitTarget);
        }

        metadata.Interface = (byte)port;
        return Fits(in metadata, port) ? Verdict.Transmit : Verdict.Drop(DropReason.PacketTooBig);
    }

    /// <summary>A packet of this stack itself goes where its station is, whichever port the network layer speaks by.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public Verdict Transmit(Frame frame, ref FrameMetadata metadata, int ownVlan)
    {
        var destination = EthernetHeader.Destination(Arena.Data(ref metadata));
        if (!destination.IsMulticast && stations.TryFind(destination, VlanOf(in metadata, ownVlan), Since, out var known))
        {
            metadata.Interface = (byte)known;
            return Verdict.Continue;
        }

        var last = -1;
        foreach (var one in ports)
        {
            var port = one.Index;
            if (one.IsUp)
            {
                if (last >= 0 && TryCopy(frame, ref metadata, last, Holders.Stage, out var copy))
                {
                    ledger.Created += metadata.WirePackets;
                    HeldPackets += metadata.WirePackets;
                    copies.Enqueue(arena, copy);
                }

                last = port;
            }
        }

        if (last < 0)
        {
            return Verdict.Drop(DropReason.DeviceNotReady);
        }

        metadata.Interface = (byte)last;
        return Verdict.Continue;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public bool TryTake(out Frame packet)
    {
        if (!copies.TryDequeue(arena, out packet))
        {
            return false;
        }

        HeldPackets -= arena.Metadata(packet).WirePackets;
        arena.MoveChain(packet, Holders.Stage, Holders.Loop);
        return true;
    }

    /// <summary>
    /// Sends copies by every other port but the last, which gets the packet itself unless this stack keeps it: so what came in
    /// has one end, and the copies are packets that this stack created.
    /// </summary>
    private Verdict Flood(Frame frame, ref FrameMetadata metadata, int from, bool isLocal)
    {
        var last = -1;
        var tooBig = false;
        foreach (var one in ports)
        {
            var port = one.Index;
            if (port == from || !one.IsUp)
            {
                continue;
            }

            if (!Fits(in metadata, port))
            {
                tooBig = true;
                continue;
            }

            if (last >= 0)
            {
                SendCopy(frame, ref metadata, last);
            }

            last = port;
        }

        if (isLocal)
        {
            if (last >= 0)
            {
                SendCopy(frame, ref metadata, last);
            }

            metadata.Interface = (byte)Own;
            return Verdict.Continue;
        }

        if (last < 0)
        {
            return Verdict.Drop(tooBig ? DropReason.PacketTooBig : DropReason.NoTransmitTarget);
        }

        metadata.Interface = (byte)last;
        return Verdict.Transmit;
    }

    /// <summary>A copy goes by the outbox, and so before the segmenter, as the packet itself does.</summary>
    private void SendCopy(Frame frame, ref FrameMetadata metadata, int port)
    {
        if (!TryCopy(frame, ref metadata, port, Holders.Loop, out var copy))
        {
            return;
        }

        var outgoing = new Outgoing { Frame = copy, Interface = (byte)port, IsLinkFrame = true };
        if (!outbox.TryCommit(in outgoing))
        {
            ledger.Created += metadata.WirePackets;
            ledger.DropHeld(copy, new PacketDrop(DropReason.QueueFull, "Bridge", IsIngress: false, HasLinkHeader: true), metadata.WirePackets);
        }

        arena.ReleaseChain(copy, Holders.Loop);
    }

    /// <summary>Copies a packet with all that is known of it; one that finds no frames counts as made and dropped.</summary>
    private bool TryCopy(Frame frame, ref FrameMetadata original, int port, Holders holder, out Frame copy)
    {
        // the last quarter is for what the stack itself must send
        var isScarce = arena.Available(Share.Reserve) * 4 < arena.Quota(Share.Reserve);
        if (isScarce || !PacketBytes.TryCopyPacket(arena, frame, Share.Reserve, holder, out copy))
        {
            copy = Frame.None;
            ledger.Created += original.WirePackets;
            ledger.DropHeld(frame, new PacketDrop(DropReason.NoMemory, "Bridge", IsIngress: false, HasLinkHeader: true), original.WirePackets);
            return false;
        }

        arena.Metadata(copy).Interface = (byte)port;
        return true;
    }

    /// <summary>A packet of many segments passes as it is: it is cut behind here (is_skb_forwardable).</summary>
    private bool Fits(ref readonly FrameMetadata metadata, int port)
    {
        var isTagged = EthernetHeader.Type(Arena.Data(in metadata)) is EtherType.Vlan or EtherType.ServiceVlan;
        var most = interfaces[port].Mtu + EthernetHeader.Length + (isTagged ? VlanHeader.Length : 0);
        return metadata.GsoSize != 0 || metadata.TotalLength <= most;
    }

    /// <summary>The VLAN of a frame, whether its tag was moved out or not.</summary>
    private static int VlanOf(ref readonly FrameMetadata metadata, int untagged)
    {
        if ((metadata.Flags & FrameFlags.VlanTagged) != 0)
        {
            return VlanHeader.Id(metadata.VlanTci);
        }

        ReadOnlySpan<byte> frame = Arena.Data(in metadata);
        return EthernetHeader.Type(frame) is EtherType.Vlan or EtherType.ServiceVlan && frame.Length >= EthernetHeader.Length + VlanHeader.Length
            ? VlanHeader.Id(VlanHeader.Tci(frame.Slice(EthernetHeader.Length)))
            : untagged;
    }
}
