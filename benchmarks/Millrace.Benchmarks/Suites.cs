using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Environments;
using BenchmarkDotNet.Exporters;
using BenchmarkDotNet.Exporters.Json;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Order;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Millrace.Benchmarks.Generator;
using Millrace.Benchmarks.Headers;
using Millrace.Benchmarks.Loops;
using Millrace.Benchmarks.Stages;
using Perfolizer.Horology;

namespace Millrace.Benchmarks;

/// <summary>What BenchmarkDotNet measures here, and how.</summary>
public static class Suites
{
    public static Type[] All { get; } =
    [
        typeof(EthernetHeaders), typeof(VlanTags), typeof(ArpPackets), typeof(Ipv4Headers), typeof(IcmpHeaders), typeof(UdpHeaders),
        typeof(TcpHeaders), typeof(TcpOptionLists), typeof(FastOpenOptions), typeof(Addresses), typeof(Checksums), typeof(FlowHashes),
        typeof(ReceiveStages), typeof(TcpStages), typeof(StackGeneration),
        typeof(IngressLoop), typeof(RouterLoop),
    ];

    /// <summary>
    /// What is compared is measured in one process, in one run, by processor time where the system tells a thread's, so that a busy
    /// machine matters less and is busy for all.
    /// </summary>
    public static IConfig Config { get; } = ManualConfig.CreateEmpty()
        .AddJob(Job.Default.WithRuntime(CoreRuntime.Core10_0).WithToolchain(InProcessEmitToolchain.Instance)
            .WithWarmupCount(8).WithIterationCount(15).WithMinIterationTime(TimeInterval.FromMilliseconds(50))
            .WithClock(OperatingSystem.IsLinux() ? new ProcessorClock() : Chronometer.BestClock))
        .AddLogger(ConsoleLogger.Default)
        .AddColumnProvider(DefaultColumnProviders.Instance)
        .AddColumn(StatisticColumn.Median, StatisticColumn.Min, StatisticColumn.Max)
        .HideColumns(Column.Error, Column.StdDev, Column.RatioSD, Column.AllocRatio, Column.Gen0, Column.Gen1, Column.Gen2)
        .WithOrderer(new DefaultOrderer(SummaryOrderPolicy.Declared, MethodOrderPolicy.Declared))
        .WithSummaryStyle(SummaryStyle.Default.WithMaxParameterColumnWidth(40))
        .AddColumn(new WithoutColumn(), new PriceColumn())
        .AddDiagnoser(MemoryDiagnoser.Default)
        .AddExporter(MarkdownExporter.GitHub, JsonExporter.FullCompressed);
}
