using System.Globalization;
using System.Text.RegularExpressions;
using Millrace.Peers.Results;
using OxyPlot;
using OxyPlot.Axes;
using OxyPlot.Legends;
using OxyPlot.Series;

namespace Millrace.Peers.Plots;

/// <summary>Cost over size, batch, routes, flows and connections: a file a sweep and unit, a line a system.</summary>
internal static partial class CostPlots
{
    private static readonly OxyColor[] colors =
    [
        OxyColor.FromRgb(0x1f, 0x77, 0xb4), OxyColor.FromRgb(0x17, 0xbe, 0xcf), OxyColor.FromRgb(0x9e, 0xca, 0xe1), OxyColor.FromRgb(0x33, 0x33, 0x33),
        OxyColor.FromRgb(0xd6, 0x27, 0x28), OxyColor.FromRgb(0x2c, 0xa0, 0x2c), OxyColor.FromRgb(0xff, 0x7f, 0x0e), OxyColor.FromRgb(0x94, 0x67, 0xbd),
    ];

    private static readonly MarkerType[] markers = [MarkerType.Circle, MarkerType.Square, MarkerType.Diamond, MarkerType.Triangle];

    /// <returns>The files. A sweep of which no system has two points gives none.</returns>
    public static IReadOnlyList<string> Write(IReadOnlyList<Figure> figures, string folder)
    {
        var files = new List<string>();
        foreach (var workload in Catalogue.Workloads)
        {
            foreach (var sweep in workload.Sweeps)
            {
                var points = figures.Where(f => f.Workload == workload.Name && f.Valid && sweep.Variants.Contains(f.Asked));
                foreach (var kind in points.GroupBy(f => (Kind: KindOf(f), f.Unit)))
                {
                    var lines = kind.GroupBy(f => f.System).Where(line => line.Count() > 1).OrderBy(line => Systems.SystemNames.All.ToList().IndexOf(line.Key)).ToArray();
                    if (lines.Length == 0)
                    {
                        continue;
                    }

                    Directory.CreateDirectory(folder);
                    string[] parts = [workload.Name, NumberIn().Replace(sweep.Variants[0], ""), kind.Key.Kind];
                    var file = Path.Combine(folder, string.Join('-', parts.Select(part => part.Trim('-')).Where(part => part.Length > 0)).ToLowerInvariant() + ".svg");
                    using var stream = File.Create(file);
                    // viewers differ in dominant-baseline, so the exporter moves texts itself
                    new SvgExporter { Width = 820, Height = 440, UseVerticalTextAlignmentWorkaround = true }.Export(Draw(workload, sweep, kind.Key.Kind, kind.Key.Unit, lines), stream);
                    files.Add(file);
                }
            }
        }

        return files;
    }

    /// <summary>The number of a variant: 1514 of "size-1514", 100,000 of "100k".</summary>
    public static double NumberOf(string variant)
    {
        var match = NumberIn().Match(variant);
        return double.Parse(match.Groups["digits"].Value, CultureInfo.InvariantCulture) * (match.Groups["unit"].Value switch { "k" => 1e3, "m" => 1e6, _ => 1 });
    }

    /// <summary>What the figure is, where a variant has several: "rotate" of "rotate-10k".</summary>
    private static string KindOf(Figure figure) => figure.Variant == figure.Asked ? "" : figure.Variant.Replace(figure.Asked, "", StringComparison.Ordinal).Trim('-');

    private static PlotModel Draw(Workload workload, Sweep sweep, string kind, string unit, IReadOnlyCollection<IGrouping<string, Figure>> lines)
    {
        var model = new PlotModel
        {
            Title = $"{workload.Name} {workload.Title}{(kind.Length > 0 ? $": {kind}" : "")}, by {sweep.Axis}",
            TitleFontSize = 15,
            Background = OxyColors.White,
            PlotAreaBorderColor = OxyColors.Gray,
            DefaultFont = "sans-serif",
            Padding = new OxyThickness(16, 16, 16, 16),
        };
        var how = $"{(lines.Any(line => line.Any(f => f.Cpu is not null)) ? "processor time, " : "")}median of {lines.Max(line => line.Max(f => f.Runs))}, bars from least to most";
        var places = sweep.Variants.Select(NumberOf).ToArray();
        model.Axes.Add(Shown(new PointAxis(places), AxisPosition.Bottom, $"{sweep.Axis}   ({how})", places));
        model.Axes.Add(Shown(new DecadeAxis(), AxisPosition.Left, unit, [.. lines.SelectMany(line => line.SelectMany(f => new[] { f.Spread.Least, f.Spread.Most }))]));
        // The exporter measures another font than the viewer has, and clips a legend to what it measured: the padding is room for wider texts.
        model.Legends.Add(new Legend { LegendPosition = LegendPosition.RightTop, LegendPlacement = LegendPlacement.Outside, LegendBorderThickness = 0, LegendLineSpacing = 6, LegendPadding = 45 });
        foreach (var line in lines)
        {
            var index = Systems.SystemNames.All.ToList().IndexOf(line.Key);
            var color = colors[index % colors.Length];
            var series = new LineSeries { Title = line.Key, Color = color, MarkerType = markers[index % markers.Length], MarkerSize = 4, MarkerFill = color, StrokeThickness = 2 };
            series.Points.AddRange(line.OrderBy(f => NumberOf(f.Asked)).Select(f => new DataPoint(NumberOf(f.Asked), f.Cpu ?? f.Median)));
            var ranges = new LineSeries { Color = color, StrokeThickness = 1.5 };
            ranges.Points.AddRange(line.SelectMany(f => new[] { new DataPoint(NumberOf(f.Asked), f.Spread.Least), new DataPoint(NumberOf(f.Asked), f.Spread.Most), DataPoint.Undefined }));
            model.Series.Add(ranges);
            model.Series.Add(series);
        }

        return model;
    }

    private static LogarithmicAxis Shown(LogarithmicAxis axis, AxisPosition position, string title, IReadOnlyList<double> values)
    {
        // room for markers; an edge that is rounded to a decade would leave most of the picture empty
        (axis.Minimum, axis.Maximum) = (values.Min() / 1.15, values.Max() * 1.15);
        axis.Position = position;
        axis.Title = title;
        axis.AxisTitleDistance = position == AxisPosition.Left ? 26 : 12; // labels are wider in a viewer than the exporter thinks
        axis.MajorGridlineStyle = LineStyle.Solid;
        axis.MajorGridlineColor = OxyColor.FromRgb(0xe0, 0xe0, 0xe0);
        axis.LabelFormatter = value => value.ToString(value < 10 ? "0.##" : "#,0", CultureInfo.InvariantCulture);
        return axis;
    }

    /// <summary>Its ticks are the points that were measured.</summary>
    private sealed class PointAxis(IList<double> points) : LogarithmicAxis
    {
        public override void GetTickValues(out IList<double> majorLabelValues, out IList<double> majorTickValues, out IList<double> minorTickValues)
        {
            majorLabelValues = majorTickValues = [.. points.Where(point => point >= ActualMinimum * 0.999 && point <= ActualMaximum * 1.001)];
            minorTickValues = [];
        }
    }

    /// <summary>Labels at 1, 2 and 5 of each decade.</summary>
    private sealed class DecadeAxis : LogarithmicAxis
    {
        public override void GetTickValues(out IList<double> majorLabelValues, out IList<double> majorTickValues, out IList<double> minorTickValues)
        {
            var first = (int)Math.Floor(Math.Log10(ActualMinimum));
            var decades = Enumerable.Range(first, (int)Math.Ceiling(Math.Log10(ActualMaximum)) - first + 1).Select(exponent => Math.Pow(10, exponent)).ToArray();
            majorLabelValues = majorTickValues = Inside([1, 2, 5]);
            minorTickValues = Inside([3, 4, 6, 7, 8, 9]);

            double[] Inside(double[] steps) => [.. decades.SelectMany(decade => steps.Select(step => decade * step)).Where(value => value >= ActualMinimum && value <= ActualMaximum)];
        }
    }

    [GeneratedRegex("(?<digits>[0-9]+)(?<unit>[km]?)$")]
    private static partial Regex NumberIn();
}
