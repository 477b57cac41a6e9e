using System.Collections.Concurrent;
using Millrace.Sockets;

namespace Millrace;

/// <summary>
/// Runs one stack on a thread of its own: polls while there is work, spins as long as busy polling says, then sleeps until a
/// packet, a timer or a call is due: in the NIC's interrupt, or past it where deferral says so. A thread of the application may
/// poll in its place while it sleeps. The stack remains its owner's, to be disposed after the worker.
/// </summary>
public sealed partial class Worker : IDisposable, IAsyncDisposable
{
    private readonly INetworkStack stack;
    private readonly WorkerOptions options;
    private readonly ConcurrentQueue<Action> posted = new();
    private readonly TaskCompletionSource completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Thread thread;
    private readonly WorkerThread usage = new();
    private readonly int interfaceCount;
    private WorkerCounters counters;
    private int phase;

    public Worker(INetworkStack stack, WorkerOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(stack);
        this.stack = stack;
        this.options = options ?? new WorkerOptions();
        ArgumentOutOfRangeException.ThrowIfLessThan(this.options.BusyPoll ?? TimeSpan.Zero, TimeSpan.Zero, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(this.options.BusyRead, TimeSpan.Zero, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(this.options.Drain, TimeSpan.Zero, nameof(options));
        interfaceCount = stack.Interfaces.Count;
        deferral = stack.Deferral;
        sockets = (stack as IAsyncNetworkStack)?.Sockets;
        thread = new Thread(Run) { Name = this.options.Name, IsBackground = true };
    }

    /// <summary>Ends when the worker has stopped; carries the exception that ended it, if one did.</summary>
    public Task Completion => completion.Task;

    /// <summary>Whether an exception has left the loop; the stack is faulted then.</summary>
    public bool Faulted => completion.Task.IsFaulted;

    /// <summary>Whether the calling thread is this worker, or polls in its place.</summary>
    public bool IsCurrent => Thread.CurrentThread is var current && (current == thread || current == Volatile.Read(ref inItsPlace));

    /// <summary>What it did so far, and what led to it.</summary>
    public WorkerCounters Counters => counters;

    /// <summary>Time that its thread has used on processors, system calls included; zero where that cannot be told.</summary>
    public TimeSpan ProcessorTime => usage.ProcessorTime;

    /// <summary>Whether <see cref="WorkerOptions.Cpu"/> was done: "CPU 3", "not asked for", or why it could not be.</summary>
    public string Pinning => usage.Pinning;

    /// <exception cref="InvalidOperationException">It was started or stopped before.</exception>
    public void Start()
    {
        if (Interlocked.CompareExchange(ref phase, Phase.Running, Phase.Made) != Phase.Made)
        {
            throw new InvalidOperationException("A worker is started once; make another one for the stack after a stop.");
        }

        if (sockets is not null && options.BusyRead > TimeSpan.Zero)
        {
            sockets.BusyReads = new AsyncBusyReads(this, options.BusyRead);
        }

        thread.Start();
    }

    /// <summary>
    /// Runs a delegate on the worker between two polls, or on the thread that polls in its place: for control, not for data. An
    /// exception from it ends the worker.
    /// </summary>
    /// <exception cref="InvalidOperationException">The worker has ended or is about to.</exception>
    public void Post(Action action)
    {
        ArgumentNullException.ThrowIfNull(action);
        if (Volatile.Read(ref phase) >= Phase.Stopping)
        {
            throw Ended();
        }

        posted.Enqueue(action);
        WakeIfAsleep();
    }

    /// <summary>Runs a delegate on the worker between two polls and hands its result or its exception to the caller.</summary>
    public Task<TResult> InvokeAsync<TResult>(Func<TResult> function)
    {
        ArgumentNullException.ThrowIfNull(function);
        var result = new TaskCompletionSource<TResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        Post(() =>
        {
            try
            {
                result.TrySetResult(function());
            }
            catch (Exception exception)
            {
                result.TrySetException(exception);
            }
        });

        // one that was posted too late to be run must not wait for ever
        completion.Task.ContinueWith(
            (_, state) => ((TaskCompletionSource<TResult>)state!).TrySetException(Ended()),
            result,
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
        return result.Task;
    }

    /// <inheritdoc cref="InvokeAsync{TResult}(Func{TResult})"/>
    public Task InvokeAsync(Action action)
    {
        ArgumentNullException.ThrowIfNull(action);
        return InvokeAsync(() =>
        {
            action();
            return true;
        });
    }

    /// <summary>
    /// Ends the worker after what it holds was sent, at most <see cref="WorkerOptions.Drain"/> later. The task is
    /// <see cref="Completion"/>. Calls of asynchronous sockets stay pending until another worker polls the stack, or it is
    /// disposed.
    /// </summary>
    public Task StopAsync()
    {
        if (Interlocked.CompareExchange(ref phase, Phase.Ended, Phase.Made) == Phase.Made)
        {
            completion.TrySetResult();
        }
        else if (Interlocked.CompareExchange(ref phase, Phase.Stopping, Phase.Running) == Phase.Running)
        {
            WakeIfAsleep();
        }

        return Completion;
    }

    /// <summary>Stops it and waits, unless called on the worker itself. A fault is left to <see cref="Completion"/>.</summary>
    public void Dispose()
    {
        var stopped = StopAsync();
        if (!IsCurrent)
        {
            ((IAsyncResult)stopped).AsyncWaitHandle.WaitOne();
        }
    }

    /// <inheritdoc cref="Dispose"/>
    public async ValueTask DisposeAsync() =>
        await StopAsync().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    private static InvalidOperationException Ended() => new("The worker has ended.");

    private static class Phase
    {
        public const int Made = 0;
        public const int Running = 1;
        public const int Stopping = 2;
        public const int Ended = 3;
    }
}
