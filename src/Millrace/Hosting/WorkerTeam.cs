using Millrace.Workers;

namespace Millrace;

/// <summary>
/// The workers of one declared stack, each with its instance of it on a thread and a processor of its own. They start and stop
/// together; one that stands still is reported. The team owns the stacks.
/// </summary>
public sealed class WorkerTeam<TStack> : IDisposable, IAsyncDisposable
    where TStack : class, INetworkStack
{
    private readonly WorkerGroup group;
    private readonly WorkerTeamOptions options;
    private readonly TStack[] stacks;
    private readonly Worker[] workers;
    private readonly WorkerWatch watch;
    private bool disposed;

    /// <param name="group">What the stacks join; as many workers as they declare.</param>
    /// <param name="make">Makes the stack of a worker, with its number as <c>Setup.Worker</c> and the group as <c>Setup.Group</c>.</param>
    public WorkerTeam(WorkerGroup group, Func<int, TStack> make, WorkerTeamOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(group);
        ArgumentNullException.ThrowIfNull(make);
        this.group = group;
        this.options = options ?? new WorkerTeamOptions();
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(this.options.StallAfter, TimeSpan.Zero, nameof(options));
        stacks = new TStack[group.Count];
        workers = new Worker[group.Count];
        try
        {
            for (var i = 0; i < stacks.Length; i++)
            {
                stacks[i] = make(i);
                workers[i] = NewWorker(i);
            }
        }
        catch
        {
            DisposeStacks();
            throw;
        }

        watch = new WorkerWatch(group, this.options.StallAfter, stall => Stalled?.Invoke(this, stall));
    }

    /// <summary>
    /// Raised, on a thread of the pool, when a worker has stood still for <see cref="WorkerTeamOptions.StallAfter"/> although it has
    /// work, and again when it goes on.
    /// </summary>
    public event EventHandler<WorkerStall>? Stalled;

    /// <summary>The instances of the stack, by worker. Their own members are their worker's to call: <see cref="Worker.Post"/>.</summary>
    public IReadOnlyList<TStack> Stacks => stacks;

    /// <summary>The workers that run, or ran last.</summary>
    public IReadOnlyList<Worker> Workers => workers;

    public WorkerGroup Group => group;

    public bool IsRunning { get; private set; }

    /// <summary>Starts all workers, also after a stop: connections, and what lies in rings and in the NIC, are as they were.</summary>
    public void Start()
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        if (IsRunning)
        {
            throw new InvalidOperationException("The team runs already; stop it before it is started again.");
        }

        IsRunning = true;
        for (var i = 0; i < workers.Length; i++)
        {
            workers[i] = workers[i].Completion.IsCompleted ? NewWorker(i) : workers[i];
            workers[i].Start();
        }

        watch.Start();
    }

    /// <summary>
    /// Lets the workers finish what they have of each other's, at most for <see cref="WorkerTeamOptions.Drain"/>, and stops them. What is
    /// left then in rings and queues waits for the next start: nothing is lost.
    /// </summary>
    public async Task StopAsync()
    {
        watch.Stop();
        if (IsRunning)
        {
            var end = StackClock.Now + (options.Drain.Ticks * TimeSpan.NanosecondsPerTick);
            while (!group.IsIdle && StackClock.Now < end && !Array.Exists(workers, worker => worker.Completion.IsCompleted))
            {
                await Task.Delay(1).ConfigureAwait(false);
            }
        }

        await Task.WhenAll(Array.ConvertAll(workers, worker => worker.StopAsync())).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        IsRunning = false;
    }

    /// <summary>Stops the workers and disposes the stacks.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!disposed)
        {
            await StopAsync().ConfigureAwait(false);
            disposed = true;
            watch.Dispose();
            DisposeStacks();
        }
    }

    /// <inheritdoc cref="DisposeAsync"/>
    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

    private Worker NewWorker(int index) => new(stacks[index], options.Worker with
    {
        Name = $"{options.Worker.Name}-{index}",
        Cpu = options.Cpus is { Count: > 0 } cpus ? cpus[index % cpus.Count] : options.IsPinned ? index % Environment.ProcessorCount : null,
    });

    private void DisposeStacks()
    {
        foreach (var stack in stacks)
        {
            stack?.Dispose();
        }
    }
}

/// <summary>How a <see cref="WorkerTeam{TStack}"/> runs its workers.</summary>
public sealed record WorkerTeamOptions
{
    /// <summary>What holds for each worker. Its name is followed by the worker's number, and its processor comes from this team.</summary>
    public WorkerOptions Worker { get; init; } = new();

    /// <summary>Whether each worker is bound to the processor of its number; what came of it is <see cref="Worker.Pinning"/>.</summary>
    public bool IsPinned { get; init; } = true;

    /// <summary>The processors of the workers, in their order, instead of those of their numbers.</summary>
    public IReadOnlyList<int>? Cpus { get; init; }

    /// <summary>How long a stop waits for the workers to finish what they have of each other's.</summary>
    public TimeSpan Drain { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a worker that has work may stand still before it is reported.</summary>
    public TimeSpan StallAfter { get; init; } = TimeSpan.FromSeconds(1);
}
