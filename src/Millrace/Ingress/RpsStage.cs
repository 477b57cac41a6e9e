using System.Runtime.CompilerServices;
using Millrace.Memory;
using Millrace.Workers;

namespace Millrace.Ingress;

/// <summary>
/// Receive packet steering (get_rps_cpu and enqueue_to_backlog of net/core/dev.c): packets of a flow go to one worker, by ring,
/// and go on there behind this stage.
/// </summary>
[Needs(PacketFact.LinkHeaderParsed)]
[Drops(DropReason.CpuBacklog, DropReason.NoMemory)]
public struct RpsStage<TSettings> : IIngressStage, IResumesIngress
    where TSettings : struct, IRpsSettings
{
    private readonly WorkerPort port;
    private readonly PacketSteering steering;
    private TSettings settings;

    public RpsStage(TSettings settings, Arena arena, WorkerPort workers)
    {
        ArgumentNullException.ThrowIfNull(workers);
        this.settings = settings;
        port = workers;
        workers.Group.Rps.Begin(settings.Workers);
        steering = new PacketSteering(workers, arena, settings.FlowEntries, settings.FlowLimit ? new FlowLimit(settings.FlowLimitBuckets) : null);
    }

    /// <summary>Packets that were given to other workers, as the loop counts them: a merged one is one.</summary>
    public readonly long Steered => steering.Steered;

    /// <summary>Packets dropped because their flow had too much of a backlog.</summary>
    public readonly long FlowLimited => steering.FlowLimited;

    /// <summary>What waits in the rings is held by nobody's ledger but the sum over all workers.</summary>
    public readonly long HeldIngress => 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Verdict Receive(ref Packet packet) =>
        steering.Receive(packet.Frame, packet.Offset, packet.EtherType, settings.Backlog, settings.FollowOwners, ref packet.Metadata);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryResumeIngress(out ResumedPacket packet)
    {
        if (port.HasSteered(CrossingKind.Backlog))
        {
            return port.TryTakeSteered(CrossingKind.Backlog, out packet);
        }

        packet = default;
        return false;
    }
}
