using System.Globalization;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;

namespace Millrace.Benchmarks.Stages;

/// <summary>
/// Beside each case of <see cref="StageCase"/> what its stage costs: the least of its iterations less the least of the case without, by
/// the same method, because what a shared machine does to an iteration is always to make it longer.
/// </summary>
public sealed class PriceColumn : IColumn
{
    public string Id => nameof(PriceColumn);

    public string ColumnName => "Price";

    public string Legend => "What the stage costs: Min less that of the case named in Without";

    public bool AlwaysShow => true;

    public ColumnCategory Category => ColumnCategory.Custom;

    public int PriorityInCategory => 1;

    public bool IsNumeric => true;

    public UnitType UnitType => UnitType.Time;

    public bool IsAvailable(Summary summary) => summary.BenchmarksCases.Any(static benchmark => CaseOf(benchmark) is not null);

    public bool IsDefault(Summary summary, BenchmarkCase benchmarkCase) => false;

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase, SummaryStyle style) => GetValue(summary, benchmarkCase);

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase)
    {
        var without = CaseOf(benchmarkCase)?.Without;
        var other = summary.BenchmarksCases.FirstOrDefault(other => other.Descriptor.WorkloadMethod == benchmarkCase.Descriptor.WorkloadMethod && CaseOf(other)?.Name == without);
        return other is not null && summary[benchmarkCase]?.ResultStatistics is { } with && summary[other]?.ResultStatistics is { } less
            ? (with.Min - less.Min).ToString("+0.0 ns;-0.0 ns", CultureInfo.InvariantCulture)
            : "";
    }

    internal static StageCase? CaseOf(BenchmarkCase benchmark) => benchmark.Parameters.Items.Select(static item => item.Value).OfType<StageCase>().FirstOrDefault();
}

/// <summary>The case that <see cref="PriceColumn"/> takes away.</summary>
public sealed class WithoutColumn : IColumn
{
    public string Id => nameof(WithoutColumn);

    public string ColumnName => "Without";

    public string Legend => "The case that has one stage less";

    public bool AlwaysShow => true;

    public ColumnCategory Category => ColumnCategory.Custom;

    public int PriorityInCategory => 0;

    public bool IsNumeric => false;

    public UnitType UnitType => UnitType.Dimensionless;

    public bool IsAvailable(Summary summary) => summary.BenchmarksCases.Any(static benchmark => PriceColumn.CaseOf(benchmark) is not null);

    public bool IsDefault(Summary summary, BenchmarkCase benchmarkCase) => false;

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase, SummaryStyle style) => GetValue(summary, benchmarkCase);

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase) => PriceColumn.CaseOf(benchmarkCase)?.Without ?? "";
}
