using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Environments;
using BenchmarkDotNet.Exporters;
using BenchmarkDotNet.Exporters.Json;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Millrace.Benchmarks.Headers;
using Millrace.Benchmarks.Loops;
using Perfolizer.Horology;

namespace Millrace.Benchmarks;

/// <summary>What BenchmarkDotNet measures here, and how.</summary>
public static class Suites
{
    public static Type[] All { get; } =
    [
        typeof(EthernetHeaders), typeof(VlanTags), typeof(ArpPackets), typeof(Ipv4Headers), typeof(IcmpHeaders), typeof(UdpHeaders),
        typeof(TcpHeaders), typeof(TcpOptionLists), typeof(FastOpenOptions), typeof(Addresses), typeof(Checksums), typeof(FlowHashes),
        typeof(IngressLoop),
    ];

    /// <summary>What is compared is measured in one process, in one run, so that a busy machine is busy for all.</summary>
    public static IConfig Config { get; } = ManualConfig.CreateEmpty()
        .AddJob(Job.Default.WithRuntime(CoreRuntime.Core10_0).WithToolchain(InProcessEmitToolchain.DontLogOutput)
            .WithWarmupCount(8).WithIterationCount(15).WithMinIterationTime(TimeInterval.FromMilliseconds(50)))
        .AddLogger(ConsoleLogger.Default)
        .AddColumnProvider(DefaultColumnProviders.Instance)
        .AddColumn(StatisticColumn.Median, StatisticColumn.Min, StatisticColumn.Max)
        .AddDiagnoser(MemoryDiagnoser.Default)
        .AddExporter(MarkdownExporter.GitHub, JsonExporter.FullCompressed);
}
