using System.Runtime.CompilerServices;
using Millrace.Memory;

namespace Millrace;

/// <summary>
/// The two packet ledgers of a stack, in packets of the wire (a merged packet counts its segments). At every poll boundary
/// <list type="bullet">
/// <item>ingress: received + steered in = delivered + consumed + forwarded + steered out + dropped + held</item>
/// <item>egress: created + forwarded = transmitted + dropped + held</item>
/// </list>
/// where "held" is what the holding stages say they keep. One worker writes it. Over all workers, what was steered out and has
/// not been steered in lies in the rings between them.
/// </summary>
public sealed class Ledger
{
    private DropCounts ingressDrops;
    private DropCounts egressDrops;

    /// <summary>Packets taken from a NIC, or from the loopback list.</summary>
    public long Received;

    /// <summary>Packets whose payload an application or a socket got.</summary>
    public long Delivered;

    /// <summary>Packets that a protocol used up.</summary>
    public long Consumed;

    /// <summary>Packets taken from other workers.</summary>
    public long SteeredIn;

    /// <summary>Packets given to other workers.</summary>
    public long SteeredOut;

    /// <summary>Packets turned round or forwarded.</summary>
    public long Forwarded;

    /// <summary>Packets that a stage of this stack made.</summary>
    public long Created;

    /// <summary>Packets handed to a NIC, or to the loopback list.</summary>
    public long Transmitted;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void DropIngress(DropReason reason, int wirePackets) => ingressDrops[(int)reason] += wirePackets;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void DropEgress(DropReason reason, int wirePackets) => egressDrops[(int)reason] += wirePackets;

    /// <summary>
    /// Who is told of packets that no verdict drops: those that stages held. A stage that wants to see them too puts itself, or
    /// an object of its own, here when it is made; what verdicts drop the loop tells it by <see cref="IDropObserver"/>.
    /// </summary>
    public IDropObserver? HeldDropObserver { get; set; }

    /// <summary>Counts a packet that a stage held and gives up; call it before the frames are released.</summary>
    /// <param name="wirePackets">Packets of the wire that it stands for.</param>
    public void DropHeld(Frame packet, in PacketDrop drop, int wirePackets)
    {
        if (drop.IsIngress)
        {
            DropIngress(drop.Reason, wirePackets);
        }
        else
        {
            DropEgress(drop.Reason, wirePackets);
        }

        HeldDropObserver?.Dropped(packet, in drop);
    }

    public long IngressDrops(DropReason reason) => ingressDrops[(int)reason];

    public long EgressDrops(DropReason reason) => egressDrops[(int)reason];

    public long Dropped(DropReason reason) => ingressDrops[(int)reason] + egressDrops[(int)reason];

    public long IngressDropped => Sum(ref ingressDrops);

    public long EgressDropped => Sum(ref egressDrops);

    /// <summary>What ingress must hold for its ledger to balance.</summary>
    public long IngressDue => Received + SteeredIn - Delivered - Consumed - Forwarded - SteeredOut - IngressDropped;

    /// <summary>What egress must hold for its ledger to balance.</summary>
    public long EgressDue => Created + Forwarded - Transmitted - EgressDropped;

    private static long Sum(ref DropCounts counts)
    {
        long sum = 0;
        foreach (var count in counts)
        {
            sum += count;
        }

        return sum;
    }

    [InlineArray(DropReasons.Count)]
    private struct DropCounts
    {
        private long first;
    }
}
