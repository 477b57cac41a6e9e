using System.Runtime.CompilerServices;
using Millrace.Headers;
using Millrace.Memory;
using Millrace.Nics;
using Millrace.Workers;

namespace Millrace.Ip;

/// <summary>
/// The door to IPv4. What nearly every packet needs is here and inlined; the rest is in <see cref="Ipv4Layer"/>. ARP and
/// ICMP end here, and other EtherTypes go on untouched.
/// </summary>
[Drops(
    DropReason.PacketTooSmall, DropReason.OtherHost, DropReason.HeaderTruncated, DropReason.IpInHeader, DropReason.IpChecksum, DropReason.IpInvalidSource,
    DropReason.IpInvalidDestination, DropReason.IpLocalSource, DropReason.IpOutNoRoutes, DropReason.IpInNoRoutes, DropReason.PacketTooBig, DropReason.ChecksumIncomplete,
    DropReason.FragmentReassemblyTimeout, DropReason.FragmentTooFar, DropReason.FragmentOverlap, DropReason.DuplicateFragment,
    DropReason.FragmentMemory, DropReason.IcmpChecksum, DropReason.IcmpInvalid, DropReason.ArpInvalid, DropReason.NeighbourFailed,
    DropReason.NeighbourQueueFull, DropReason.NeighbourTableFull, DropReason.DeviceNotReady, DropReason.NoMemory)]
[Needs(PacketFact.LinkHeaderParsed)]
[Ensures(PacketFact.NetworkHeaderParsed, PacketFact.Whole)]
public struct Ipv4Stage<TSettings, TVlan, THooks>
    : INetworkStage, IResumesIngress, IResumesEgress, IPollStart, ITimed, IStartStop, IInterfaceObserver, IWorkerNotices, IPrefetches, ITurnsBursts, IDisposable
    where TSettings : struct, IIpv4Settings
    where TVlan : struct, IVlanOffloadSettings
    where THooks : struct, INetfilterHooks
{
    private const int HeadersLength = EthernetHeader.Length + Ipv4Header.Length;

    private const int NoInterface = -1;

    private TSettings settings;
    private TVlan vlan;
    private THooks hooks;
    private Ipv4Layer layer;

    public Ipv4Stage(
        TSettings settings, TVlan vlan, Arena arena, Ledger ledger, Outbox outbox, TransportErrors errors, Entropy entropy,
        IReadOnlyList<NetworkInterface> interfaces, WorkerPort? workers = null, InterfaceAddresses? addresses = null,
        DeclaredRoutes? routes = null, THooks hooks = default)
    {
        this.settings = settings;
        this.vlan = vlan;
        this.hooks = hooks;
        layer = new Ipv4Layer(settings, arena, ledger, outbox, errors, entropy, interfaces, addresses, routes, hooks is NoHooks ? null : hooks);
        layer.Join(workers);
    }

    /// <summary>The network layer for transports.</summary>
    [Provides]
    public readonly NetworkLayer Layer => layer;

    /// <summary>The same for the control plane: addresses and routes.</summary>
    [Provides]
    public readonly Ipv4Layer Ipv4 => layer;

    /// <summary>Whether a frame can come in that is not of the VLAN this layer speaks in; a constant without [VlanOffload].</summary>
    private readonly bool HasOtherVlans
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => vlan.Id != 0 || vlan.Accept.Length != 0;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void Prefetch(ReadOnlySpan<Frame> burst)
    {
        if (ForwardsInLoop)
        {
            layer.Prefetch(burst);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly int TurnBurst(ReadOnlySpan<Frame> burst, Span<FrameMetadata> frames, Span<Frame> turned, int networkInterface)
    {
        if (!ForwardsInLoop)
        {
            return 0;
        }

        if (!hooks.HasPreRouting && !HasOtherVlans && layer.Forwarder is { } forwarder)
        {
            return forwarder.Forward(burst, frames, turned, networkInterface, layer.Now);
        }

        layer.Prefetch(burst);
        return 0;
    }

    /// <summary>Whether common packets for others are sent on here; a constant, unless forwarding is a run-time setting.</summary>
    private readonly bool ForwardsInLoop
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => settings.Forwarding && !hooks.HasForward && !hooks.HasPostRouting;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Verdict Receive(ref Packet packet)
    {
        if (HasOtherVlans && packet.EtherType is (EtherType.Ipv4 or EtherType.Arp)
            && (packet.Metadata.Flags & FrameFlags.OtherVlan) != 0)
        {
            return Verdict.Drop(DropReason.OtherHost);
        }

        if (packet.EtherType != EtherType.Ipv4)
        {
            return packet.EtherType == EtherType.Arp ? layer.ReceiveArp(packet.Offset, ref packet.Metadata) : Verdict.Continue;
        }

        ReadOnlySpan<byte> header = packet.Data;
        bool isOrdinary;
        if (hooks.HasPreRouting)
        {
            isOrdinary = Ipv4Layer.HasOrdinaryHeader(header) && TryTrim(ref packet, Ipv4Header.TotalLength(header));
            var seen = isOrdinary ? Verdict.Continue : layer.CheckUncommon(packet.Frame, packet.Offset, ref packet.Metadata);
            if (seen.IsContinue)
            {
                seen = hooks.PreRouting(new HookPacket(packet.Frame, ref packet.Metadata, packet.Metadata.Interface, NoInterface));
            }

            if (!seen.IsContinue)
            {
                return HookVerdict.Settle(seen);
            }

            isOrdinary = isOrdinary && layer.IsForOrdinaryDelivery(header, packet.Metadata.Interface);
            if (!isOrdinary && ForwardsInLoop && layer.Forwarder is { } behindHook && behindHook.TryForward(ref packet, layer.Now))
            {
                return Verdict.Transmit;
            }
        }
        else
        {
            if (ForwardsInLoop && layer.Forwarder is { } forwarder && forwarder.TryForward(ref packet, layer.Now))
            {
                return Verdict.Transmit;
            }

            isOrdinary = layer.IsOrdinary(header, packet.Metadata.Interface) && TryTrim(ref packet, Ipv4Header.TotalLength(header));
        }

        if (isOrdinary)
        {
            packet.Protocol = Ipv4Header.Protocol(header);
            packet.Pull(Ipv4Header.Length);
            packet.Metadata.TransportOffset = (ushort)packet.Offset;
        }
        else
        {
            var verdict = hooks.HasPreRouting
                ? layer.RouteUncommon(packet.Frame, packet.Metadata.NetworkOffset, ref packet.Metadata)
                : layer.ReceiveUncommon(packet.Frame, packet.Offset, ref packet.Metadata);
            if (!verdict.IsContinue)
            {
                return verdict;
            }

            packet = new Packet(packet.Frame, ref packet.Metadata, packet.Metadata.TransportOffset)
            {
                EtherType = EtherType.Ipv4,
                Protocol = Ipv4Header.Protocol(header),
            };
        }

        if (hooks.HasLocalIn)
        {
            var seen = hooks.LocalIn(new HookPacket(packet.Frame, ref packet.Metadata, packet.Metadata.Interface, NoInterface));
            if (!seen.IsContinue)
            {
                return HookVerdict.Settle(seen);
            }
        }

        return packet.Protocol == IpProtocol.Icmp
            ? layer.ReceiveIcmp(packet.Frame, packet.Offset, ref packet.Metadata)
            : Verdict.Continue;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Verdict Transmit(ref Packet packet, in Outgoing destination)
    {
        if (destination.IsLinkFrame)
        {
            packet.Metadata.Interface = destination.Interface;
            return Verdict.Continue;
        }

        ref var hop = ref layer.HopOf(destination.Destination.Ipv4);
        if (layer.IsReady(in hop, in destination)
            && Ipv4Layer.Fits(packet.Data, packet.TotalLength, packet.Metadata.GsoSize, destination.Protocol, hop.Mtu))
        {
            WriteHeaders(ref packet, in destination, ref hop);
            return hooks.HasLocalOut || hooks.HasPostRouting ? RunLocalOutHooks(ref packet) : Verdict.Continue;
        }

        var verdict = layer.TransmitUncommon(packet.Frame, ref packet.Metadata, in destination);
        if (verdict.IsContinue)
        {
            packet = new Packet(packet.Frame, ref packet.Metadata);
        }

        return verdict;
    }

    public readonly long HeldIngress => layer.HeldIngress;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryResumeIngress(out ResumedPacket packet)
    {
        if (layer.HasResumable)
        {
            return layer.TryResumeIngress(out packet);
        }

        packet = default;
        return false;
    }

    public readonly long HeldEgress => layer.HeldEgress;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryResumeEgress(out Frame packet)
    {
        if (layer.HasReadyEgress)
        {
            return layer.TryResumeEgress(out packet);
        }

        packet = Frame.None;
        return false;
    }

    public void PollStart(long now) => layer.Now = now;

    public readonly long NextDeadline => layer.NextDeadline;

    public void Advance(long now) => layer.Advance(now);

    public void Start(long now) => layer.Start(now);

    public void Stop()
    {
    }

    public void Dispose() => layer.Dispose();

    public void InterfaceChanged(NetworkInterface networkInterface, long now) => layer.InterfaceChanged(networkInterface, now);

    public void Noticed(in WorkerNotice notice, long now) => layer.Noticed(in notice, now);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Verdict RunLocalOutHooks(ref Packet packet)
    {
        var verdict = Verdict.Continue;
        if (hooks.HasLocalOut)
        {
            verdict = hooks.LocalOut(new HookPacket(packet.Frame, ref packet.Metadata, NoInterface, packet.Metadata.Interface));
        }

        if (hooks.HasPostRouting && verdict.IsContinue)
        {
            verdict = hooks.PostRouting(new HookPacket(packet.Frame, ref packet.Metadata, NoInterface, packet.Metadata.Interface));
        }

        return verdict.IsContinue ? verdict : HookVerdict.Settle(verdict);
    }

    /// <summary>Cuts link-layer padding off; a packet that is too short, or a chain with padding, is not ordinary.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TryTrim(ref Packet packet, int totalLength)
    {
        if (packet.TotalLength == totalLength)
        {
            return true;
        }

        if (packet.TotalLength < totalLength || packet.TotalLength != packet.Length)
        {
            return false;
        }

        packet.Trim(totalLength);
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void WriteHeaders(ref Packet packet, in Outgoing destination, ref Hop hop)
    {
        ref var metadata = ref packet.Metadata;
        ref var neighbour = ref layer.NeighbourOf(in hop);
        neighbour.UsedAt = layer.Now;
        var hasDontFragment = destination.DontFragment & !hop.IsMtuLocked;
        var identification = hasDontFragment ? (ushort)0 : layer.NextIdentification(in hop, metadata.WirePackets);
        if (hasDontFragment & metadata.GsoSize != 0)
        {
            metadata.Flags |= FrameFlags.FixedIpId;
        }

        metadata.TransportOffset = metadata.DataOffset;
        var headers = packet.Push(HeadersLength);
        metadata.NetworkOffset = (ushort)(metadata.DataOffset + EthernetHeader.Length);
        metadata.Interface = hop.Interface;
        EthernetHeader.Write(headers, neighbour.LinkAddress, layer.LinkAddressOf(in hop), EtherType.Ipv4);
        Ipv4Header.Write(
            headers.Slice(EthernetHeader.Length, Ipv4Header.Length),
            destination.TrafficClass,
            metadata.TotalLength - EthernetHeader.Length,
            identification,
            hasDontFragment ? Ipv4Header.DontFragment : (ushort)0,
            destination.Ttl != 0 ? destination.Ttl : (byte)settings.DefaultTtl,
            destination.Protocol,
            destination.Source.IsUnspecified ? hop.Source : destination.Source.Ipv4,
            hop.Destination);
    }
}
