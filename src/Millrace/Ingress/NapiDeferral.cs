namespace Millrace;

/// <summary>
/// What the end of a poll decides about the next one (net/core/dev.c, napi_complete_done): whether the interrupt is armed again or a
/// timer polls instead, and whether GRO may hold on to packets. The loop writes it, its host and GRO read it; a stack without
/// a <see cref="INapiSettings.GroFlushTimeout"/> has none.
/// </summary>
public sealed class NapiDeferral
{
    private int emptyPollsLeft;
    private int deferHardIrqs;
    private long timeout;
    private long timerIfHeld;

    /// <summary>Whether the host is to leave the NIC's interrupt off, and poll when <see cref="TimerAt"/> has come.</summary>
    public bool IsInterruptMasked { get; private set; }

    /// <summary>When to poll though nothing has come; <see cref="long.MaxValue"/> if no timer runs. Part of the stack's next deadline.</summary>
    public long TimerAt { get; private set; } = long.MaxValue;

    /// <summary>Whether GRO keeps what is young at the end of this poll (napi_gro_flush with flush_old).</summary>
    internal bool KeepsYoung { get; private set; }

    /// <summary>Whether somebody polls again in any case (NAPI_STATE_IN_BUSY_POLL): nothing is decided, and GRO lets everything go.</summary>
    internal bool IsBusyPolling { get; private set; }

    /// <summary>The end of a poll, before GRO's. Called by the loop.</summary>
    /// <param name="work">Packets that were taken in.</param>
    /// <param name="budget">Packets that could have been; 0 if only the timer's own work is done.</param>
    public void Complete(int work, int budget, int deferHardIrqs, long groFlushTimeout, long now)
    {
        this.deferHardIrqs = deferHardIrqs;
        timeout = groFlushTimeout;
        if (work == 0 && now < TimerAt && TimerAt != long.MaxValue && !IsBusyPolling)
        {
            // for a call or another timer: the timer's own poll is still to come, and counts
            KeepsYoung = true;
            return;
        }

        KeepsYoung = false;
        IsInterruptMasked = false;
        TimerAt = long.MaxValue;
        if (IsBusyPolling || (work > 0 && work >= budget))
        {
            return;
        }

        if (work > 0)
        {
            emptyPollsLeft = deferHardIrqs;
            KeepsYoung = timeout > 0;
        }

        if (emptyPollsLeft > 0)
        {
            emptyPollsLeft--;
            KeepsYoung = IsInterruptMasked = timeout > 0;
        }

        timerIfHeld = now + timeout;
        if (IsInterruptMasked)
        {
            TimerAt = timerIfHeld;
        }
    }

    /// <summary>GRO holds packets over the end of a poll: the timer sees to it that they go on.</summary>
    internal void StartTimer() => TimerAt = Math.Min(TimerAt, timerIfHeld);

    internal void StartBusyPolling() => IsBusyPolling = true;

    /// <summary>
    /// Ends busy polling. Where deferral is declared the interrupt stays off for one timeout (busy_poll_stop with
    /// NAPI_F_PREFER_BUSY_POLL), so that who busy polls again in time is never interrupted.
    /// </summary>
    internal void StopBusyPolling(long now)
    {
        if (!IsBusyPolling)
        {
            return;
        }

        IsBusyPolling = false;
        if (deferHardIrqs > 0 && timeout > 0)
        {
            emptyPollsLeft = deferHardIrqs;
            IsInterruptMasked = true;
            TimerAt = timerIfHeld = now + timeout;
        }
    }
}
