using System.Globalization;
using Millrace.Nics;

namespace Millrace.Workloads.PingPong;

/// <summary>W2: 64 bytes there and back on one connection, and the same at half load for L1.</summary>
public static class PingPongWorkload
{
    private const int Part = 2_000;
    private const int QuickTimes = 1_000_000;
    private const int WholeTimes = 6_000_000;

    public static IEnumerable<KeyValuePair<(string, string), Func<RunLength, IEnumerable<Reading>>>> Variants =>
    [
        new(("W2", "copying"), static length => [Measure("copying", new PlainPingPongPair(WireMode.Copying), length)]),
        new(("W2", "handover"), static length => [Measure("handover", new PlainPingPongPair(WireMode.HandOver), length)]),
        new(("W2", "copying-full"), static length => [Measure("copying-full", new FullPingPongPair(WireMode.Copying), length)]),
        new(("W2", "handover-full"), static length => [Measure("handover-full", new FullPingPongPair(WireMode.HandOver), length)]),
        new(("L1", "w2"), MeasureLatency),
    ];

    private static Reading Measure(string name, PingPongPair made, RunLength length)
    {
        using var pair = made;
        WarmUp.Run(() => pair.Exchange(Part));
        var times = length.IsQuick ? QuickTimes : WholeTimes;
        var packets = pair.PacketsSent;
        var watches = Stopwatches.Start();
        pair.Exchange(times);
        var (wall, cpu) = watches.Elapsed;
        var note = string.Create(
            CultureInfo.InvariantCulture,
            $"{(double)(pair.PacketsSent - packets) / times:0.00} packets a round trip; every answer compared with its question");
        return new Reading(name, "ns/roundtrip", wall / times, cpu / times, pair.IsRight, note);
    }

    private static IEnumerable<Reading> MeasureLatency(RunLength length)
    {
        using var pair = new PlainPingPongPair(WireMode.Copying);
        WarmUp.Run(() => pair.Exchange(Part));
        var times = length.IsQuick ? QuickTimes / 2 : WholeTimes / 2;
        var watches = Stopwatches.Start();
        pair.Exchange(times);
        var interval = 2 * watches.Elapsed.Wall / times;
        var latencies = new Latencies();
        Schedule(pair, latencies, times / 4, interval);
        latencies.Clear();
        Schedule(pair, latencies, times, interval);
        var note = string.Create(CultureInfo.InvariantCulture, $"copying wire; a round trip every {interval:0} ns");
        return latencies.Readings("w2", pair.IsRight, note);
    }

    /// <summary>An open loop: what comes late is late for those that follow, too.</summary>
    private static void Schedule(PingPongPair pair, Latencies latencies, int times, double interval)
    {
        var start = StackClock.Now;
        for (var i = 1; i <= times; i++)
        {
            var due = start + (long)(i * interval);
            while (StackClock.Now < due)
            {
            }

            pair.Exchange(1);
            latencies.Add(StackClock.Now - due);
        }
    }
}
