using System.Runtime.ExceptionServices;

namespace Millrace;

/// <content>The worker's thread: rounds of polls, and what it sleeps in between.</content>
public sealed partial class Worker
{
    // a timer that moved nearer by a call of another thread is always preceded by a wake; this is only a bound
    private static readonly TimeSpan LongestSleep = TimeSpan.FromSeconds(60);

    private readonly NapiDeferral? deferral;
    private bool isMasked;
    private int asleep;
    private long sleepsUntil;

    private void Run()
    {
        usage.Begin(options.Cpu, needsTimer: deferral is not null);
        try
        {
            PollUntilStopped();
            Drain();
            SetInterrupt(armed: true);
            Volatile.Write(ref phase, Phase.Ended);
            usage.End();
            completion.SetResult();
        }
        catch (Exception exception)
        {
            Volatile.Write(ref phase, Phase.Ended);
            sockets?.Stop(exception);
            usage.End();
            completion.SetException(exception);
        }
    }

    private void PollUntilStopped()
    {
        var now = StackClock.Now;
        var workedAt = now;
        while (Volatile.Read(ref phase) == Phase.Running)
        {
            if (fault is not null)
            {
                ExceptionDispatchInfo.Throw(fault);
            }

            var packets = counters.Packets;
            var more = PollRound(now);
            if (RunPosted() | more)
            {
                workedAt = now;
            }
            else
            {
                workedAt = counters.Packets != packets ? now : workedAt;
                if (now - workedAt < BusyPollNanoseconds && !ownership.IsWanted)
                {
                    deferral?.StartBusyPolling();
                    counters.BusyPolls += interfaceCount;
                }
                else
                {
                    deferral?.StopBusyPolling(now);
                    Sleep();
                }
            }

            now = StackClock.Now;
        }
    }

    private long BusyPollNanoseconds =>
        options.BusyPoll is { } given ? given.Ticks * TimeSpan.NanosecondsPerTick : stack.BusyPollMicroseconds * 1_000L;

    /// <summary>Polls while a poll takes in all it may, up to the budget (net/core/dev.c, net_rx_action).</summary>
    /// <returns>Whether it ended by the budget, with packets left.</returns>
    private bool PollRound(long now)
    {
        var taken = 0;
        bool more;
        do
        {
            more = false;
            for (var i = 0; i < interfaceCount; i++)
            {
                var count = stack.Poll(i, stack.Queue, now);
                counters.Polls++;
                counters.EmptyPolls += count == 0 ? 1 : 0;
                taken += count;
                more |= count >= stack.Weight;
            }

            now = more ? StackClock.Now : now;
        }
        while (more && taken < stack.RoundBudget);

        counters.Packets += taken;
        return more;
    }

    private bool RunPosted()
    {
        var any = false;
        while (posted.TryDequeue(out var action))
        {
            any = true;
            action();
        }

        return any;
    }

    /// <summary>Sleeps until the stack's next deadline: in the interrupt, or with it masked if the last poll deferred it.</summary>
    private void Sleep()
    {
        var now = StackClock.Now;
        var left = stack.NextDeadline - now;
        if (left <= 0)
        {
            return;
        }

        SetInterrupt(armed: deferral is not { IsInterruptMasked: true });

        // either this sees what was posted, or whoever posts sees the worker asleep
        Interlocked.Exchange(ref asleep, 1);
        if (posted.IsEmpty && Volatile.Read(ref phase) == Phase.Running)
        {
            // rounded up, so that the deadline is reached when the sleep ends
            var timeout = TimeSpan.FromTicks(left / TimeSpan.NanosecondsPerTick + 1);
            sleepsUntil = now + left;
            var timed = isMasked;
            ownership.Leave();
            var interrupted = stack.Wait(timeout < LongestSleep ? timeout : LongestSleep);
            counters.Intrusions += ownership.TakeBack() ? 1 : 0;
            counters.TimerSleeps += timed ? 1 : 0;
            counters.Sleeps += timed ? 0 : 1;
            counters.Interrupts += interrupted && !timed ? 1 : 0;
        }

        Volatile.Write(ref asleep, 0);
    }

    private void SetInterrupt(bool armed)
    {
        if (isMasked == armed)
        {
            stack.SetInterrupt(armed);
            isMasked = !armed;
        }
    }

    private void Drain()
    {
        var now = StackClock.Now;
        var end = now + options.Drain.Ticks * TimeSpan.NanosecondsPerTick;
        var packets = counters.Packets;
        while (PollRound(now) | RunPosted() | counters.Packets != packets || (stack.HeldIngress | stack.HeldEgress) != 0)
        {
            packets = counters.Packets;
            now = StackClock.Now;
            if (now >= end)
            {
                return;
            }
        }
    }

    private void WakeIfAsleep()
    {
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref asleep) != 0)
        {
            stack.Wake();
        }
    }
}
