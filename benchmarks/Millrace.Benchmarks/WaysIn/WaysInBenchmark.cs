using System.Globalization;
using Millrace.Testing;

namespace Millrace.Benchmarks.WaysIn;

/// <summary>
/// Latency of requests and processor use of who answers them, for every way in, over a wire in memory and over a TAP. All
/// ways take turns within a round, so that a busy machine is busy for all.
/// </summary>
public static class WaysInBenchmark
{
    private const long PauseNanoseconds = 100_000;

    /// <param name="arguments">Seconds a way and round, rounds: 1 and 7 unless given.</param>
    public static int Run(string[] arguments)
    {
        var seconds = arguments.Length > 0 ? double.Parse(arguments[0], CultureInfo.InvariantCulture) : 1;
        var rounds = arguments.Length > 1 ? int.Parse(arguments[1], CultureInfo.InvariantCulture) : 7;
        var media = new List<(string Name, Func<IMedium> Make)> { ("wire in memory", () => new WireMedium()) };
        var notes = new List<string>();
        var obstacle = NetworkNamespace.WhyUnavailable ?? (File.Exists("/dev/net/tun") ? null : "/dev/net/tun is not there.");
        if (obstacle is null)
        {
            media.Add(("TAP", () => new TapMedium()));
        }
        else
        {
            notes.Add("The TAP was not measured: " + obstacle);
        }

        // round 0 warms the code up and is not counted
        var load = WaysInReport.Load();
        var measurements = new List<Measurement>();
        for (var round = 0; round <= rounds; round++)
        {
            foreach (var (name, make) in media)
            {
                foreach (var way in WayIn.All)
                {
                    var measurement = Measure(name, make, way, round, seconds);
                    if (round > 0)
                    {
                        measurements.Add(measurement);
                    }

                    Console.Error.WriteLine(measurement);
                }
            }
        }

        WaysInReport.Write(measurements, notes, load, seconds, PauseNanoseconds / 1e3);
        return 0;
    }

    private static Measurement Measure(string name, Func<IMedium> make, WayIn way, int round, double seconds)
    {
        using var medium = make();
        using var server = new EchoServer(medium.Server, way);
        for (var i = 0; i < 200; i++)
        {
            medium.Ask();
        }

        var latencies = new List<long>((int)(seconds * 1e9 / PauseNanoseconds) + 1);
        var (counters, used) = (server.Counters, server.ProcessorTime);
        var start = StackClock.Now;
        var end = start + (long)(seconds * 1e9);
        while (StackClock.Now < end)
        {
            var asked = StackClock.Now;
            medium.Ask();
            latencies.Add(StackClock.Now - asked);
            medium.Pause(PauseNanoseconds);
        }

        var elapsed = (StackClock.Now - start) / 1e9;
        var processor = (server.ProcessorTime - used).TotalSeconds;
        var after = server.Counters;
        latencies.Sort();
        double requests = latencies.Count;
        return new Measurement(
            name, way.Name, round, latencies.Count, latencies[latencies.Count / 2], latencies[(int)(requests * 0.99)],
            processor / elapsed, processor * 1e6 / requests, (after.Interrupts - counters.Interrupts) / requests,
            (after.Polls + after.ApplicationPolls - counters.Polls - counters.ApplicationPolls) / requests);
    }
}
