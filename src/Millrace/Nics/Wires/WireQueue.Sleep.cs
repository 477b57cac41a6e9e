namespace Millrace.Nics;

/// <content>The interrupt: what a worker that sleeps here is woken for.</content>
internal sealed partial class WireQueue
{
    public override void SetInterrupt(bool armed)
    {
        masked = !armed;

        // whoever sleeps did not reckon with what came, or set off, in the meantime
        if (armed && sleeping && (HasWork() || NextChange() != long.MaxValue))
        {
            Wake();
        }
    }

    public override bool Wait(TimeSpan timeout)
    {
        var wait = timeout;
        if (!TryBeginSleep(ref wait))
        {
            EndSleep();
            return true;
        }

        var signalled = interrupt.Wait(wait);
        EndSleep();
        return signalled || wait != timeout;
    }

    public override bool TryShare(NicInterrupt interrupt)
    {
        shared = interrupt;
        return true;
    }

    public override bool TryBeginSleep(ref TimeSpan timeout)
    {
        sleeping = true;

        // a direct wire is looked at without a lock: who adds something must see the sleeper, or the sleeper what was added
        Interlocked.MemoryBarrier();
        if (!masked && HasWork())
        {
            return false;
        }

        var next = masked ? long.MaxValue : NextChange();
        if (next != long.MaxValue)
        {
            // rounded up to the next tick, or the wait ends before the event
            var until = next - Math.Max(incoming.Now, outgoing.Now);
            var untilEvent = TimeSpan.FromTicks((Math.Max(0, until) / TimeSpan.NanosecondsPerTick) + 1);
            timeout = timeout < TimeSpan.Zero || untilEvent < timeout ? untilEvent : timeout;
        }

        return true;
    }

    public override void EndSleep() => sleeping = false;

    /// <summary>There is something to receive or to reclaim, or room for what was refused.</summary>
    private bool HasWork()
    {
        if (outgoing.IsDirect)
        {
            if (HasLeft())
            {
                return true;
            }

            using var own = incoming.Enter(receiver);
            return HasArrived();
        }

        using (outgoing.Gate.Enter())
        {
            if (HasLeft())
            {
                return true;
            }
        }

        using var entry = incoming.Gate.Enter();
        return HasArrived();
    }

    private bool HasLeft() =>
        sender.Source.HasCompleted || sender.DepartedCount > 0 || (outgoing.IsShared && wantsRoom && outgoing.Room(sender) > 0);

    private bool HasArrived() =>
        filled.Count > 0
        || (receiver.ArrivedCount > 0
            && FramesFor(receiver.FirstArrived) is var needed && (needed <= receiver.Posted || needed > posted.Length));

    private long NextChange()
    {
        if (outgoing.IsDirect)
        {
            return long.MaxValue;
        }

        long departure;
        using (outgoing.Gate.Enter())
        {
            departure = sender.NextDeparture;
        }

        using var entry = incoming.Gate.Enter();
        return Math.Min(departure, incoming.NextArrival);
    }

    public override void Wake()
    {
        if (shared is null)
        {
            interrupt.Set();
        }
        else
        {
            shared.Set();
        }
    }
}
