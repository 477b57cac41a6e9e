using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Millrace.Workloads;

/// <summary>Wall clock and processor time of this thread, side by side.</summary>
public readonly partial struct Stopwatches
{
    private readonly long wall;
    private readonly long cpu;

    private Stopwatches(long wall, long cpu)
    {
        this.wall = wall;
        this.cpu = cpu;
    }

    public static Stopwatches Start() => new(Stopwatch.GetTimestamp(), CpuTime());

    /// <summary>Nanoseconds since the start.</summary>
    public (double Wall, double Cpu) Elapsed => (Stopwatch.GetElapsedTime(wall).TotalNanoseconds, CpuTime() - cpu);

    private static long CpuTime()
    {
        const int ClockThreadCpuTimeId = 3;
        return ClockGetTime(ClockThreadCpuTimeId, out var time) == 0
            ? time.Seconds * 1_000_000_000 + time.Nanoseconds
            : throw new InvalidOperationException("clock_gettime knows no CLOCK_THREAD_CPUTIME_ID here.");
    }

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int ClockGetTime(int clock, out TimeSpec time);

    private struct TimeSpec
    {
        public long Seconds;
        public long Nanoseconds;
    }
}
