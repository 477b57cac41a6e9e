using System.Diagnostics;

namespace Millrace;

/// <summary>The clock that hosts hand to stacks: nanoseconds, monotonic, from an origin that means nothing.</summary>
public static class StackClock
{
    private const long NanosecondsPerSecond = 1_000_000_000;

    /// <summary>The time in nanoseconds.</summary>
    public static long Now => Stopwatch.Frequency == NanosecondsPerSecond
        ? Stopwatch.GetTimestamp()
        : (long)((Int128)Stopwatch.GetTimestamp() * NanosecondsPerSecond / Stopwatch.Frequency);
}
