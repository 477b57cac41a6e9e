using System.Globalization;
using Millrace.Interop;

namespace Millrace;

/// <summary>The thread of a worker as the kernel sees it: where it may run, how exactly it sleeps, what it has used.</summary>
internal sealed class WorkerThread
{
    // what a timer of 20 µs can bear; the kernel's own slack is 50 µs
    private const uint TimerSlack = 1_000;

    private int identifier;
    private long used;

    /// <summary>Whether <see cref="WorkerOptions.Cpu"/> was done: "CPU 3", "not asked for", or why it could not be.</summary>
    public string Pinning { get; private set; } = "not asked for";

    /// <summary>Time that the worker's thread has used on processors since it began, system calls included.</summary>
    public TimeSpan ProcessorTime
    {
        get
        {
            var thread = Volatile.Read(ref identifier);
            var now = thread == 0 ? -1 : ThreadCalls.ProcessorTime(thread);
            return TimeSpan.FromTicks(Math.Max(now, Volatile.Read(ref used)) / TimeSpan.NanosecondsPerTick);
        }
    }

    /// <summary>Called by the thread when it begins.</summary>
    public void Begin(int? processor, bool needsTimer)
    {
        if (!OperatingSystem.IsLinux())
        {
            Pinning = processor is null ? Pinning : "not done: only Linux is asked to pin a thread";
            return;
        }

        if (needsTimer)
        {
            _ = ThreadCalls.LimitTimerSlack(TimerSlack);
        }

        if (processor is { } wanted)
        {
            var error = ThreadCalls.Pin(wanted);
            Pinning = error == 0
                ? string.Create(CultureInfo.InvariantCulture, $"CPU {wanted}")
                : string.Create(CultureInfo.InvariantCulture, $"not done: sched_setaffinity for CPU {wanted} says {Libc.Describe(error)}");
        }

        Volatile.Write(ref identifier, ThreadCalls.Identifier());
    }

    /// <summary>Called by the thread when it ends: the kernel forgets its clock with it.</summary>
    public void End()
    {
        if (identifier != 0)
        {
            Volatile.Write(ref used, ThreadCalls.ProcessorTime(0));
            Volatile.Write(ref identifier, 0);
        }
    }
}

/// <summary>The processors that the process may use: those of its main thread, as workers that are pinned have but one.</summary>
internal static class Processors
{
    private static readonly int[] Usable = OperatingSystem.IsLinux() ? ThreadCalls.Processors(Environment.ProcessId) : [];

    /// <summary>The processor for a worker, by its number: several share one where there are fewer.</summary>
    public static int Of(int worker) => Usable.Length == 0 ? worker % Environment.ProcessorCount : Usable[worker % Usable.Length];
}

/// <summary>The calling thread as the kernel sees it: for reports.</summary>
public static class CurrentThread
{
    /// <summary>The processor it runs on at this moment; -1 where that cannot be told.</summary>
    public static int Processor => OperatingSystem.IsLinux() ? ThreadCalls.Processor() : -1;

    /// <summary>Time it has used on processors since it began, system calls included; zero where that cannot be told.</summary>
    public static TimeSpan ProcessorTime =>
        OperatingSystem.IsLinux() ? TimeSpan.FromTicks(ThreadCalls.ProcessorTime(0) / TimeSpan.NanosecondsPerTick) : TimeSpan.Zero;

    /// <summary>Binds it to one processor.</summary>
    /// <param name="obstacle">Why that could not be done, or an empty string.</param>
    public static bool TryPin(int processor, out string obstacle)
    {
        var error = OperatingSystem.IsLinux() ? ThreadCalls.Pin(processor) : 0;
        obstacle = !OperatingSystem.IsLinux() ? "only Linux is asked to pin a thread"
            : error == 0 ? ""
            : string.Create(CultureInfo.InvariantCulture, $"sched_setaffinity for CPU {processor} says {Libc.Describe(error)}");
        return obstacle.Length == 0;
    }
}
