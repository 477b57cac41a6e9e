using Millrace.Ingress;

namespace Millrace;

/// <summary>
/// Receive packet steering: the worker that takes packets from a NIC's queue hands each flow to one worker of a set, so that
/// workers without a queue have work too; a flow that has an owner (a connection) goes straight to it, as by receive flow
/// steering. Packets without a flow hash (ARP) stay. No flow is reordered, whatever changes meanwhile.
/// </summary>
/// <remarks>
/// The sets are those of the group and may be changed by any thread while packets flow: <see cref="Workers.WorkerGroup.Rps"/>.
/// With one worker the stage is left out.
/// </remarks>
[StageType(typeof(RpsStage<>), Place = 500, Summary = "hands each flow to one of several workers")]
[ForSeveralWorkers]
public sealed class RpsAttribute : StageAttribute
{
    /// <inheritdoc cref="IRpsSettings.Workers"/>
    public ulong Workers { get; set; }

    /// <inheritdoc cref="IRpsSettings.Backlog"/>
    public int Backlog { get; set; }

    /// <inheritdoc cref="IRpsSettings.FollowOwners"/>
    public bool FollowOwners { get; set; }

    /// <inheritdoc cref="IRpsSettings.FlowEntries"/>
    public int FlowEntries { get; set; }

    /// <inheritdoc cref="IRpsSettings.FlowLimit"/>
    public bool FlowLimit { get; set; }

    /// <inheritdoc cref="IRpsSettings.FlowLimitBuckets"/>
    public int FlowLimitBuckets { get; set; }
}

/// <summary>Settings of <see cref="RpsAttribute"/>.</summary>
public interface IRpsSettings
{
    /// <summary>
    /// The workers that packets of every queue are spread over at first, a bit each; 0 is none. Linux's rps_cpus is 0 until
    /// somebody sets it; whoever declares the stage wants it, so it begins with all workers.
    /// </summary>
    [Default(ulong.MaxValue)]
    [SameIn(KernelProfile.Linux_3_18)]
    [DecidesCapacity]
    ulong Workers { get; }

    /// <summary>Packets that may wait at a worker; if more do, the next is dropped.</summary>
    [Default(1000, Source = "net.core.netdev_max_backlog")]
    [SameIn(KernelProfile.Linux_3_18)]
    [Allowed(1, Millrace.Workers.WorkerPort.RingPackets)]
    int Backlog { get; }

    /// <summary>
    /// Whether a flow that has an owner goes to it whatever the set says (rps_sock_flow_entries, which is 0 in Linux). Without it the
    /// packet would get there too, but by way of another worker.
    /// </summary>
    [Default(true)]
    [SameIn(KernelProfile.Linux_3_18)]
    bool FollowOwners { get; }

    /// <summary>
    /// Entries by hash that remember where a worker sent flows last, a power of two (rps_flow_cnt). Not fewer than the
    /// indirection table of the NIC has.
    /// </summary>
    [Default(4096)]
    [SameIn(KernelProfile.Linux_3_18)]
    [Allowed(1, 1 << 20)]
    [DecidesCapacity]
    int FlowEntries { get; }

    /// <summary>Whether the flow that has more than half of the last 128 packets is dropped while a backlog is over half full.</summary>
    [Default(false, Source = "net.core.flow_limit_cpu_bitmap")]
    [SameIn(KernelProfile.Linux_3_18)]
    [DecidesCapacity]
    bool FlowLimit { get; }

    /// <summary>Buckets in which flows are counted for that, a power of two.</summary>
    [Default(4096, Source = "net.core.flow_limit_table_len")]
    [SameIn(KernelProfile.Linux_3_18)]
    [Allowed(2, 1 << 20)]
    [DecidesCapacity]
    int FlowLimitBuckets { get; }
}
