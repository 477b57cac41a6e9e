namespace Millrace;

/// <summary>How a <see cref="Worker"/> runs its stack.</summary>
public sealed record WorkerOptions
{
    /// <summary>The name of its thread.</summary>
    public string Name { get; init; } = "millrace";

    /// <summary>The NIC queue that this worker polls on every interface.</summary>
    public int Queue { get; init; }

    /// <summary>How long it goes on polling without work before it sleeps in the NIC (Linux's busy_poll); zero sleeps at once.</summary>
    public TimeSpan BusyPoll { get; init; }

    /// <summary>How long a stop may go on polling so that what the stack holds is sent.</summary>
    public TimeSpan Drain { get; init; } = TimeSpan.FromMilliseconds(100);
}
