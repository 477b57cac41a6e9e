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
    private readonly Task[] ended;
    private readonly WorkerWatch watch;
    private readonly TaskCompletionSource completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SemaphoreSlim changing = new(1);
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
        ended = new Task[group.Count];
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

    /// <summary>
    /// Ends when the team has been disposed, or with the exception of the first worker that faulted. A stop does not end it: the
    /// team may be started again.
    /// </summary>
    public Task Completion => completion.Task;

    /// <summary>Whether an exception has left the loop of a worker. The others go on; those of its connections are lost.</summary>
    public bool Faulted => completion.Task.IsFaulted;

    /// <summary>Starts all workers, also after a stop: connections, and what lies in rings and in the NIC, are as they were.</summary>
    /// <exception cref="InvalidOperationException">It runs, or a worker has faulted.</exception>
    public void Start()
    {
        changing.Wait();
        try
        {
            ObjectDisposedException.ThrowIf(disposed, this);
            if (IsRunning)
            {
                throw new InvalidOperationException("The team runs already; stop it before it is started again.");
            }

            if (Faulted)
            {
                throw new InvalidOperationException(
                    "A worker of the team has faulted, and its stack with it (see the inner exception): dispose the team and make another.",
                    completion.Task.Exception!.InnerException);
            }

            IsRunning = true;
            for (var i = 0; i < workers.Length; i++)
            {
                workers[i] = workers[i].Completion.IsCompleted ? NewWorker(i) : workers[i];
                workers[i].Start();
            }

            watch.Start();
        }
        finally
        {
            changing.Release();
        }
    }

    /// <summary>
    /// Lets the workers finish what they have of each other's, at most for <see cref="WorkerTeamOptions.Drain"/>, and stops them. What is
    /// left then in rings and queues waits for the next start: nothing is lost. A worker that faulted is not waited for.
    /// </summary>
    /// <exception cref="InvalidOperationException">Called on a worker of the team, which would wait for itself.</exception>
    public async Task StopAsync()
    {
        ThrowIfOnWorker();
        await changing.WaitAsync().ConfigureAwait(false);
        try
        {
            await StopWorkersAsync().ConfigureAwait(false);
        }
        finally
        {
            changing.Release();
        }
    }

    /// <summary>Stops the workers and disposes the stacks. A fault is left to <see cref="Completion"/>.</summary>
    /// <exception cref="InvalidOperationException">Called on a worker of the team, which would wait for itself.</exception>
    public async ValueTask DisposeAsync()
    {
        ThrowIfOnWorker();
        await changing.WaitAsync().ConfigureAwait(false);
        try
        {
            if (!disposed)
            {
                await StopWorkersAsync().ConfigureAwait(false);
                disposed = true;
                watch.Dispose();
                DisposeStacks();
                completion.TrySetResult();
            }
        }
        finally
        {
            changing.Release();
        }
    }

    /// <inheritdoc cref="DisposeAsync"/>
    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

    private async Task StopWorkersAsync()
    {
        watch.Stop();
        if (IsRunning)
        {
            var end = StackClock.Now + (options.Drain.Ticks * TimeSpan.NanosecondsPerTick);
            while (HasWork && StackClock.Now < end)
            {
                await Task.Delay(1).ConfigureAwait(false);
            }
        }

        Array.ForEach(workers, worker => worker.StopAsync());
        await Task.WhenAll(ended).ConfigureAwait(false);
        IsRunning = false;
    }

    /// <summary>Whether a worker that still runs has anything of another's to look at.</summary>
    private bool HasWork
    {
        get
        {
            for (var i = 0; i < workers.Length; i++)
            {
                if (!workers[i].Completion.IsCompleted && group[i] is { HasWork: true })
                {
                    return true;
                }
            }

            return false;
        }
    }

    private Worker NewWorker(int index)
    {
        var worker = new Worker(stacks[index], options.Worker with
        {
            Name = $"{options.Worker.Name}-{index}",
            Cpu = options.Cpus is { Count: > 0 } cpus ? cpus[index % cpus.Count] : options.IsPinned ? Processors.Of(index) : null,
        });
        ended[index] = EndAsync(worker, index);
        return worker;
    }

    /// <summary>What one worker's end means to the others.</summary>
    private async Task EndAsync(Worker worker, int index)
    {
        await worker.Completion.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (worker.Completion.Exception is { } fault)
        {
            group[index]?.Close();
            completion.TrySetException(fault.InnerExceptions);
        }
    }

    private void ThrowIfOnWorker()
    {
        if (Array.Exists(workers, worker => worker.IsCurrent))
        {
            throw new InvalidOperationException("A worker cannot wait for its own team to stop: stop it, or dispose it, on another thread.");
        }
    }

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

    /// <summary>
    /// Whether each worker is bound to a processor: in their order, those that the process may use (its affinity), again from the first
    /// where there are fewer. What came of it is <see cref="Worker.Pinning"/>.
    /// </summary>
    public bool IsPinned { get; init; } = true;

    /// <summary>The processors of the workers, in their order, instead of those that the process may use.</summary>
    public IReadOnlyList<int>? Cpus { get; init; }

    /// <summary>How long a stop waits for the workers to finish what they have of each other's.</summary>
    public TimeSpan Drain { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a worker that has work may stand still before it is reported.</summary>
    public TimeSpan StallAfter { get; init; } = TimeSpan.FromSeconds(1);
}
