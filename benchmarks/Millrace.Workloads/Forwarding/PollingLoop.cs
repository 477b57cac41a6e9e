using System.Diagnostics;

namespace Millrace.Workloads.Forwarding;

/// <summary>Polls a stack that always has packets, as fast as it can.</summary>
/// <param name="batch">Packets a poll.</param>
internal sealed class PollingLoop(INetworkStack stack, int batch)
{
    private const int PartPackets = 4096;
    private const int SamplePackets = 262_144;

    private long now;

    public INetworkStack Stack => stack;

    /// <summary>One poll; time goes on by 10 µs, so that what a stack does now and then is done.</summary>
    public int Poll() => stack.Poll(0, 0, batch, now += 10_000);

    /// <summary>Polls until at least so many packets have come in.</summary>
    /// <returns>How many.</returns>
    public long Run(int packets)
    {
        long received = 0;
        while (received < packets)
        {
            received += Poll();
        }

        return received;
    }

    /// <summary>Nanoseconds a packet, by wall clock and by processor time of the thread: of many samples the median.</summary>
    public (double Wall, double Cpu) Measure(RunLength length)
    {
        WarmUp.Run(() => Run(PartPackets));
        var walls = new List<double>();
        var cpus = new List<double>();
        var began = Stopwatch.GetTimestamp();
        var duration = TimeSpan.FromSeconds(length.IsQuick ? 0.4 : 2);
        while (Stopwatch.GetElapsedTime(began) < duration)
        {
            var watches = Stopwatches.Start();
            var packets = Run(SamplePackets);
            var (wall, cpu) = watches.Elapsed;
            walls.Add(wall / packets);
            cpus.Add(cpu / packets);
        }

        return (Median(walls), Median(cpus));
    }

    private static double Median(List<double> values)
    {
        values.Sort();
        return values[values.Count / 2];
    }
}
