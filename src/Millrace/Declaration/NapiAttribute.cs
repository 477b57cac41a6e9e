namespace Millrace;

/// <summary>
/// How much one poll takes in, and what leads to the next one: the interrupt, a timer (deferral) or nothing but the wish to be
/// fast (busy polling). The settings belong to the loop itself and to its host; there is no stage of this name.
/// </summary>
/// <remarks>
/// As net_rx_action does, a worker polls its queues in rounds: within one it goes on while a poll takes in a full
/// <see cref="Weight"/>, up to <see cref="Budget"/>; between rounds it looks at what was posted to it and whether it is to stop.
/// A poll that takes in less ends the round, and the interrupt is armed again, unless deferral or busy polling puts that off.
/// </remarks>
[StageType(typeof(INapiSettings), Place = 200, Summary = "bounds the packets of a poll and of a round of polls, and says what leads to the next")]
public sealed class NapiAttribute : StageAttribute
{
    /// <summary>Packets a poll of one queue takes in at most.</summary>
    public int Weight { get; set; }

    /// <summary>Packets a round of polls takes in before the worker looks at anything else.</summary>
    public int Budget { get; set; }

    /// <inheritdoc cref="INapiSettings.DeferHardIrqs"/>
    public int DeferHardIrqs { get; set; }

    /// <inheritdoc cref="INapiSettings.GroFlushTimeout"/>
    public long GroFlushTimeout { get; set; }

    /// <inheritdoc cref="INapiSettings.BusyPollMicroseconds"/>
    public int BusyPollMicroseconds { get; set; }

    /// <inheritdoc cref="INapiSettings.BusyPollBudget"/>
    public int BusyPollBudget { get; set; }
}

/// <summary>Settings of <see cref="NapiAttribute"/>.</summary>
public interface INapiSettings
{
    [Default(64, Source = "NAPI_POLL_WEIGHT")]
    [SameIn(KernelProfile.Linux_3_18)]
    [Allowed(1, 4096)]
    [DecidesCapacity]
    int Weight { get; }

    [Default(300, Source = "netdev_budget")]
    [SameIn(KernelProfile.Linux_3_18)]
    [Allowed(1, 1_000_000)]
    int Budget { get; }

    /// <summary>
    /// Polls by the timer that may find nothing before the interrupt is armed again. Without a <see cref="GroFlushTimeout"/>
    /// there is no timer, and the interrupt is armed at once, as in Linux.
    /// </summary>
    [Default(0, Source = "napi_defer_hard_irqs")]
    [SameIn(KernelProfile.Linux_3_18)]
    [Allowed(0, int.MaxValue)]
    int DeferHardIrqs { get; }

    /// <summary>
    /// Nanoseconds from a poll to the timer's poll. GRO may hold a packet over the end of a poll that long, and at most to the
    /// next tick of 4 ms if further packets keep putting the timer off.
    /// </summary>
    [Default(0L, Source = "gro_flush_timeout")]
    [SameIn(KernelProfile.Linux_3_18)]
    [Allowed(0, 10_000_000_000)]
    long GroFlushTimeout { get; }

    /// <summary>Microseconds a worker goes on polling after it last had work, before it sleeps.</summary>
    [Default(0, Source = "busy_poll")]
    [SameIn(KernelProfile.Linux_3_18)]
    [Allowed(0, 1_000_000)]
    int BusyPollMicroseconds { get; }

    /// <summary>Packets one poll takes in where an application's thread polls (<see cref="Worker.BusyPoll(Func{bool}, TimeSpan)"/>).</summary>
    [Default(8, Source = "BUSY_POLL_BUDGET")]
    [Default(4, Profile = KernelProfile.Linux_3_18, Source = "ndo_busy_poll")]
    [Allowed(1, 4096)]
    int BusyPollBudget { get; }
}
