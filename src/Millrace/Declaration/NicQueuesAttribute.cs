namespace Millrace;

/// <summary>The receive queues of the NIC and the link layer on top of them: the first stage of every stack.</summary>
[StageType(typeof(Ingress.EthernetStage<>), Place = 100, Summary = "takes frames addressed to this interface and reads the Ethernet header")]
public sealed class NicQueuesAttribute(int count) : StageAttribute
{
    /// <summary>Queues of the NIC that are used, at most one a worker ([Workers]).</summary>
    public int Count { get; } = count;

    /// <summary>Whether frames addressed to others are let through (IFF_PROMISC).</summary>
    public bool Promiscuous { get; set; }
}

/// <summary>Settings of <see cref="NicQueuesAttribute"/>.</summary>
public interface INicQueuesSettings
{
    [Default(1)]
    [SameIn(KernelProfile.Linux_3_18)]
    [Allowed(1, Workers.WorkerGroup.MaximumWorkers)]
    [DecidesCapacity]
    int Count { get; }

    [Default(false, Source = "IFF_PROMISC")]
    [SameIn(KernelProfile.Linux_3_18)]
    bool Promiscuous { get; }
}
