using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Environments;
using BenchmarkDotNet.Exporters;
using BenchmarkDotNet.Exporters.Json;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Millrace.Benchmarks;
using Millrace.Benchmarks.Scaling;
using Millrace.Benchmarks.WaysIn;

if (args is ["ways-in", ..])
{
    return WaysInBenchmark.Run(args[1..]);
}

if (args is ["scaling", ..])
{
    return ScalingBenchmark.Run(args[1..]);
}

// What is compared is measured in one process, in one run, so that a busy machine is busy for all.
var job = Job.Default.WithRuntime(CoreRuntime.Core10_0).WithToolchain(InProcessEmitToolchain.DontLogOutput).WithWarmupCount(5).WithIterationCount(20).WithMinIterationTime(Perfolizer.Horology.TimeInterval.FromMilliseconds(100));
var config = ManualConfig.CreateEmpty()
    .AddJob(job)
    .AddLogger(ConsoleLogger.Default)
    .AddColumnProvider(DefaultColumnProviders.Instance)
    .AddColumn(StatisticColumn.Median, StatisticColumn.Min, StatisticColumn.Max)
    .AddDiagnoser(MemoryDiagnoser.Default)
    .AddExporter(MarkdownExporter.GitHub, JsonExporter.FullCompressed);
BenchmarkSwitcher.FromTypes([typeof(IngressLoop), typeof(Checksums)]).Run(args, config);
return 0;
