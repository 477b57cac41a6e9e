using Millrace;

namespace SteeringLab.Readings;

/// <summary>What happened between two readings, a second.</summary>
internal sealed class LabRates(LabReading? before, LabReading now)
{
    private readonly double seconds = Math.Max(now.Seconds - (before?.Seconds ?? 0), 1e-3);

    public LabReading Now => now;

    public double Packets => Rate(now.Packets, before?.Packets);

    public double BitsPerSecond => Rate(now.Bytes, before?.Bytes) * 8;

    public double PacketsOf(FlowReading flow) => Rate(flow.Packets, before?.Flows[flow.Flow.Index].Packets);

    public double PacketsOf(QueueReading queue) => Rate(queue.Packets, before?.Queues[queue.Queue].Packets);

    /// <summary>Of what one worker counted.</summary>
    public double Of(WorkerReading worker, Func<WorkerReading, long> count) =>
        Rate(count(worker), before is null ? null : count(before.Workers[worker.Worker]));

    public double Of(WorkerReading worker, Func<WorkerCounters, long> count) => Of(worker, reading => count(reading.Counters));

    /// <summary>The part of a processor that a worker used, from 0 to 1.</summary>
    public double ProcessorShareOf(WorkerReading worker) =>
        (worker.ProcessorTime - (before?.Workers[worker.Worker].ProcessorTime ?? TimeSpan.Zero)).TotalSeconds / seconds;

    private double Rate(long count, long? countBefore) => (count - (countBefore ?? 0)) / seconds;
}
