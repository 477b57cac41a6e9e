using Millrace.Nics;
using SteeringLab.Traffic;

namespace SteeringLab.Readings;

/// <summary>Everything that the tables show, at one moment; each worker is read between two of its polls.</summary>
internal sealed record LabReading
{
    /// <summary>Since the traffic began.</summary>
    public required double Seconds { get; init; }

    public required IReadOnlyList<FlowReading> Flows { get; init; }

    public required IReadOnlyList<QueueReading> Queues { get; init; }

    public required IReadOnlyList<WorkerReading> Workers { get; init; }

    /// <summary>The generator's ledgers, once it has stopped.</summary>
    public LedgerReading? Generator { get; init; }

    /// <summary>What became of the packets that the generator's NIC took.</summary>
    public required WireCounters Wire { get; init; }

    /// <summary>Packets given by one worker and not yet taken by another.</summary>
    public required long PacketsInRings { get; init; }

    public required SteeringReading Steering { get; init; }

    public long Packets => Flows.Sum(flow => flow.Packets);

    public long Bytes => Flows.Sum(flow => flow.Bytes);

    public long Reordered => Flows.Sum(flow => flow.Reordered);

    public long WrongBytes => Flows.Sum(flow => flow.WrongBytes);

    public long Dropped => Workers.Sum(worker => worker.Ledger.IngressDropped + worker.Ledger.EgressDropped);

    /// <summary>Whether every worker's ledgers balance.</summary>
    public bool IsBalanced => Workers.All(worker => worker.Ledger.IsBalanced) && Generator is not { IsBalanced: false };
}

/// <summary>One flow, and where it goes at the moment.</summary>
/// <param name="Entry">The entry of the RSS table that its hash chooses.</param>
/// <param name="EntryQueue">The queue that the entry names.</param>
/// <param name="Queue">The queue by which its last packet came; -1 before the first.</param>
/// <param name="Target">The worker that gets its next packet: its owner, or the one that RPS chooses.</param>
/// <param name="Worker">The worker that had its last packet; -1 before the first.</param>
/// <param name="IsOwned">Whether a worker owns it, as that which has a connection does.</param>
internal sealed record FlowReading(
    Flow Flow, int Entry, int EntryQueue, int Queue, int Target, int Worker, bool IsOwned,
    long Packets, long Bytes, long QueueMoves, long WorkerMoves, long Reordered, long WrongBytes);

/// <summary>One queue of the server's NIC.</summary>
/// <param name="Packets">Packets that came out of it.</param>
/// <param name="Posted">Empty frames in its receive ring.</param>
/// <param name="RingSize">Frames that the ring can hold.</param>
/// <param name="Missed">Packets lost for want of frames.</param>
/// <param name="Entries">Entries of the RSS table that name it.</param>
internal sealed record QueueReading(int Queue, long Packets, int Posted, int RingSize, long Missed, int Entries);

/// <summary>The tables that steer, and what was done to them.</summary>
/// <param name="RpsMask">Null with one worker, which has no RPS.</param>
/// <param name="XpsName">The name of the map; null with one worker.</param>
/// <param name="XpsMasks">The workers of each queue, a bit each.</param>
internal sealed record SteeringReading(
    IReadOnlyList<int> RssEntries, ulong? RpsMask, string? XpsName, IReadOnlyList<ulong> XpsMasks,
    int BusyPollMicroseconds, bool IsRunning, string LastChange, int ChangeCount);
