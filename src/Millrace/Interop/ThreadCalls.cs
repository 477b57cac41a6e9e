using System.Runtime.InteropServices;

namespace Millrace.Interop;

/// <summary>System calls about the calling thread and the processors it runs on. Errors are negative numbers of <see cref="Errno"/>.</summary>
internal static unsafe class ThreadCalls
{
    private const int SetTimerSlack = 29;
    private const int AffinityBytes = 1024 / 8;

    /// <summary>The kernel's number of the calling thread.</summary>
    public static int Identifier() => GetThreadId();

    /// <summary>The processor that the calling thread runs on at this moment (sched_getcpu(3)).</summary>
    public static int Processor() => GetProcessor();

    /// <summary>Binds the calling thread to one processor (sched_setaffinity(2)).</summary>
    public static int Pin(int processor)
    {
        if ((uint)processor >= AffinityBytes * 8)
        {
            return -Errno.Invalid;
        }

        var mask = stackalloc byte[AffinityBytes];
        new Span<byte>(mask, AffinityBytes).Clear();
        mask[processor / 8] = (byte)(1 << (processor % 8));
        return SetAffinity(0, AffinityBytes, mask) < 0 ? -Marshal.GetLastPInvokeError() : 0;
    }

    /// <summary>The processors that a thread may run on (sched_getaffinity(2)), in rising order; none if that cannot be told.</summary>
    /// <param name="thread">Its <see cref="Identifier"/>; 0 for the calling thread.</param>
    public static int[] Processors(int thread)
    {
        var mask = stackalloc byte[AffinityBytes];
        var length = GetAffinity(thread, AffinityBytes, mask);
        var processors = new List<int>();
        for (var i = 0; length == 0 && i < AffinityBytes * 8; i++)
        {
            if ((mask[i / 8] >> (i % 8) & 1) != 0)
            {
                processors.Add(i);
            }
        }

        return [.. processors];
    }

    /// <summary>By how much the kernel may put off the end of a sleep of the calling thread; 50 µs unless set (prctl(2)).</summary>
    public static int LimitTimerSlack(uint nanoseconds) =>
        ProcessControl(SetTimerSlack, nanoseconds, 0, 0, 0) < 0 ? -Marshal.GetLastPInvokeError() : 0;

    /// <summary>Time that a thread of this process has used on processors, in nanoseconds; negative if it has ended.</summary>
    /// <param name="thread">Its <see cref="Identifier"/>; 0 for the calling thread.</param>
    public static long ProcessorTime(int thread)
    {
        // as pthread_getcpuclockid makes it (include/linux/posix-timers.h: CPUCLOCK_PERTHREAD_MASK | CPUCLOCK_SCHED)
        const int ThreadClock = 4 | 2;
        TimeSpecification time;
        return GetTime((~thread << 3) | ThreadClock, &time) < 0 ? -Marshal.GetLastPInvokeError() : (time.Seconds * 1_000_000_000L) + time.Nanoseconds;
    }

    [DllImport("libc", EntryPoint = "gettid")]
    private static extern int GetThreadId();

    [DllImport("libc", EntryPoint = "sched_getcpu")]
    private static extern int GetProcessor();

    [DllImport("libc", EntryPoint = "sched_setaffinity", SetLastError = true)]
    private static extern int SetAffinity(int thread, nuint length, byte* mask);

    [DllImport("libc", EntryPoint = "sched_getaffinity", SetLastError = true)]
    private static extern int GetAffinity(int thread, nuint length, byte* mask);

    [DllImport("libc", EntryPoint = "prctl", SetLastError = true)]
    private static extern int ProcessControl(int option, nuint first, nuint second, nuint third, nuint fourth);

    [DllImport("libc", EntryPoint = "clock_gettime", SetLastError = true)]
    private static extern int GetTime(int clock, TimeSpecification* time);

    private struct TimeSpecification
    {
        public nint Seconds;
        public nint Nanoseconds;
    }
}
