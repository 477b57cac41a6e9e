namespace Millrace;

/// <summary>How a <see cref="Worker"/> runs its stack.</summary>
public sealed record WorkerOptions
{
    /// <summary>The name of its thread.</summary>
    public string Name { get; init; } = "millrace";

    /// <summary>
    /// How long it goes on polling without work before it sleeps in the NIC (Linux's busy_poll); zero sleeps at once. Without
    /// it the stack's own <see cref="INapiSettings.BusyPollMicroseconds"/> holds.
    /// </summary>
    public TimeSpan? BusyPoll { get; init; }

    /// <summary>
    /// How long a blocking read of a stream of the stack polls by itself before it waits for the worker (Linux's busy_read,
    /// the default of SO_BUSY_POLL). See <see cref="Worker.BusyPoll(Func{bool}, TimeSpan)"/>.
    /// </summary>
    public TimeSpan BusyRead { get; init; }

    /// <summary>The processor that its thread is bound to; none binds it to none. What came of it is <see cref="Worker.Pinning"/>.</summary>
    public int? Cpu { get; init; }

    /// <summary>How long a stop may go on polling so that what the stack holds is sent.</summary>
    public TimeSpan Drain { get; init; } = TimeSpan.FromMilliseconds(100);
}
