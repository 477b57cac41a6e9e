using Millrace.Workloads;

// One workload in one variant a process: the driver (benchmarks/Millrace.Peers) starts it, pins it and interleaves it with others.
if (args is ["list"])
{
    foreach (var (workload, variant) in Catalogue.All.Keys)
    {
        Console.WriteLine($"{workload} {variant}");
    }

    return 0;
}

if (args is not ["run", var name, var kind, .. var rest] || rest is not ([] or ["--quick"]))
{
    Console.Error.WriteLine("Usage: Millrace.Workloads list | run WORKLOAD VARIANT [--quick]; list shows what can be run.");
    return 2;
}

if (!Catalogue.All.TryGetValue((name, kind), out var measure))
{
    Console.WriteLine(Reading.Unsupported(kind, "Millrace has no such workload").ToJson());
    return 0;
}

foreach (var reading in measure(new RunLength(rest is ["--quick"])))
{
    Console.WriteLine(reading.ToJson());
}

return 0;
