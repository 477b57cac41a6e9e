using Perfolizer.Horology;

namespace Millrace.Benchmarks;

/// <summary>
/// The processor time of the thread that measures, as BenchmarkDotNet's clock: what others on the machine take is not in it.
/// It does not see the work of other threads.
/// </summary>
public sealed class ProcessorClock : IClock
{
    public string Title => "processor time of the thread";

    public bool IsAvailable => OperatingSystem.IsLinux();

    public Frequency Frequency => new(TimeSpan.TicksPerSecond);

    public long GetTimestamp() => CurrentThread.ProcessorTime.Ticks;
}
