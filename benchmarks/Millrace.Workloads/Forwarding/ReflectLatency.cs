using System.Globalization;

namespace Millrace.Workloads.Forwarding;

/// <summary>L1 of F1: what a batch waits and takes if batches are due at half the rate that is possible.</summary>
internal static class ReflectLatency
{
    private const int Batch = 64;

    public static IEnumerable<Reading> Measure(RunLength length)
    {
        var source = Reflecting.Source<Bytes64>();
        using var nic = new SourceNic<Bytes64>(source, BufferOrder.LastInFirstOut);
        using var stack = Reflecting.Stack(nic, BufferOrder.LastInFirstOut);
        var loop = new PollingLoop(stack, Batch);
        var isRight = Reflecting.Check(nic, loop, source);
        var interval = 2 * Batch * loop.Measure(new RunLength(IsQuick: true)).Cpu;
        var latencies = new Latencies();
        Schedule(loop, latencies, interval, 0.1);
        latencies.Clear();
        Schedule(loop, latencies, interval, length.IsQuick ? 0.5 : 2);
        isRight &= Reflecting.Check(nic, loop, source);
        return latencies.Readings("f1", isRight, string.Create(CultureInfo.InvariantCulture, $"a batch of {Batch} every {interval:0} ns"));
    }

    /// <summary>An open loop: what comes late is late for those that follow, too.</summary>
    private static void Schedule(PollingLoop loop, Latencies latencies, double interval, double seconds)
    {
        var start = StackClock.Now;
        var end = start + (long)(seconds * 1e9);
        var next = (double)start;
        while (next < end)
        {
            while (StackClock.Now < next)
            {
            }

            loop.Poll();
            latencies.Add(StackClock.Now - (long)next);
            next += interval;
        }
    }
}
