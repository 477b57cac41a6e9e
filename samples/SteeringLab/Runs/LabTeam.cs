using Millrace;
using SteeringLab.Readings;

namespace SteeringLab.Runs;

/// <summary>The server's workers, whichever of the declarations they run; keeps what workers counted that have ended.</summary>
internal abstract class LabTeam : IAsyncDisposable
{
    /// <summary>The server's NIC, with what its queues can tell.</summary>
    public abstract ObservedNic Nic { get; }

    public abstract IReadOnlyList<INetworkStack> Stacks { get; }

    public abstract IReadOnlyList<Worker> Workers { get; }

    public abstract bool IsRunning { get; }

    /// <summary>What busy_poll is for every worker, in microseconds; seen by its next poll.</summary>
    public abstract int BusyPollMicroseconds { get; set; }

    public abstract void Start();

    public abstract Task StopAsync();

    /// <summary>What a worker did in all of its runs.</summary>
    public abstract WorkerCounters CountersOf(int worker);

    /// <summary>The processor time it used in all of its runs.</summary>
    public abstract TimeSpan ProcessorTimeOf(int worker);

    public abstract ValueTask DisposeAsync();
}

/// <param name="team">Owned.</param>
/// <param name="busyPoll">Reads and writes the run-time setting of a stack.</param>
internal sealed class LabTeam<TStack>(WorkerTeam<TStack> team, ObservedNic nic, BusyPollSetting<TStack> busyPoll) : LabTeam
    where TStack : class, INetworkStack
{
    private readonly WorkerCounters[] ended = new WorkerCounters[team.Stacks.Count];
    private readonly TimeSpan[] endedTime = new TimeSpan[team.Stacks.Count];
    private bool isRetired = true;

    public override ObservedNic Nic => nic;

    public override IReadOnlyList<INetworkStack> Stacks => team.Stacks;

    public override IReadOnlyList<Worker> Workers => team.Workers;

    public override bool IsRunning => team.IsRunning;

    public override int BusyPollMicroseconds
    {
        get => busyPoll.Read(team.Stacks[0]);
        set
        {
            foreach (var stack in team.Stacks)
            {
                busyPoll.Write(stack, value);
                stack.Wake();
            }
        }
    }

    public override void Start()
    {
        team.Start();
        isRetired = false;
    }

    public override async Task StopAsync()
    {
        await team.StopAsync().ConfigureAwait(false);
        foreach (var worker in team.Workers)
        {
            // what ended a worker is told where it can be answered
            await worker.Completion.ConfigureAwait(false);
        }

        // the team makes workers anew for the next start
        if (!isRetired)
        {
            isRetired = true;
            for (var i = 0; i < ended.Length; i++)
            {
                ended[i] = WorkerReading.Sum(ended[i], team.Workers[i].Counters);
                endedTime[i] += team.Workers[i].ProcessorTime;
            }
        }
    }

    public override WorkerCounters CountersOf(int worker) =>
        isRetired ? ended[worker] : WorkerReading.Sum(ended[worker], team.Workers[worker].Counters);

    public override TimeSpan ProcessorTimeOf(int worker) =>
        isRetired ? endedTime[worker] : endedTime[worker] + team.Workers[worker].ProcessorTime;

    public override ValueTask DisposeAsync() => team.DisposeAsync();
}

/// <summary>The setting busy_poll of a declared stack; each has a type of its own for its settings.</summary>
internal sealed record BusyPollSetting<TStack>(Func<TStack, int> Read, Action<TStack, int> Write);
