namespace Millrace;

/// <summary>
/// What a worker did, and what led to it. Read while it runs, the numbers may be those of two moments close to each other.
/// </summary>
public struct WorkerCounters
{
    /// <summary>Sleeps with the interrupt armed that ended before their time: by a packet, a completion or a wake.</summary>
    public long Interrupts;

    /// <summary>Sleeps with the interrupt armed.</summary>
    public long Sleeps;

    /// <summary>Sleeps with the interrupt masked, until the timer of <see cref="INapiSettings.GroFlushTimeout"/>.</summary>
    public long TimerSleeps;

    /// <summary>Polls of a queue by the worker's thread, busy ones included.</summary>
    public long Polls;

    /// <summary>Those of them that took nothing in.</summary>
    public long EmptyPolls;

    /// <summary>Those of them made because busy polling was not over.</summary>
    public long BusyPolls;

    /// <summary>Polls of a queue by threads of the application (<see cref="Worker.BusyPoll(Func{bool}, TimeSpan)"/>).</summary>
    public long ApplicationPolls;

    /// <summary>How often a thread of the application took the stack over.</summary>
    public long TakeOvers;

    /// <summary>How often the worker woke while a thread of the application had the stack, and had to wait for it.</summary>
    public long Intrusions;

    /// <summary>Packets taken in, by whichever thread; a merged or unsegmented one of the NIC is one.</summary>
    public long Packets;
}
