using Millrace.Peers.Results;
using Millrace.Peers.Running;

namespace Millrace.Peers.Tests;

public sealed class FigureTests
{
    [Theory]
    [InlineData(new[] { 3.0 }, 3.0)]
    [InlineData(new[] { 9.0, 1.0, 5.0 }, 5.0)]
    [InlineData(new[] { 8.0, 1.0, 2.0, 4.0 }, 3.0)]
    public void The_median_is_the_middle_one_or_the_mean_of_two(double[] values, double expected) => Assert.Equal(expected, Figure.MedianOf(values));

    [Fact]
    public void There_is_no_median_of_nothing() => Assert.Throws<ArgumentException>(() => Figure.MedianOf([]));

    [Fact]
    public void Runs_of_a_system_become_one_figure()
    {
        var figure = Assert.Single(Figure.Of([Run(1, 10, 4), Run(2, 30, 6), Run(3, 20, 5)]));
        Assert.Equal((20, 10, 30, 5.0, 3, true), (figure.Median, figure.Min, figure.Max, figure.Cpu, figure.Runs, figure.Valid));
    }

    [Fact]
    public void Several_figures_of_one_variant_stay_apart()
    {
        var figures = Figure.Of([Run(1, 10, 4) with { Variant = "one-10k" }, Run(1, 20, 4) with { Variant = "rotate-10k" }]);
        Assert.Equal(["one-10k", "rotate-10k"], figures.Select(f => f.Variant));
    }

    [Fact]
    public void One_wrong_run_makes_the_figure_invalid_and_says_why()
    {
        var figure = Assert.Single(Figure.Of([Run(1, 10, 4), Run(2, 10, 4) with { Valid = false, Note = "a byte was wrong" }]));
        Assert.False(figure.Valid);
        Assert.Equal("a byte was wrong", figure.Note);
    }

    [Fact]
    public void A_run_without_processor_time_leaves_none() => Assert.Null(Assert.Single(Figure.Of([Run(1, 10, 4), Run(2, 10, null)])).Cpu);

    [Fact]
    public void Runs_in_two_units_are_no_figure() => Assert.False(Assert.Single(Figure.Of([Run(1, 10, 4), Run(2, 10, 4) with { Unit = "ms" }])).Valid);

    private static Run Run(int round, double value, double? cpu) => new("W4", "10k", "10k", "lwip", round, "ns/roundtrip", value, cpu, true, "");
}
