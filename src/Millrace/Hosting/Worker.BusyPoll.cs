using Millrace.Sockets;

namespace Millrace;

/// <content>Polling by a thread of the application, in the worker's place (net/core/dev.c, napi_busy_loop).</content>
public sealed partial class Worker
{
    private readonly PollOwnership ownership = new();
    private readonly AsyncSockets? sockets;
    private Thread? inItsPlace;
    private volatile Exception? fault;

    /// <summary>
    /// Polls on the calling thread until a condition holds, while the worker sleeps with the NIC's interrupt masked: no thread
    /// has to be woken between a packet and who waits for it. Handlers, and what is posted, run on the calling thread
    /// meanwhile. Only one thread polls at a time: another that calls this, or calls it while the worker is at work, waits for
    /// its turn and looks at its condition.
    /// </summary>
    /// <remarks>
    /// Afterwards the interrupt is armed again; where the stack declares deferral, only when nobody has polled for one
    /// <see cref="INapiSettings.GroFlushTimeout"/>, so that who comes back in time is never interrupted.
    /// </remarks>
    /// <param name="until">Looked at after every poll of <see cref="INapiSettings.BusyPollBudget"/> packets.</param>
    /// <param name="limit">The longest it goes on; zero polls once.</param>
    /// <returns>Whether the condition held; false also if the worker ends.</returns>
    /// <exception cref="InvalidOperationException">The worker has not been started, or the calling thread polls this stack already.</exception>
    /// <exception cref="Exception">What a handler, a stage or a posted delegate threw; it ends the worker too.</exception>
    public bool BusyPoll(Func<bool> until, TimeSpan limit)
    {
        ArgumentNullException.ThrowIfNull(until);
        var wait = new DelegateWait(until);
        return BusyPoll(ref wait, limit);
    }

    /// <summary>Polls on the calling thread for a time: see <see cref="BusyPoll(Func{bool}, TimeSpan)"/>.</summary>
    public void BusyPoll(TimeSpan duration)
    {
        var wait = default(EndlessWait);
        BusyPoll(ref wait, duration);
    }

    internal bool BusyPoll<TWait>(ref TWait wait, TimeSpan limit)
        where TWait : struct, IBusyWait
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, TimeSpan.Zero);
        if (IsCurrent || Volatile.Read(ref phase) == Phase.Made)
        {
            throw new InvalidOperationException(IsCurrent
                ? "This thread polls the stack already: busy polling is for threads of the application, and not for handlers."
                : "There is nothing to take over from a worker that was not started: call Start first.");
        }

        var end = StackClock.Now + limit.Ticks * TimeSpan.NanosecondsPerTick;
        if (!TryTakeOver(ref wait, end))
        {
            return wait.IsDone;
        }

        try
        {
            wait.Begin();
            return PollUntilDone(ref wait, end);
        }
        finally
        {
            GiveBack();
        }
    }

    private bool TryTakeOver<TWait>(ref TWait wait, long end)
        where TWait : struct, IBusyWait
    {
        ownership.BeginWanting();
        var spinner = default(SpinWait);
        try
        {
            while (!ownership.TryTake())
            {
                if (Volatile.Read(ref phase) != Phase.Running || wait.IsDone || StackClock.Now >= end)
                {
                    return false;
                }

                spinner.SpinOnce(sleep1Threshold: -1);
            }
        }
        finally
        {
            ownership.EndWanting();
        }

        Volatile.Write(ref inItsPlace, Thread.CurrentThread);
        Volatile.Write(ref asleep, 0);
        SetInterrupt(armed: false);
        deferral?.StartBusyPolling();
        counters.TakeOvers++;
        return true;
    }

    private bool PollUntilDone<TWait>(ref TWait wait, long end)
        where TWait : struct, IBusyWait
    {
        long now;
        do
        {
            now = StackClock.Now;
            PollInItsPlace(now);
            if (wait.IsDone)
            {
                return true;
            }
        }
        while (now < end && Volatile.Read(ref phase) == Phase.Running);

        return false;
    }

    private void PollInItsPlace(long now)
    {
        try
        {
            var budget = stack.BusyPollBudget;
            for (var i = 0; i < interfaceCount; i++)
            {
                counters.Packets += stack.Poll(i, stack.Queue, budget, now);
                counters.ApplicationPolls++;
            }

            RunPosted();
        }
        catch (Exception exception)
        {
            // the worker ends by it, as if it had polled itself
            fault = exception;
            throw;
        }
    }

    private void GiveBack()
    {
        deferral?.StopBusyPolling(StackClock.Now);
        SetInterrupt(armed: deferral is not { IsInterruptMasked: true });
        sockets?.LeaveThread();
        Volatile.Write(ref inItsPlace, null);

        // the worker sleeps on, unless there is something that it did not reckon with when it went to sleep
        Interlocked.Exchange(ref asleep, 1);
        var isNeeded = !(sockets?.TrySleep() ?? true) || !posted.IsEmpty || Volatile.Read(ref phase) != Phase.Running || fault is not null
            || stack.NextDeadline < sleepsUntil;
        ownership.GiveBack();
        if (isNeeded)
        {
            stack.Wake();
        }
    }

    private readonly struct DelegateWait(Func<bool> until) : IBusyWait
    {
        public bool IsDone => until();

        public void Begin()
        {
        }
    }

    private readonly struct EndlessWait : IBusyWait
    {
        public bool IsDone => false;

        public void Begin()
        {
        }
    }
}

/// <summary>What a thread that busy polls waits for.</summary>
internal interface IBusyWait
{
    bool IsDone { get; }

    /// <summary>Called when the thread has the stack, before it polls.</summary>
    void Begin();
}
