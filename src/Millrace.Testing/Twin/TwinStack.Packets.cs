using Millrace.CompilerServices;
using Millrace.Memory;

namespace Millrace.Testing.Twin;

// Packets, one after another through the list.
public abstract partial class TwinStack
{
    private const int TapPlace = 600;
    private const int MaximumRounds = 8;

    private void ReceivePackets(int count, long now)
    {
        var index = 0;
        var flushed = false;
        while (true)
        {
            if (TryResumeIngress(now))
            {
                continue;
            }

            if (index < count)
            {
                var frame = (nic?.Received ?? nics!.Received)[index++];
                if (nics is not null)
                {
                    Arena.Metadata(frame).Interface = (byte)nics.ReceivedBy;
                }

                Ledger.Received += Arena.Metadata(frame).WirePackets;
                Receive(new Packet(frame, ref Arena.Metadata(frame)), 0, now);
            }
            else if (!flushed && stages.Exists(stage => stage.FlushesIngress))
            {
                flushed = true;
                foreach (var stage in stages.Where(stage => stage.FlushesIngress))
                {
                    stage.PollEnd!.PollEnd(now);
                }
            }
            else
            {
                return;
            }
        }
    }

    private bool TryResumeIngress(long now)
    {
        for (var i = stages.Count - 1; i >= 0; i--)
        {
            if (stages[i].IsIngress && stages[i].ResumesIngress is { } stage && stage.TryResumeIngress(out var resumed))
            {
                var packet = new Packet(resumed.Frame, ref Arena.Metadata(resumed.Frame), resumed.Offset)
                {
                    EtherType = resumed.EtherType,
                    Protocol = resumed.Protocol,
                };
                Receive(packet, i + 1, now);
                return true;
            }
        }

        return false;
    }

    private void Receive(Packet packet, int from, long now)
    {
        var wirePackets = packet.Metadata.WirePackets;
        var verdict = Verdict.Continue;
        var dropper = "loop";
        var rounds = 0;
        for (var i = from; i < stages.Count && verdict.IsContinue; i++)
        {
            if (stages[i].Receives(in packet.Metadata))
            {
                stages[i].Counters.Received++;
                if (stages[i].RxHandler is { } handler)
                {
                    var handled = handler.Handle(ref packet);
                    if (handled.Kind == RxHandlerResultKind.Another && ++rounds <= MaximumRounds)
                    {
                        i = stages.FindLastIndex(stage => stage.Place is > 0 and < TapPlace);
                        continue;
                    }

                    verdict = Settled(in handled, ref packet.Metadata);
                }
                else
                {
                    verdict = stages[i].Ingress!.Receive(ref packet);
                }

                dropper = verdict.IsContinue ? dropper : stages[i].Name;
            }
        }

        if (verdict.IsContinue)
        {
            verdict = Unclaimed(packet.Frame, now);
        }

        switch (verdict.Kind)
        {
            case VerdictKind.Drop:
                Ledger.DropIngress(verdict.Reason, wirePackets);
                ShowDrop(packet.Frame, new PacketDrop(verdict.Reason, dropper, IsIngress: true, HasLinkHeader: true));
                break;
            case VerdictKind.Deliver or VerdictKind.Queued:
                Ledger.Delivered += wirePackets;
                break;
            case VerdictKind.Consumed:
                Ledger.Consumed += wirePackets;
                break;
            case VerdictKind.Transmit:
                Ledger.Forwarded += wirePackets;
                forwarded.Enqueue(Arena, packet.Frame);
                break;
        }

        if (verdict.Kind is VerdictKind.Drop or VerdictKind.Deliver or VerdictKind.Consumed)
        {
            Arena.ReleaseChain(packet.Frame, Holders.Loop);
        }
    }

    private static Verdict Settled(in RxHandlerResult handled, ref FrameMetadata metadata)
    {
        switch (handled.Kind)
        {
            case RxHandlerResultKind.Consumed:
                return handled.Verdict;
            case RxHandlerResultKind.Another:
                return Verdict.Drop(DropReason.RecursionLimit);
            case RxHandlerResultKind.Exact:
                metadata.Flags |= FrameFlags.ExactMatch;
                return Verdict.Continue;
            default:
                return Verdict.Continue;
        }
    }

    private void ShowDrop(Frame packet, PacketDrop drop)
    {
        foreach (var stage in stages.Where(stage => stage.Stage is IDropObserver && stage.Sees(in Arena.Metadata(packet))))
        {
            ((IDropObserver)stage.Stage).Dropped(packet, in drop);
        }
    }

    private Verdict Unclaimed(Frame frame, long now)
    {
        if (!stages.Exists(stage => stage.Network is not null) || Arena.Metadata(frame).TransportOffset == 0)
        {
            return Verdict.Drop(DropReason.UnhandledProtocol);
        }

        RejectProtocol(frame, now);
        return Verdict.Drop(DropReason.IpNoProtocol);
    }

    /// <summary>Lets the network layer say that no transport knows the protocol, if the stack has one that can.</summary>
    protected abstract void RejectProtocol(Frame frame, long now);

    private void Send(long now)
    {
        bool more;
        long created;
        do
        {
            created = Ledger.Created - Outbox.Count;
            more = false;
            foreach (var stage in All<IOriginates>())
            {
                more |= stage.FillOutbox(now);
            }

            TransmitPackets(now);
        }
        while (more && Ledger.Created != created && (nics is null ? Outbox.Count == 0 : !nics.IsFull));

        nic?.DropSurplus(ref forwarded);
    }

    private void TransmitPackets(long now)
    {
        var order = EgressOrder();
        var network = order.FindIndex(stage => stage.Network is not null);
        nics?.BeginTransmit();
        while (nic is null || HasRoom(nic, now))
        {
            if (!TryNext(order, network, now, out var outgoing, out var from))
            {
                break;
            }

            Transmit(order, from, in outgoing, now);
        }

        nic?.Flush(nic.Pending, now);
        nics?.Flush(now);
    }

    /// <summary>The one NIC holds packets back by not letting the loop go on.</summary>
    private bool HasRoom(InterfaceQueue nic, long now)
    {
        var isUp = interfaces[0].IsUp;
        return nic.Pending < nic.Room(isUp) || nic.Flush(nic.Pending, now) < nic.Room(isUp);
    }

    /// <summary>The next packet, and the place in the order where it goes on.</summary>
    private bool TryNext(List<TwinStage> order, int network, long now, out Outgoing outgoing, out int from)
    {
        outgoing = new Outgoing { IsLinkFrame = true };
        for (from = order.Count; from > 0; from--)
        {
            if (order[from - 1].ResumesEgress?.TryResumeEgress(out outgoing.Frame) == true)
            {
                return true;
            }
        }

        while (forwarded.TryDequeue(Arena, out outgoing.Frame))
        {
            ref var metadata = ref Arena.Metadata(outgoing.Frame);
            if (nics?.HasRoom(metadata.Interface, now) != false)
            {
                from = network + 1;
                return true;
            }

            Settle(outgoing.Frame, Verdict.Drop(DropReason.FullRing), metadata.WirePackets);
        }

        if (!Outbox.TryTake(out outgoing))
        {
            return false;
        }

        if (outgoing.IsLinkFrame)
        {
            Arena.Metadata(outgoing.Frame).Interface = outgoing.Interface;
            from = network + 1;
        }

        return true;
    }

    private void Transmit(List<TwinStage> order, int from, in Outgoing outgoing, long now)
    {
        var packet = new Packet(outgoing.Frame, ref Arena.Metadata(outgoing.Frame));
        var wirePackets = packet.Metadata.WirePackets;
        var isRouted = outgoing.IsLinkFrame || order.Exists(stage => stage.Network is not null);
        var verdict = isRouted ? Verdict.Continue : Verdict.Drop(DropReason.IpOutNoRoutes);
        var (dropper, isLinked) = ("loop", isRouted);
        for (var i = from; i < order.Count && verdict.IsContinue; i++)
        {
            if (order[i].Sees(in packet.Metadata))
            {
                order[i].Counters.Transmitted++;
                verdict = order[i].Network is { } network ? network.Transmit(ref packet, in outgoing) : order[i].Egress!.Transmit(ref packet);
                (dropper, isLinked) = verdict.IsContinue ? (dropper, isLinked) : (order[i].Name, i > order.FindIndex(stage => stage.Network is not null));
            }
        }

        Settle(packet.Frame, verdict.IsContinue ? Enqueue(packet.Frame, packet.Metadata.Interface, now) : verdict, wirePackets, dropper, isLinked);
    }

    /// <summary>Puts a packet before its NIC.</summary>
    private Verdict Enqueue(Frame packet, int networkInterface, long now)
    {
        if (nics is not null)
        {
            if (!nics.IsUp(networkInterface))
            {
                return Verdict.Drop(DropReason.DeviceNotReady);
            }

            if (!nics.TryEnqueue(packet, Arena.Metadata(packet).WirePackets, networkInterface, now))
            {
                return Verdict.Drop(DropReason.FullRing);
            }

            Observe(packet);
            return Verdict.Held;
        }

        if (!interfaces[0].IsUp)
        {
            return Verdict.Drop(DropReason.DeviceNotReady);
        }

        Observe(packet);
        Arena.MoveChain(packet, Holders.Loop, Holders.TransmitRing);
        nic!.Batch[nic.Pending++] = packet;
        nic.HeldPackets += Arena.Metadata(packet).WirePackets;
        return Verdict.Held;
    }

    private void Observe(Frame packet)
    {
        foreach (var stage in stages.Where(stage => stage.TransmitObserver is not null && stage.Sees(in Arena.Metadata(packet))))
        {
            stage.Counters.Transmitted++;
            stage.TransmitObserver!.Transmitting(packet);
        }
    }

    private void Settle(Frame packet, Verdict verdict, int wirePackets, string dropper = "loop", bool isLinked = true)
    {
        switch (verdict.Kind)
        {
            case VerdictKind.Drop:
                Ledger.DropEgress(verdict.Reason, wirePackets);
                ShowDrop(packet, new PacketDrop(verdict.Reason, dropper, IsIngress: false, isLinked));
                break;
            case VerdictKind.Consumed:
                Ledger.Transmitted += wirePackets;
                break;
            default:
                return;
        }

        Each<ITransmitCompletions>(stage => stage.Transmitted(packet));
        Arena.ReleaseChain(packet, Holders.Loop);
    }

    /// <summary>Two-way stages behind the network stage in reverse, the network stage, one-way stages, the other two-way stages in reverse.</summary>
    private List<TwinStage> EgressOrder()
    {
        var network = stages.FindIndex(stage => stage.Network is not null);
        var twoWay = stages.Where(stage => stage is { IsIngress: true, Egress: not null, Network: null }).Reverse().ToList();
        var order = twoWay.Where(stage => network >= 0 && stages.IndexOf(stage) > network).ToList();
        order.AddRange(stages.Where(stage => stage.Network is not null).Take(1));
        order.AddRange(stages.Where(stage => stage is { IsIngress: false, Egress: not null }));
        order.AddRange(twoWay.Where(stage => network < 0 || stages.IndexOf(stage) < network));
        return order;
    }
}
