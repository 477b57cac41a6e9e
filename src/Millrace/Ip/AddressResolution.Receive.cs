using Millrace.Headers;
using Millrace.Workers;

namespace Millrace.Ip;

/// <summary>What ARP packets from the wire do (arp_process, neigh_update).</summary>
internal sealed partial class AddressResolution
{
    // a link address that was written less than this ago is not overwritten by another (net.ipv4.neigh.default.locktime)
    private const long LockTime = Durations.Second;

    // DEFEND_INTERVAL of RFC 5227 §1.1
    private const long DefendInterval = 10 * Durations.Second;

    /// <summary>Packets of others that carry an own address as their sender's.</summary>
    public long AddressConflicts { get; private set; }

    /// <param name="data">The packet from the ARP header on.</param>
    /// <param name="isToThisHost">Whether the frame was addressed to the interface and nobody else.</param>
    public Verdict Receive(byte networkInterface, ReadOnlySpan<byte> data, bool isToThisHost, long now)
    {
        if (data.Length < ArpHeader.Length)
        {
            return Verdict.Drop(DropReason.PacketTooSmall);
        }

        var link = links[networkInterface];
        var opcode = ArpHeader.Opcode(data);
        var hardware = ArpHeader.SenderHardware(data);
        var source = ArpHeader.SenderProtocol(data);
        var target = ArpHeader.TargetProtocol(data);
        if (!ArpHeader.IsIpv4OverEthernet(data) || opcode is not (ArpOpcode.Request or ArpOpcode.Reply)
            || hardware.IsMulticast || hardware.Value == 0
            || Ipv4Kind.IsMulticast(target) || Ipv4Kind.IsLoopback(target)
            || Ipv4Kind.IsMulticast(source) || Ipv4Kind.IsLoopback(source) || source == Ipv4Kind.LimitedBroadcast)
        {
            return Verdict.Drop(DropReason.ArpInvalid);
        }

        if (links.Own(hardware))
        {
            // the own packet, come back by a loop in the network
            return Verdict.Drop(DropReason.ArpInvalid);
        }

        if (links.Own(source))
        {
            Defend(link, source, now);
            return Verdict.Consumed;
        }

        // arp_ignore 0: whichever interface the address is of
        if (opcode == ArpOpcode.Request && links.Own(target))
        {
            if (source != 0 && link.Address.Covers(source))
            {
                var asking = FindOrAdd(networkInterface, source, now);
                if (asking >= 0)
                {
                    Update(ref Table[asking], hardware, isConfirmation: false, mayOverride: true, now);
                }

                Tell(networkInterface, source, target, hardware, isConfirmation: false);
            }

            // a probe of RFC 5227 §2.1.1 has no sender address, and must learn that this one is taken
            sender.SendReply(link, target, hardware, source);
            return Verdict.Consumed;
        }

        var isConfirmation = opcode == ArpOpcode.Reply && isToThisHost;
        Learn(networkInterface, source, target, hardware, isConfirmation, now);
        Tell(networkInterface, source, target, hardware, isConfirmation);
        return Verdict.Consumed;
    }

    /// <summary>The other workers, to whom the packet did not come; null where there are none.</summary>
    public WorkerPort? Workers { get; set; }

    /// <summary>Learns from an ARP packet that came to another worker.</summary>
    public void Noticed(in WorkerNotice notice, long now) =>
        Learn(notice.Interface, notice.Address.Ipv4, notice.Other.Ipv4, notice.Link, notice.Flag, now);

    private void Tell(byte networkInterface, uint source, uint target, MacAddress hardware, bool isConfirmation) =>
        Workers?.Tell(new WorkerNotice(
            WorkerNoticeKind.Neighbour, networkInterface, InetAddress.FromIpv4(source), InetAddress.FromIpv4(target), hardware, Flag: isConfirmation));

    /// <summary>A packet that answers nothing we were asked: it may correct a neighbour that is known, and adds none.</summary>
    private void Learn(byte networkInterface, uint source, uint target, MacAddress hardware, bool isConfirmation, long now)
    {
        var index = source == 0 ? -1 : Table.Find(networkInterface, source);
        if (index >= 0)
        {
            ref var neighbour = ref Table[index];
            var isGratuitous = source == target;
            Update(ref neighbour, hardware, isConfirmation, isGratuitous || now - neighbour.UpdatedAt > LockTime, now);
        }
    }

    private void Update(ref Neighbour neighbour, MacAddress hardware, bool isConfirmation, bool mayOverride, long now)
    {
        if (neighbour.State == NeighbourState.NoArp)
        {
            return;
        }

        var wasValid = neighbour.State is NeighbourState.Reachable or NeighbourState.Stale or NeighbourState.Delay or NeighbourState.Probe;
        var isNew = neighbour.LinkAddress != hardware;
        if (wasValid && isNew && !mayOverride)
        {
            return;
        }

        neighbour.LinkAddress = hardware;
        neighbour.UpdatedAt = now;
        if (isConfirmation)
        {
            Confirm(ref neighbour, now);
        }
        else if (!wasValid || isNew)
        {
            neighbour.State = NeighbourState.Stale;
            SetReady(ref neighbour, false);
            neighbour.DueAt = long.MaxValue;
        }

        if (!wasValid && !neighbour.Queue.IsEmpty)
        {
            if (neighbour.State == NeighbourState.Stale)
            {
                StartDelay(ref neighbour, now);
            }

            SendQueue(ref neighbour);
        }
    }

    /// <summary>Says once in a while to whom an address belongs (RFC 5227 §2.4 (b)), on the link that the address is of.</summary>
    private void Defend(Ipv4Link link, uint address, long now)
    {
        AddressConflicts++;
        if (link.Own == address && now - defendedAt[link.Index] >= DefendInterval)
        {
            defendedAt[link.Index] = now;
            sender.Announce(link);
        }
    }
}
