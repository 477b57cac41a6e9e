namespace Millrace;

/// <summary>
/// Several workers: one instance of the stack each, with memory, tables and timers of its own. Between them lie rings alone
/// (<see cref="Workers.WorkerGroup"/>). With one worker, declared or not, nothing of it is compiled.
/// </summary>
/// <remarks>
/// A worker has the queue of its own number on every NIC, as far as there are queues (<see cref="NicQueuesAttribute"/>); one that
/// has none gets packets from the others ([Rps]) and sends by their queues.
/// </remarks>
[StageType(typeof(IWorkersSettings), Place = 50, Summary = "one instance of the stack a worker, and rings between them")]
public sealed class WorkersAttribute(int count) : StageAttribute
{
    /// <summary>Instances of the stack.</summary>
    public int Count { get; } = count;

    /// <inheritdoc cref="IWorkersSettings.Borrowed"/>
    public int Borrowed { get; set; }
}

/// <summary>Settings of <see cref="WorkersAttribute"/>.</summary>
public interface IWorkersSettings
{
    [Default(1)]
    [SameIn(KernelProfile.Linux_3_18)]
    [Undeclared(1)]
    [Allowed(1, Workers.WorkerGroup.MaximumWorkers)]
    [DecidesCapacity]
    int Count { get; }

    /// <summary>
    /// Frames of other workers that a worker may look at at once. Half of them are for packets of others that it sends, which
    /// wait beyond that; a packet that comes in and finds none is dropped.
    /// </summary>
    [Default(2048)]
    [SameIn(KernelProfile.Linux_3_18)]
    [Allowed(64, 1 << 20)]
    [DecidesCapacity]
    int Borrowed { get; }
}
