using System.Text.Json;
using SteeringLab.Readings;
using SteeringLab.Steering;

namespace SteeringLab.Reports;

/// <summary>The report for programs: one object, names in camel case, counts as numbers; --help describes it.</summary>
internal static class JsonReport
{
    public const string Schema =
        """
        The JSON file is one object. Its members:
          good, failures[]                                    whether the exit code is 0, and why not
          optimised, seed, seconds                            the run; seconds of traffic
          packets, packetsPerSecond, bitsPerSecond            that came to the server's transports while it ran; payload
          reordered, wrongBytes, verified                     0, 0, true in a good run
          lost, lostByWire, countedDrops, unexplained         packets; unexplained is 0 in a good run
          ledgersBalanced, packetsInRings                     of each worker, of the generator, and between the workers
          options { flows, mix, workers, load, loss, reorder, churn, script }
          changes { count, byKind { rssRandom: n, ... } }
          steering { rssEntries[], rpsMask, xpsMap, xpsMasks[], busyPollMicroseconds }     at the end
          flows[] { protocol, source, destination, hash, weight, entry, entryQueue, queue, worker, target, owned,
                    sent, packets, bytes, packetsPerSecond, queueMoves, workerMoves, reordered, wrongBytes }
          queues[] { queue, packets, posted, ringSize, missed, entries }
          workers[] { worker, pinning, packets, processorSeconds, polls, emptyPolls, busyPolls, sleeps, interrupts,
                      backlog, kicks, ledger }
          generator                                           its ledger
        A ledger is { balanced, received, steeredIn, steeredOut, delivered, consumed, forwarded, ingressDropped, heldIngress,
                      created, transmitted, egressDropped, heldEgress, drops { REASON: n } }.
        """;

    /// <summary>Refuses a file that no report can be written to before the run instead of after it; leaves it as it is.</summary>
    public static void EnsureWritable(string path)
    {
        if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder && !Directory.Exists(folder))
        {
            throw new LabException($"The folder of '{path}' does not exist: make it, or name another file for --json.");
        }

        var existed = File.Exists(path);
        Open(path, FileMode.OpenOrCreate).Dispose();
        if (!existed)
        {
            File.Delete(path);
        }
    }

    public static void Write(LabReport report, string path)
    {
        try
        {
            using var file = Open(path, FileMode.Create);
            Write(report, file);
        }
        catch (IOException exception)
        {
            throw new LabException($"The report could not be written to '{path}': {exception.Message}", exception);
        }
    }

    public static void Write(LabReport report, Stream stream)
    {
        using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true });
        json.WriteStartObject();
        WriteResult(json, report);
        WriteOptions(json, report);
        WriteSteering(json, report.Final.Steering);
        WriteArray(json, "flows", report.Final.Flows, flow => WriteFlow(json, flow, report.Seconds));
        WriteArray(json, "queues", report.Final.Queues, queue => WriteQueue(json, queue));
        WriteArray(json, "workers", report.Final.Workers, worker => WriteWorker(json, worker));
        if (report.Final.Generator is { } generator)
        {
            WriteLedger(json, "generator", generator);
        }

        json.WriteEndObject();
    }

    private static void WriteResult(Utf8JsonWriter json, LabReport report)
    {
        json.WriteBoolean("good", report.IsGood);
        WriteArray(json, "failures", report.Failures, json.WriteStringValue);
        json.WriteBoolean("optimised", report.Optimised);
        json.WriteNumber("seed", report.Seed);
        json.WriteNumber("seconds", report.Seconds);
        json.WriteNumber("packets", report.PacketsInTime);
        json.WriteNumber("packetsPerSecond", report.PacketsPerSecond);
        json.WriteNumber("bitsPerSecond", report.BitsPerSecond);
        json.WriteNumber("reordered", report.Final.Reordered);
        json.WriteNumber("wrongBytes", report.Final.WrongBytes);
        json.WriteBoolean("verified", report.IsVerified);
        json.WriteNumber("lost", report.Lost);
        json.WriteNumber("lostByWire", report.LostByWire);
        json.WriteNumber("countedDrops", report.Counted);
        json.WriteNumber("unexplained", report.Unexplained);
        json.WriteBoolean("ledgersBalanced", report.AreLedgersBalanced);
        json.WriteNumber("packetsInRings", report.Final.PacketsInRings);
    }

    private static void WriteOptions(Utf8JsonWriter json, LabReport report)
    {
        var options = report.Options;
        json.WriteStartObject("options");
        json.WriteNumber("flows", options.Flows);
        json.WriteString("mix", JsonNamingPolicy.CamelCase.ConvertName(options.Mix.ToString()));
        json.WriteNumber("workers", options.Workers);
        json.WriteNumber("load", options.Load);
        json.WriteNumber("loss", options.Loss);
        json.WriteNumber("reorder", options.Reorder);
        WriteOptional(json, "churn", options.Churn);
        json.WriteString("script", options.Script?.Text);
        json.WriteEndObject();
        json.WriteStartObject("changes");
        json.WriteNumber("count", report.Final.Steering.ChangeCount);
        json.WriteStartObject("byKind");
        foreach (var (kind, count) in report.ChangesByKind)
        {
            json.WriteNumber(JsonNamingPolicy.CamelCase.ConvertName(kind.ToString()), count);
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteSteering(Utf8JsonWriter json, SteeringReading steering)
    {
        json.WriteStartObject("steering");
        WriteArray(json, "rssEntries", steering.RssEntries, json.WriteNumberValue);
        WriteOptional(json, "rpsMask", steering.RpsMask);
        json.WriteString("xpsMap", steering.XpsName);
        WriteArray(json, "xpsMasks", steering.XpsMasks, json.WriteNumberValue);
        json.WriteNumber("busyPollMicroseconds", steering.BusyPollMicroseconds);
        json.WriteEndObject();
    }

    private static void WriteFlow(Utf8JsonWriter json, FlowReading reading, double seconds)
    {
        var flow = reading.Flow;
        json.WriteStartObject();
        json.WriteString("protocol", flow.Protocol.ToString().ToUpperInvariant());
        json.WriteString("source", flow.Source.ToString());
        json.WriteString("destination", flow.Destination.ToString());
        json.WriteNumber("hash", flow.Hash);
        json.WriteNumber("weight", flow.Weight);
        json.WriteNumber("entry", reading.Entry);
        json.WriteNumber("entryQueue", reading.EntryQueue);
        json.WriteNumber("queue", reading.Queue);
        json.WriteNumber("worker", reading.Worker);
        json.WriteNumber("target", reading.Target);
        json.WriteBoolean("owned", reading.IsOwned);
        json.WriteNumber("sent", flow.SentPackets);
        json.WriteNumber("packets", reading.Packets);
        json.WriteNumber("bytes", reading.Bytes);
        json.WriteNumber("packetsPerSecond", reading.Packets / Math.Max(seconds, 1e-9));
        json.WriteNumber("queueMoves", reading.QueueMoves);
        json.WriteNumber("workerMoves", reading.WorkerMoves);
        json.WriteNumber("reordered", reading.Reordered);
        json.WriteNumber("wrongBytes", reading.WrongBytes);
        json.WriteEndObject();
    }

    private static void WriteQueue(Utf8JsonWriter json, QueueReading queue)
    {
        json.WriteStartObject();
        json.WriteNumber("queue", queue.Queue);
        json.WriteNumber("packets", queue.Packets);
        json.WriteNumber("posted", queue.Posted);
        json.WriteNumber("ringSize", queue.RingSize);
        json.WriteNumber("missed", queue.Missed);
        json.WriteNumber("entries", queue.Entries);
        json.WriteEndObject();
    }

    private static void WriteWorker(Utf8JsonWriter json, WorkerReading worker)
    {
        json.WriteStartObject();
        json.WriteNumber("worker", worker.Worker);
        json.WriteString("pinning", worker.Pinning);
        json.WriteNumber("packets", worker.Taken);
        json.WriteNumber("processorSeconds", worker.ProcessorTime.TotalSeconds);
        json.WriteNumber("polls", worker.Counters.Polls);
        json.WriteNumber("emptyPolls", worker.Counters.EmptyPolls);
        json.WriteNumber("busyPolls", worker.Counters.BusyPolls);
        json.WriteNumber("sleeps", worker.Counters.Sleeps);
        json.WriteNumber("interrupts", worker.Counters.Interrupts);
        json.WriteNumber("backlog", worker.Backlog);
        json.WriteNumber("kicks", worker.Kicks);
        WriteLedger(json, "ledger", worker.Ledger);
        json.WriteEndObject();
    }

    private static void WriteLedger(Utf8JsonWriter json, string name, LedgerReading ledger)
    {
        json.WriteStartObject(name);
        json.WriteBoolean("balanced", ledger.IsBalanced);
        json.WriteNumber("received", ledger.Received);
        json.WriteNumber("steeredIn", ledger.SteeredIn);
        json.WriteNumber("steeredOut", ledger.SteeredOut);
        json.WriteNumber("delivered", ledger.Delivered);
        json.WriteNumber("consumed", ledger.Consumed);
        json.WriteNumber("forwarded", ledger.Forwarded);
        json.WriteNumber("ingressDropped", ledger.IngressDropped);
        json.WriteNumber("heldIngress", ledger.HeldIngress);
        json.WriteNumber("created", ledger.Created);
        json.WriteNumber("transmitted", ledger.Transmitted);
        json.WriteNumber("egressDropped", ledger.EgressDropped);
        json.WriteNumber("heldEgress", ledger.HeldEgress);
        json.WriteStartObject("drops");
        foreach (var drop in ledger.Drops)
        {
            json.WriteNumber(drop.Reason, drop.Count);
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteArray<T>(Utf8JsonWriter json, string name, IEnumerable<T> items, Action<T> write)
    {
        json.WriteStartArray(name);
        foreach (var item in items)
        {
            write(item);
        }

        json.WriteEndArray();
    }

    private static void WriteOptional(Utf8JsonWriter json, string name, double? value)
    {
        if (value is { } known)
        {
            json.WriteNumber(name, known);
        }
        else
        {
            json.WriteNull(name);
        }
    }

    private static FileStream Open(string path, FileMode mode)
    {
        try
        {
            return new FileStream(path, mode, FileAccess.Write);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new LabException($"'{path}' cannot be written: name another file for --json.", exception);
        }
    }
}
