using System.Text.Json;
using Millrace.Peers.Plots;
using Millrace.Peers.Results;
using Millrace.Peers.Running;
using Spectre.Console;

namespace Millrace.Peers.Tests;

public sealed class ReportTests
{
    [Fact]
    public void The_json_is_a_list_of_rows()
    {
        var text = JsonReport.Write([new("W1", "copying-64", "copying-64", "lwip", "ns/1460B", 2, 1, 3, 1.5, 5, true, "n")], [new("W1", "copying-64", "gvisor", "not built", IsFailure: false)]);
        var rows = JsonDocument.Parse(text).RootElement;
        Assert.Equal(2, rows.GetArrayLength());
        Assert.Equal(["workload", "variant", "system", "unit", "median", "min", "max", "cpu", "runs", "valid", "note"], rows[0].EnumerateObject().Select(p => p.Name));
        Assert.Equal((2, 1, 3, 1.5, 5, true), (rows[0].GetProperty("median").GetDouble(), rows[0].GetProperty("min").GetDouble(), rows[0].GetProperty("max").GetDouble(),
            rows[0].GetProperty("cpu").GetDouble(), rows[0].GetProperty("runs").GetInt32(), rows[0].GetProperty("valid").GetBoolean()));
        Assert.Equal((JsonValueKind.Null, 0, false, "not built"), (rows[1].GetProperty("median").ValueKind, rows[1].GetProperty("runs").GetInt32(),
            rows[1].GetProperty("valid").GetBoolean(), rows[1].GetProperty("note").GetString()));
    }

    [Fact]
    public void The_table_shows_ratios_and_what_is_wrong_void_or_missing()
    {
        var text = Table(
            [Figures.Of("millrace-jit", 10), Figures.Of("floor", 8), Figures.Of("dpdk", 15), Figures.Of("millrace-aot", 1, valid: false)],
            [new("F2", "routes-1", "gvisor", "netstack is no router", IsFailure: false), new("F2", "routes-1", "linux", "exit code 139", IsFailure: true)]);
        Assert.Contains("1.50", text, StringComparison.Ordinal);
        Assert.Contains("void", text, StringComparison.Ordinal);
        Assert.Contains("only 1.88 times as fast as DPDK", text, StringComparison.Ordinal);
        Assert.Contains("INVALID", text, StringComparison.Ordinal);
        Assert.Contains("netstack is no router", text, StringComparison.Ordinal);
        Assert.Contains("FAILED: exit code 139", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_page_has_a_row_a_figure_and_says_who_is_missing()
    {
        var text = MarkdownReport.Write(
            await MachineDescription.ReadAsync(Processor.Allowed()[^1], CancellationToken.None), new DriverOptions { IsShort = true },
            [Figures.Of("millrace-jit", 10, cpu: 10), Figures.Of("dpdk", 15, cpu: 15), Figures.Of("floor", 1, valid: false)],
            [new("F2", "routes-1", "gvisor", "netstack is no router", IsFailure: false)]);
        Assert.Contains("## F2 IPv4 router\n", text, StringComparison.Ordinal);
        Assert.Contains("| routes-1 | millrace-jit | 10.0 | 10.0 … 10.0 | 10.0 | ns/packet | 1.50 |", text, StringComparison.Ordinal);
        Assert.Contains("| routes-1 | floor | INVALID 1.00 |", text, StringComparison.Ordinal);
        Assert.Contains("No gvisor for routes-1: netstack is no router.", text, StringComparison.Ordinal);
        Assert.Contains("5 rounds of short runs", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Each_sweep_that_has_points_becomes_a_picture()
    {
        var folder = Directory.CreateTempSubdirectory("millrace-plots").FullName;
        try
        {
            var files = CostPlots.Write(
                [Figures.Of("floor", 4, variant: "routes-10"), Figures.Of("floor", 5, variant: "routes-1000"), Figures.Of("lwip", 5, variant: "routes-1000"), One("1k", 9), One("10k", 9)],
                folder);
            Assert.Equal(["w4-one.svg", "f2-routes.svg"], files.Select(Path.GetFileName));
            var picture = File.ReadAllText(files[1]);
            Assert.Contains("<svg", picture, StringComparison.Ordinal);
            Assert.Contains(">floor<", picture, StringComparison.Ordinal);
            Assert.DoesNotContain(">lwip<", picture, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        static Figure One(string connections, double value) => new("W4", "one-" + connections, connections, "lwip", "ns/roundtrip", value, value, value, null, 1, true, "");
    }

    [Theory]
    [InlineData("size-1514", 1514)]
    [InlineData("100k", 100_000)]
    [InlineData("1m", 1_000_000)]
    public void The_place_of_a_point_is_in_its_name(string variant, double number) => Assert.Equal(number, CostPlots.NumberOf(variant));

    [Theory]
    [InlineData("AMD EPYC 26 2", "amd-epyc-26-2")]
    [InlineData("Intel(R) Xeon(R) Gold 6248 CPU @ 2.50GHz 6 85", "intel-r-xeon-r-gold-6248-cpu-2.50ghz-6-85")]
    public void A_processor_names_a_folder(string model, string name) => Assert.Equal(name, Processor.AsFileName(model));

    private static string Table(IReadOnlyList<Figure> figures, IReadOnlyCollection<Absence> absences)
    {
        using var text = new StringWriter();
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, Out = new AnsiConsoleOutput(text) });
        console.Profile.Width = 200;
        TableReport.Write(console, figures, absences);
        return text.ToString();
    }
}
