using Millrace.Headers;
using Millrace.Nics;

namespace Millrace.Workers;

/// <summary>
/// What the workers of one declared stack have between them: the rings, the owners of flows, and the key of the flow hash. Each
/// instance of the stack joins it when it is made; nothing else is shared.
/// </summary>
public sealed class WorkerGroup
{
    public const int MaximumWorkers = 64;

    private readonly WorkerPort?[] ports;
    private readonly List<XpsMap?> xps = [];

    /// <param name="workers">Instances of the stack, as many as it declares.</param>
    /// <param name="nic">The NIC whose key the flow hash takes if it hashes by itself, so that both agree.</param>
    public WorkerGroup(int workers, Nic? nic = null)
        : this(workers, nic?.Rss?.Hash.Toeplitz ?? Toeplitz.Published)
    {
    }

    /// <param name="hash">The hash by which flows are told apart; that of the NIC, if it hashes by itself.</param>
    public WorkerGroup(int workers, Toeplitz hash, int flowPlaces = FlowOwners.DefaultPlaces)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(workers, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(workers, MaximumWorkers);
        ArgumentNullException.ThrowIfNull(hash);
        ports = new WorkerPort?[workers];
        Hash = new FlowHash(hash);
        Owners = new FlowOwners(flowPlaces);
        Rps = new RpsMap(workers);
    }

    /// <summary>Workers.</summary>
    public int Count => ports.Length;

    /// <summary>The flow hash.</summary>
    public FlowHash Hash { get; }

    public FlowOwners Owners { get; }

    /// <summary>What the control plane changed at any worker.</summary>
    internal ChangeLog Changes { get; } = new();

    /// <summary>Which workers the packets of each receive queue are spread over, where [Rps] is declared; changed by any thread.</summary>
    public RpsMap Rps { get; }

    /// <summary>A worker's side; null until its stack has been made.</summary>
    public WorkerPort? this[int worker] => Volatile.Read(ref ports[worker]);

    /// <summary>Whether every worker's stack has been made.</summary>
    public bool IsComplete => Array.TrueForAll(ports, port => port is not null);

    /// <summary>
    /// Which workers send by which queues of an interface, where [Xps] is declared; changed by any thread, also while packets flow.
    /// </summary>
    public XpsMap XpsOf(int networkInterface, int queues)
    {
        lock (xps)
        {
            while (xps.Count <= networkInterface)
            {
                xps.Add(null);
            }

            return xps[networkInterface] ??= new XpsMap(queues, Count);
        }
    }

    /// <summary>Whether no worker has anything of another's to look at.</summary>
    public bool IsIdle => !Array.Exists(ports, port => port is { HasWork: true });

    /// <summary>Packets that lie in the rings: given by one worker, not yet taken by another.</summary>
    public long PacketsInRings
    {
        get
        {
            long count = 0;
            foreach (var port in ports)
            {
                count += port?.WaitingPackets ?? 0;
            }

            return count;
        }
    }

    internal void Join(WorkerPort port)
    {
        if (port.Worker < 0 || port.Worker >= ports.Length)
        {
            throw new ArgumentOutOfRangeException(
                nameof(port), port.Worker, $"The group has {ports.Length} workers: Setup.Worker is a number from 0 to {ports.Length - 1}.");
        }

        if (Interlocked.CompareExchange(ref ports[port.Worker], port, null) is not null)
        {
            throw new InvalidOperationException($"Worker {port.Worker} of this group has its stack already: give each stack a Setup.Worker of its own.");
        }
    }

    internal void Leave(WorkerPort port) => Interlocked.CompareExchange(ref ports[port.Worker], null, port);
}
