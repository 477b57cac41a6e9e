using System.Text.Json;

namespace HttpAppliance.Reports;

/// <summary>The report for programs: one object, names in camel case, counts as numbers.</summary>
internal static class JsonReport
{
    /// <summary>Refuses a file that no report can be written to before the run instead of after it; leaves it as it is.</summary>
    public static void EnsureWritable(string path)
    {
        if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder && !Directory.Exists(folder))
        {
            throw new ApplianceException($"The folder of '{path}' does not exist: make it, or name another file for --json.");
        }

        var existed = File.Exists(path);
        Open(path, FileMode.OpenOrCreate).Dispose();
        if (!existed)
        {
            File.Delete(path);
        }
    }

    public static void Write(RunReport report, string path)
    {
        try
        {
            using var file = Open(path, FileMode.Create);
            Write(report, file);
        }
        catch (IOException exception)
        {
            throw new ApplianceException($"The report could not be written to '{path}': {exception.Message}", exception);
        }
    }

    public static void Write(RunReport report, Stream stream)
    {
        using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true });
        json.WriteStartObject();
        json.WriteString("mode", report.Mode);
        WriteOptional(json, "verified", report.Verified);
        json.WriteString("failure", report.Failure);
        json.WriteBoolean("optimised", report.Optimised);
        json.WriteString("time", report.VirtualSeconds is null ? "real" : "virtual");
        json.WriteNumber("bytes", report.Bytes);
        json.WriteNumber("seconds", report.Seconds);
        WriteOptional(json, "virtualSeconds", report.VirtualSeconds);
        WriteOptional(json, "allocatedBytesPerPacket", report.AllocatedBytesPerPacket);
        json.WriteNumber("measuredPackets", report.MeasuredPackets);
        json.WriteNumber("framesLost", report.FramesLost);
        json.WriteNumber("framesLeaked", report.FramesLeaked);
        json.WriteBoolean("ledgersBalanced", report.Stacks.All(stack => stack.IsBalanced));
        if (report.Seed is { } seed)
        {
            json.WriteNumber("seed", seed);
        }

        WriteDrops(json, report.Stacks.SelectMany(stack => stack.Drops));
        json.WriteStartArray("stages");
        foreach (var stack in report.Stacks)
        {
            WriteStages(json, stack);
        }

        json.WriteEndArray();
        json.WriteStartArray("stacks");
        foreach (var stack in report.Stacks)
        {
            WriteStack(json, stack);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteStages(Utf8JsonWriter json, StackReport stack)
    {
        foreach (var stage in stack.Stages)
        {
            json.WriteStartObject();
            json.WriteString("stack", stack.Name);
            json.WriteString("name", stage.Name);
            json.WriteNumber("packets", stage.Received + stage.Transmitted);
            json.WriteNumber("received", stage.Received);
            json.WriteNumber("transmitted", stage.Transmitted);
            json.WriteEndObject();
        }
    }

    private static void WriteStack(Utf8JsonWriter json, StackReport stack)
    {
        json.WriteStartObject();
        json.WriteString("name", stack.Name);
        json.WriteBoolean("balanced", stack.IsBalanced);
        json.WriteNumber("framesLeaked", stack.FramesLeaked);
        json.WriteNumber("received", stack.Ledger.Received);
        json.WriteNumber("delivered", stack.Ledger.Delivered);
        json.WriteNumber("consumed", stack.Ledger.Consumed);
        json.WriteNumber("forwarded", stack.Ledger.Forwarded);
        json.WriteNumber("ingressDropped", stack.Ledger.IngressDropped);
        json.WriteNumber("heldIngress", stack.Ledger.HeldIngress);
        json.WriteNumber("created", stack.Ledger.Created);
        json.WriteNumber("transmitted", stack.Ledger.Transmitted);
        json.WriteNumber("egressDropped", stack.Ledger.EgressDropped);
        json.WriteNumber("heldEgress", stack.Ledger.HeldEgress);
        WriteDrops(json, stack.Drops);
        json.WriteEndObject();
    }

    private static void WriteDrops(Utf8JsonWriter json, IEnumerable<DropReport> drops)
    {
        json.WriteStartObject("drops");
        foreach (var reason in drops.GroupBy(drop => drop.Reason))
        {
            json.WriteNumber(reason.Key, reason.Sum(drop => drop.Count));
        }

        json.WriteEndObject();
    }

    private static void WriteOptional(Utf8JsonWriter json, string name, bool? value)
    {
        if (value is { } known)
        {
            json.WriteBoolean(name, known);
        }
        else
        {
            json.WriteNull(name);
        }
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
            throw new ApplianceException($"'{path}' cannot be written: name another file for --json.", exception);
        }
    }
}
