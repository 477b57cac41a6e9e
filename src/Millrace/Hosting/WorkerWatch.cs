using Millrace.Workers;

namespace Millrace;

/// <summary>A worker that stands still although it has work, or that goes on again.</summary>
/// <param name="Worker">Its number.</param>
/// <param name="Duration">How long it has made no poll.</param>
/// <param name="WaitingPackets">Packets that others have put into its rings.</param>
/// <param name="IsAsleep">Whether it sleeps in its NIC, which it should not; otherwise a stage or a handler keeps it.</param>
/// <param name="IsOver">Whether it has gone on.</param>
public readonly record struct WorkerStall(int Worker, TimeSpan Duration, int WaitingPackets, bool IsAsleep, bool IsOver);

/// <summary>Looks now and then whether every worker polls (the watchdog of a kernel's soft lockups).</summary>
internal sealed class WorkerWatch : IDisposable
{
    private const int LooksEach = 4;

    private readonly WorkerGroup group;
    private readonly long stallAfter;
    private readonly TimeSpan period;
    private readonly Action<WorkerStall> report;
    private readonly Timer timer;
    private readonly long[] polls;
    private readonly long[] movedAt;
    private readonly bool[] stalled;
    private readonly Lock looking = new();

    public WorkerWatch(WorkerGroup group, TimeSpan stallAfter, Action<WorkerStall> report)
    {
        this.group = group;
        this.report = report;
        this.stallAfter = stallAfter.Ticks * TimeSpan.NanosecondsPerTick;
        period = stallAfter / LooksEach;
        polls = new long[group.Count];
        movedAt = new long[group.Count];
        stalled = new bool[group.Count];
        timer = new Timer(_ => Look(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public void Start()
    {
        lock (looking)
        {
            Array.Fill(movedAt, StackClock.Now);
            Array.Clear(stalled);
        }

        timer.Change(period, period);
    }

    public void Stop() => timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

    public void Dispose() => timer.Dispose();

    private void Look()
    {
        lock (looking)
        {
            var now = StackClock.Now;
            for (var i = 0; i < polls.Length; i++)
            {
                if (group[i] is { IsClosed: false } port)
                {
                    Look(port, i, now);
                }
            }
        }
    }

    private void Look(WorkerPort port, int index, long now)
    {
        var current = port.Polls;
        var waiting = port.WaitingPackets;
        var isAsleep = port.IsAsleep;
        var duration = TimeSpan.FromTicks((now - movedAt[index]) / TimeSpan.NanosecondsPerTick);
        if (current != polls[index] || (isAsleep && waiting == 0))
        {
            polls[index] = current;
            movedAt[index] = now;
            if (stalled[index])
            {
                stalled[index] = false;
                report(new WorkerStall(index, duration, waiting, isAsleep, IsOver: true));
            }
        }
        else if (!stalled[index] && now - movedAt[index] >= stallAfter)
        {
            stalled[index] = true;
            report(new WorkerStall(index, duration, waiting, isAsleep, IsOver: false));
        }
    }
}
