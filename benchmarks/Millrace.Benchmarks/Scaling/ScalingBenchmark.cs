using System.Globalization;
using Millrace.Nics;

namespace Millrace.Benchmarks.Scaling;

/// <param name="UnitsPerSecond">Bytes, transactions or packets of all workers, by the clock on the wall.</param>
/// <param name="ProcessorPerUnit">Nanoseconds of processor time a unit, of all threads.</param>
/// <param name="Share">Processor time by the clock on the wall and thread: below 1, others used the processors too.</param>
public sealed record ScalingMeasurement(
    Workload Workload, WireMode Mode, string Rig, int Run, double UnitsPerSecond, double ProcessorPerUnit, double Share, int[] Flows, long Strays, long Unsent);

/// <summary>
/// What two workers do compared with one: a thread a worker, bound to a processor each, drives that worker of a server and of a client.
/// All that is compared takes turns within a run, so that a busy machine is busy for all.
/// </summary>
public static class ScalingBenchmark
{
    public static int Run(string[] arguments)
    {
        var seconds = Number(arguments, "--seconds", 2);
        var runs = (int)Number(arguments, "--runs", 5);
        var warmUp = Number(arguments, "--warm-up", 2);
        var load = ScalingReport.Load();
        var measurements = new List<ScalingMeasurement>();
        var only = Array.IndexOf(arguments, "--workload") is >= 0 and var at ? Enum.Parse<Workload>(arguments[at + 1], ignoreCase: true) : (Workload?)null;
        foreach (var workload in Enum.GetValues<Workload>().Where(workload => workload == (only ?? workload)))
        {
            foreach (var mode in Enum.GetValues<WireMode>())
            {
                measurements.AddRange(Compare(workload, mode, seconds, runs, warmUp));
            }
        }

        ScalingReport.Write(measurements, load, seconds, runs, isWhole: only is null);
        return 0;
    }

    private static List<ScalingMeasurement> Compare(Workload workload, WireMode mode, double seconds, int runs, double warmUp)
    {
        using var one = new ScalingRig(workload, mode, workers: 1, concurrent: false);
        using var concurrent = new ScalingRig(workload, mode, workers: 1, concurrent: true);
        using var hashing = new ScalingRig(workload, mode, workers: 1, concurrent: true, hashes: true);
        using var two = new ScalingRig(workload, mode, workers: 2, concurrent: true);
        ScalingRig[] rigs = [one, concurrent, hashing, two];
        foreach (var rig in rigs)
        {
            // in parts, because the compiler comes when nothing new has been called for 100 ms
            for (var part = 0; part < 4; part++)
            {
                Measure(rig, workload, mode, 0, warmUp / 4);
                Thread.Sleep(150);
            }
        }

        var measurements = new List<ScalingMeasurement>();
        for (var run = 1; run <= runs; run++)
        {
            foreach (var rig in rigs)
            {
                var measurement = Measure(rig, workload, mode, run, seconds);
                measurements.Add(measurement);
                Console.Error.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{workload} {mode} {rig.Name}: {measurement.UnitsPerSecond:N0}/s, {measurement.ProcessorPerUnit:0.000} ns each, processor share {measurement.Share:0.00}, flows {string.Join("+", measurement.Flows)}, strays {measurement.Strays}, unsent {measurement.Unsent}"));
            }
        }

        return measurements;
    }

    private static ScalingMeasurement Measure(ScalingRig rig, Workload workload, WireMode mode, int run, double seconds)
    {
        var strays = rig.Strays;
        var drives = rig.Pairs.Select((pair, i) => new Drive(rig, pair, i)).ToArray();
        using var start = new Barrier(drives.Length);
        var threads = drives.Select(drive => new Thread(() => drive.Run(start, seconds)) { IsBackground = true }).ToArray();
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        var units = drives.Sum(static drive => drive.Units);
        var processor = drives.Sum(static drive => drive.Processor.TotalNanoseconds);
        var elapsed = drives.Max(static drive => drive.Ended) - drives.Min(static drive => drive.Began);
        return new ScalingMeasurement(
            workload, mode, rig.Name, run, units * 1e9 / elapsed, processor / units, processor / elapsed / drives.Length,
            rig.FlowsOfWorkers, rig.Strays - strays, rig.Pairs.Sum(static pair => pair.AtServer.Unsent + pair.AtClient.Unsent));
    }

    private static double Number(string[] arguments, string name, double otherwise)
    {
        var at = Array.IndexOf(arguments, name);
        return at >= 0 && at + 1 < arguments.Length ? double.Parse(arguments[at + 1], CultureInfo.InvariantCulture) : otherwise;
    }

    /// <summary>One thread's part of a run.</summary>
    private sealed class Drive(ScalingRig rig, WorkerPair pair, int processor)
    {
        private const int PollsBetweenLooks = 16;

        public long Units { get; private set; }

        public TimeSpan Processor { get; private set; }

        public long Began { get; private set; }

        public long Ended { get; private set; }

        public void Run(Barrier start, double seconds)
        {
            if (!CurrentThread.TryPin(processor, out var obstacle))
            {
                Console.Error.WriteLine(obstacle);
            }

            start.SignalAndWait();
            Began = StackClock.Now;
            var (units, used) = (rig.UnitsOf(pair), CurrentThread.ProcessorTime);
            var end = Began + (long)(seconds * 1e9);
            while (StackClock.Now < end)
            {
                for (var i = 0; i < PollsBetweenLooks; i++)
                {
                    pair.Poll();
                }
            }

            Ended = StackClock.Now;
            Processor = CurrentThread.ProcessorTime - used;
            Units = rig.UnitsOf(pair) - units;
        }
    }
}
