using System.Runtime.CompilerServices;
using Millrace.Headers;
using Millrace.Memory;
using Millrace.Workers;

namespace Millrace.Ingress;

/// <summary>Chooses the worker for a packet, such that none of its flow is overtaken, and gives it to that worker.</summary>
internal sealed class PacketSteering
{
    private readonly WorkerPort port;
    private readonly Arena arena;
    private readonly FlowTargets targets;
    private readonly FlowLimit? limit;

    public PacketSteering(WorkerPort port, Arena arena, int flowEntries, FlowLimit? limit)
    {
        this.port = port;
        this.arena = arena;
        this.limit = limit;
        targets = new FlowTargets(port, flowEntries);
        port.WatchBacklogs();
    }

    public long Steered { get; private set; }

    public long FlowLimited { get; private set; }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public Verdict Receive(Frame frame, int offset, EtherType etherType, int backlog, bool followsOwners, ref FrameMetadata metadata)
    {
        var hash = metadata.Hash;
        if (hash == 0)
        {
            hash = metadata.Hash = port.Hash.OfPacket(arena, frame);
            if (hash == 0)
            {
                return Verdict.Continue;
            }
        }

        ref var last = ref targets.LastOf(hash);
        var target = targets.IsFinished(last) ? WantedFor(hash, followsOwners) : FlowTargets.WorkerOf(last);
        if (target == port.Worker)
        {
            return Verdict.Continue;
        }

        var waiting = port.WaitingAt(target, CrossingKind.Backlog);
        if (waiting > backlog || (limit is not null && waiting >= backlog / 2 && IsOver(hash))
            || !port.TrySteer(target, CrossingKind.Backlog, frame, offset, etherType, default, out var position))
        {
            return Verdict.Drop(DropReason.CpuBacklog);
        }

        FlowTargets.Note(ref last, target, position);
        Steered++;
        return Verdict.Held;
    }

    /// <summary>The worker this flow should go to now; this one if the set is empty, or the other is not there.</summary>
    private int WantedFor(uint hash, bool followsOwners)
    {
        var target = followsOwners ? port.Group.Owners.OwnerOf(hash) : -1;
        if (target < 0)
        {
            target = port.Group.Rps.WorkerOf(port.Worker, hash);
        }

        return target >= 0 && port.Group[target] is { IsClosed: false } ? target : port.Worker;
    }

    private bool IsOver(uint hash)
    {
        if (!limit!.IsOver(hash))
        {
            return false;
        }

        FlowLimited++;
        return true;
    }
}
