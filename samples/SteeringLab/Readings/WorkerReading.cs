using Millrace;
using Millrace.Workers;
using SteeringLab.Runs;
using SteeringLab.Traffic;

namespace SteeringLab.Readings;

/// <summary>One worker of the server between two polls.</summary>
internal sealed record WorkerReading
{
    public required int Worker { get; init; }

    /// <summary>What became of its pinning: "CPU 0", or why not.</summary>
    public required string Pinning { get; init; }

    public required WorkerCounters Counters { get; init; }

    public required TimeSpan ProcessorTime { get; init; }

    /// <summary>Bytes that its thread has allocated, readings included; 0 if it did not run.</summary>
    public required long AllocatedBytes { get; init; }

    public required LedgerReading Ledger { get; init; }

    /// <summary>Packets of the wire that came to its transports.</summary>
    public required long Taken { get; init; }

    /// <summary>Packets in its backlog.</summary>
    public required int Backlog { get; init; }

    /// <summary>Packets in all of its rings.</summary>
    public required int Waiting { get; init; }

    /// <summary>Times it woke another worker.</summary>
    public required long Kicks { get; init; }

    /// <summary>Reads it on the worker's own thread, or here if it does not run.</summary>
    public static Task<WorkerReading> OfAsync(LabTeam team, WorkerGroup group, FlowSight sight) => team.IsRunning
        ? team.Workers[sight.Worker].InvokeAsync(() => Of(team, group, sight, isRunning: true))
        : Task.FromResult(Of(team, group, sight, isRunning: false));

    public static WorkerCounters Sum(WorkerCounters first, WorkerCounters second) => new()
    {
        Interrupts = first.Interrupts + second.Interrupts,
        Sleeps = first.Sleeps + second.Sleeps,
        TimerSleeps = first.TimerSleeps + second.TimerSleeps,
        Polls = first.Polls + second.Polls,
        EmptyPolls = first.EmptyPolls + second.EmptyPolls,
        BusyPolls = first.BusyPolls + second.BusyPolls,
        ApplicationPolls = first.ApplicationPolls + second.ApplicationPolls,
        TakeOvers = first.TakeOvers + second.TakeOvers,
        Intrusions = first.Intrusions + second.Intrusions,
        Packets = first.Packets + second.Packets,
    };

    private static WorkerReading Of(LabTeam team, WorkerGroup group, FlowSight sight, bool isRunning)
    {
        var worker = sight.Worker;
        var port = group[worker];
        return new WorkerReading
        {
            Worker = worker,
            Pinning = team.Workers[worker].Pinning,
            Counters = team.CountersOf(worker),
            ProcessorTime = team.ProcessorTimeOf(worker),
            AllocatedBytes = isRunning ? GC.GetAllocatedBytesForCurrentThread() : 0,
            Ledger = LedgerReading.Of($"worker {worker}", team.Stacks[worker]),
            Taken = sight.Taken,
            Backlog = port?.Backlog ?? 0,
            Waiting = port?.WaitingPackets ?? 0,
            Kicks = port?.Kicks ?? 0,
        };
    }
}
