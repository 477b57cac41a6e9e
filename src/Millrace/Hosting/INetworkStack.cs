using Millrace.Memory;
using Millrace.Nics;

namespace Millrace;

/// <summary>
/// What every generated stack offers to hosts and tests. A stack reads no clock, starts no thread and opens no socket:
/// <c>now</c> is nanoseconds of whatever clock the host keeps, never going back. None of it is thread-safe unless it says so.
/// </summary>
public interface INetworkStack : IDisposable
{
    /// <summary>
    /// One NAPI poll of a queue: reclaims transmits, takes in at most the declared weight of packets, runs calls and
    /// timers that are due, sends, refills the ring.
    /// </summary>
    /// <returns>Packets taken in; the weight if there may be more.</returns>
    int Poll(int networkInterface, int queue, long now);

    /// <summary>The same with a budget of its own: busy polling takes in little at a time.</summary>
    /// <param name="budget">Packets to take in at most, never more than the weight; 0 takes in none, like Advance.</param>
    /// <returns>Packets taken in; the budget if there may be more.</returns>
    int Poll(int networkInterface, int queue, int budget, long now) => Poll(networkInterface, queue, now);

    /// <summary>Does what is due at <paramref name="now"/> and sends what follows from it, without taking packets in.</summary>
    void Advance(long now);

    /// <summary>When <see cref="Advance"/> or Poll has work next; <see cref="long.MaxValue"/> for never.</summary>
    long NextDeadline { get; }

    /// <summary>The queue this instance is polled on, the same on every interface; that of its worker, where there are several.</summary>
    int Queue => 0;

    /// <summary>Packets one poll takes in at most (NAPI weight): a poll that took so many may have left some.</summary>
    int Weight => 64;

    /// <summary>Packets a round of polls takes in before the host looks at anything else (netdev_budget).</summary>
    int RoundBudget => 300;

    /// <summary>How long a host goes on polling after it last had work, in microseconds.</summary>
    int BusyPollMicroseconds => 0;

    /// <summary>Packets one poll takes in where an application's thread polls.</summary>
    int BusyPollBudget => 8;

    /// <summary>What the last poll said about the interrupt and the timer; null where no gro_flush_timeout is declared.</summary>
    NapiDeferral? Deferral => null;

    IReadOnlyList<NetworkInterface> Interfaces { get; }

    Arena Arena { get; }

    Ledger Ledger { get; }

    /// <summary>The pipeline as it was compiled.</summary>
    PipelineDescription Pipeline { get; }

    /// <summary>Packets each stage saw, in the order of <see cref="PipelineDescription.Stages"/>.</summary>
    void ReadStageCounters(Span<StageCounters> counters);

    /// <summary>Packets of the wire held by ingress stages, for the ledger.</summary>
    long HeldIngress { get; }

    /// <summary>Packets of the wire held by egress stages and the outbox, for the ledger.</summary>
    long HeldEgress { get; }

    /// <summary>Wakes the worker that waits in the NIC. Thread-safe.</summary>
    void Wake();

    /// <summary>Masks the NIC's interrupt for <see cref="Wait"/>, or arms it again: see <see cref="NicQueue.SetInterrupt"/>.</summary>
    void SetInterrupt(bool armed)
    {
    }

    /// <summary>Sleeps in the NIC until there may be work, at most for the given time.</summary>
    bool Wait(TimeSpan timeout);
}

/// <summary>Packets a stage saw. A merged packet counts once where it passes as one.</summary>
public struct StageCounters
{
    public long Received;
    public long Transmitted;
}
