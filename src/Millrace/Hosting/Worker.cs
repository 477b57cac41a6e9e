using System.Collections.Concurrent;
using Millrace.Sockets;

namespace Millrace;

/// <summary>
/// Runs one stack on a thread of its own: polls while there is work, spins as long as busy polling says, then sleeps in the
/// NIC until a packet, a timer or a call is due. The stack remains its owner's, to be disposed after the worker.
/// </summary>
public sealed class Worker : IDisposable, IAsyncDisposable
{
    // a timer that moved nearer by a call of another thread is always preceded by a wake; this is only a bound
    private static readonly TimeSpan LongestSleep = TimeSpan.FromSeconds(60);

    private readonly INetworkStack stack;
    private readonly WorkerOptions options;
    private readonly ConcurrentQueue<Action> posted = new();
    private readonly TaskCompletionSource completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Thread thread;
    private readonly int interfaceCount;
    private int asleep;
    private int phase;

    public Worker(INetworkStack stack, WorkerOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(stack);
        this.stack = stack;
        this.options = options ?? new WorkerOptions();
        ArgumentOutOfRangeException.ThrowIfLessThan(this.options.BusyPoll, TimeSpan.Zero, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(this.options.Drain, TimeSpan.Zero, nameof(options));
        interfaceCount = stack.Interfaces.Count;
        thread = new Thread(Run) { Name = this.options.Name, IsBackground = true };
    }

    /// <summary>Ends when the worker has stopped; carries the exception that ended it, if one did.</summary>
    public Task Completion => completion.Task;

    /// <summary>Whether an exception has left the loop; the stack is faulted then.</summary>
    public bool Faulted => completion.Task.IsFaulted;

    /// <summary>Whether the calling thread is this worker.</summary>
    public bool IsCurrent => Thread.CurrentThread == thread;

    /// <exception cref="InvalidOperationException">It was started or stopped before.</exception>
    public void Start()
    {
        if (Interlocked.CompareExchange(ref phase, Phase.Running, Phase.Made) != Phase.Made)
        {
            throw new InvalidOperationException("A worker is started once; make another one for the stack after a stop.");
        }

        thread.Start();
    }

    /// <summary>
    /// Runs a delegate on the worker between two polls: for control, not for data. An exception from it ends the worker.
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

    private void Run()
    {
        try
        {
            PollUntilStopped();
            Drain();
            Volatile.Write(ref phase, Phase.Ended);
            completion.SetResult();
        }
        catch (Exception exception)
        {
            Volatile.Write(ref phase, Phase.Ended);
            (stack as IAsyncNetworkStack)?.Sockets.Stop(exception);
            completion.SetException(exception);
        }
    }

    private void PollUntilStopped()
    {
        var busyPoll = options.BusyPoll.Ticks * TimeSpan.NanosecondsPerTick;
        var now = StackClock.Now;
        var workedAt = now;
        while (Volatile.Read(ref phase) == Phase.Running)
        {
            if (PollRound(now) | RunPosted())
            {
                workedAt = now;
            }
            else if (now - workedAt >= busyPoll)
            {
                Sleep(now);
            }

            now = StackClock.Now;
        }
    }

    /// <summary>Polls while a poll takes in all it may, up to the budget (net/core/dev.c, net_rx_action).</summary>
    private bool PollRound(long now)
    {
        var taken = 0;
        bool more;
        do
        {
            more = false;
            for (var i = 0; i < interfaceCount; i++)
            {
                var count = stack.Poll(i, options.Queue, now);
                taken += count;
                more |= count >= stack.Weight;
            }

            now = more ? StackClock.Now : now;
        }
        while (more && taken < stack.RoundBudget);

        return taken > 0;
    }

    private bool RunPosted()
    {
        var any = false;
        while (posted.TryDequeue(out var action))
        {
            any = true;
            action();
        }

        return any;
    }

    private void Sleep(long now)
    {
        var left = stack.NextDeadline - now;
        if (left <= 0)
        {
            return;
        }

        // either this sees what was posted, or whoever posts sees the worker asleep
        Interlocked.Exchange(ref asleep, 1);
        if (posted.IsEmpty && Volatile.Read(ref phase) == Phase.Running)
        {
            // rounded up, so that the deadline is reached when the sleep ends
            var timeout = TimeSpan.FromTicks(left / TimeSpan.NanosecondsPerTick + 1);
            stack.Wait(timeout < LongestSleep ? timeout : LongestSleep);
        }

        Volatile.Write(ref asleep, 0);
    }

    private void Drain()
    {
        var now = StackClock.Now;
        var end = now + options.Drain.Ticks * TimeSpan.NanosecondsPerTick;
        while (PollRound(now) | RunPosted() || (stack.HeldIngress | stack.HeldEgress) != 0)
        {
            now = StackClock.Now;
            if (now >= end)
            {
                return;
            }
        }
    }

    private void WakeIfAsleep()
    {
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref asleep) != 0)
        {
            stack.Wake();
        }
    }

    private static InvalidOperationException Ended() => new("The worker has ended.");

    private static class Phase
    {
        public const int Made = 0;
        public const int Running = 1;
        public const int Stopping = 2;
        public const int Ended = 3;
    }
}
