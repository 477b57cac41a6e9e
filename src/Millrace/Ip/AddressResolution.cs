using Millrace.Headers;
using Millrace.Memory;

namespace Millrace.Ip;

/// <summary>
/// Finds link addresses for packets (RFC 826) and keeps them true with Linux's neighbour states (net/core/neighbour.c,
/// net/ipv4/arp.c). Packets wait here while their neighbour is asked for.
/// </summary>
internal sealed partial class AddressResolution
{
    // gc_thresh's grace: an entry that was written less than this ago is not pushed out (neigh_forced_gc)
    private const long EvictionGrace = 5 * Durations.Second;

    private readonly Arena arena;
    private readonly Ledger ledger;
    private readonly Entropy entropy;
    private readonly IIpv4Settings settings;
    private readonly Ipv4Link[] links;
    private readonly ArpSender sender;
    private readonly EgressReady ready;
    private readonly SentPacketErrors errors;
    private readonly IcmpSender icmp;
    private readonly HopCache hops;
    private readonly long[] defendedAt;

    public AddressResolution(
        Arena arena, Ledger ledger, Entropy entropy, IIpv4Settings settings, Ipv4Link[] links,
        ArpSender sender, EgressReady ready, SentPacketErrors errors, IcmpSender icmp, HopCache hops)
    {
        this.arena = arena;
        this.ledger = ledger;
        this.entropy = entropy;
        this.settings = settings;
        this.links = links;
        this.sender = sender;
        this.ready = ready;
        this.errors = errors;
        this.icmp = icmp;
        this.hops = hops;
        defendedAt = new long[links.Length];
        Array.Fill(defendedAt, long.MinValue / 2);
        Table = new NeighbourTable(settings.Neighbours, entropy);
    }

    public NeighbourTable Table { get; }

    /// <summary>Who sends to neighbours without asking here, and so must be told of them; null if nobody does.</summary>
    public Ipv4Forwarder? Forwarder { get; set; }

    /// <summary>Packets of the wire that wait for a link address.</summary>
    public long HeldPackets { get; private set; }

    /// <summary>When a neighbour's state changes by itself; never later than it does.</summary>
    public long NextDeadline { get; private set; } = long.MaxValue;

    /// <summary>The neighbour's place; it is added if it is new, and an old one pushed out for it if need be.</summary>
    /// <returns>-1 if there is no room.</returns>
    public int FindOrAdd(byte networkInterface, uint address, long now)
    {
        // of a link without resolution one entry serves for all (net/ipv4/arp.c, ipv4_neigh_lookup: the key is INADDR_ANY)
        var everybody = links[networkInterface].NetworkInterface.Nic.Neighbour;
        address = everybody is null ? address : 0;
        var index = Table.Find(networkInterface, address);
        if (index >= 0)
        {
            return index;
        }

        if (Table.Count == Table.Capacity)
        {
            NoteUse();
            var victim = Table.FindVictim(now, EvictionGrace);
            if (victim < 0)
            {
                return -1;
            }

            Remove(victim);
            hops.Invalidate();
        }

        index = Table.Add(networkInterface, address);
        ref var neighbour = ref Table[index];
        neighbour.UpdatedAt = now;
        if (everybody is not null)
        {
            neighbour.State = NeighbourState.NoArp;
            neighbour.LinkAddress = everybody.Value;
            neighbour.IsReady = true;
        }

        Forwarder?.NeighbourAdded(index);
        return index;
    }

    /// <summary>
    /// Writes the link header before a packet that has its network header, or lets the packet wait for the address
    /// (neigh_resolve_output).
    /// </summary>
    /// <param name="packet">A packet held by the loop.</param>
    public Verdict Resolve(int index, Frame packet, long now)
    {
        ref var neighbour = ref Table[index];
        neighbour.UsedAt = now;
        switch (neighbour.State)
        {
            case NeighbourState.None or NeighbourState.Failed:
                neighbour.State = NeighbourState.Incomplete;
                neighbour.ProbeCount = 0;
                neighbour.UpdatedAt = now;
                var verdict = Wait(ref neighbour, packet);
                Probe(ref neighbour, now);
                return verdict;
            case NeighbourState.Incomplete:
                return Wait(ref neighbour, packet);
            case NeighbourState.Stale:
                StartDelay(ref neighbour, now);
                break;
        }

        PushLinkHeader(packet, in neighbour);
        return Verdict.Continue;
    }

    /// <summary>Whether a packet for the neighbour would have to wait for its address.</summary>
    public bool HasToWait(int index) => Table[index].State is NeighbourState.None or NeighbourState.Incomplete or NeighbourState.Failed;

    /// <summary>
    /// Forgets the neighbours of an interface that went down, and what waits for them (neigh_ifdown). Nobody is told: it was not the neighbour who
    /// did not answer, and an open goes on with its next SYN.
    /// </summary>
    public void Flush(byte networkInterface)
    {
        for (var i = 0; i < Table.Capacity; i++)
        {
            if (Table[i].IsUsed && Table[i].Interface == networkInterface)
            {
                DropQueue(ref Table[i]);
                Remove(i);
            }
        }

        hops.Invalidate();
    }

    private void Remove(int index)
    {
        Forwarder?.NeighbourRemoved(ref Table[index]);
        Table.Remove(index);
    }

    /// <summary>What the loop sent by itself is use of a neighbour too.</summary>
    private void NoteUse()
    {
        for (var i = 0; Forwarder is not null && i < Table.Capacity; i++)
        {
            NoteUse(ref Table[i]);
        }
    }

    private void NoteUse(ref Neighbour neighbour) => neighbour.UsedAt = Math.Max(neighbour.UsedAt, Forwarder?.UsedAt(in neighbour) ?? 0);

    /// <summary>Writes the Ethernet header before a packet's network header.</summary>
    public void PushLinkHeader(Frame packet, byte networkInterface, MacAddress destination)
    {
        ref var metadata = ref arena.Metadata(packet);
        metadata.DataOffset -= EthernetHeader.Length;
        metadata.DataLength += EthernetHeader.Length;
        metadata.TotalLength += EthernetHeader.Length;
        metadata.Interface = networkInterface;
        EthernetHeader.Write(Arena.Data(ref metadata), destination, links[networkInterface].NetworkInterface.Address, EtherType.Ipv4);
    }

    private void PushLinkHeader(Frame packet, in Neighbour neighbour) => PushLinkHeader(packet, neighbour.Interface, neighbour.LinkAddress);

    /// <summary>Queues a packet; the oldest make room (__neigh_event_send), and none may drain the reserve of all others.</summary>
    private Verdict Wait(ref Neighbour neighbour, Frame packet)
    {
        var truesize = PacketBytes.Truesize(arena, packet);
        while (!neighbour.Queue.IsEmpty
            && (neighbour.QueueLength + truesize > settings.NeighbourQueueBytes || IsReserveLow))
        {
            Drop(Dequeue(ref neighbour), DropReason.NeighbourQueueFull);
        }

        if (truesize > settings.NeighbourQueueBytes || IsReserveLow)
        {
            return Verdict.Drop(DropReason.NeighbourQueueFull);
        }

        arena.MoveChain(packet, Holders.Loop, Holders.Neighbour);
        neighbour.Queue.Enqueue(arena, packet);
        neighbour.QueueLength += truesize;
        HeldPackets += arena.Metadata(packet).WirePackets;
        return Verdict.Held;
    }

    /// <summary>Less than a quarter of the reserve is left: ARP itself must be able to send.</summary>
    private bool IsReserveLow => arena.Available(Share.Reserve) * 4 < arena.Quota(Share.Reserve);

    private Frame Dequeue(ref Neighbour neighbour)
    {
        neighbour.Queue.TryDequeue(arena, out var packet);
        neighbour.QueueLength -= PacketBytes.Truesize(arena, packet);
        HeldPackets -= arena.Metadata(packet).WirePackets;
        return packet;
    }

    private void DropQueue(ref Neighbour neighbour)
    {
        while (!neighbour.Queue.IsEmpty)
        {
            Drop(Dequeue(ref neighbour), DropReason.NeighbourFailed);
        }
    }

    /// <summary>The same for a neighbour who has not answered (neigh_invalidate).</summary>
    private void RefuseQueue(ref Neighbour neighbour, long now)
    {
        while (!neighbour.Queue.IsEmpty)
        {
            var packet = Dequeue(ref neighbour);
            ReportUnreachable(packet, now);
            Drop(packet, DropReason.NeighbourFailed);
        }
    }

    /// <summary>Tells the transport of an own packet, or the sender of one that was being forwarded (arp_error_report).</summary>
    private void ReportUnreachable(Frame packet, long now)
    {
        ref var metadata = ref arena.Metadata(packet);
        var source = Ipv4Header.Source(Arena.Slot(ref metadata).Slice(metadata.NetworkOffset));
        if (links.Own(source))
        {
            errors.Report(TransportErrorKind.HostUnreachable, packet, mtu: 0);
        }
        else
        {
            icmp.SendError(packet, IcmpType.DestinationUnreachable, IcmpUnreachable.Host, now);
        }
    }

    private void Drop(Frame packet, DropReason reason)
    {
        ledger.DropHeld(packet, new PacketDrop(reason, "Ipv4", IsIngress: false, HasLinkHeader: false), arena.Metadata(packet).WirePackets);
        arena.EndTransmit(packet, Holders.Neighbour);
    }

    private void SendQueue(ref Neighbour neighbour)
    {
        while (!neighbour.Queue.IsEmpty)
        {
            var packet = Dequeue(ref neighbour);
            PushLinkHeader(packet, in neighbour);
            ready.Add(packet);
        }
    }
}
