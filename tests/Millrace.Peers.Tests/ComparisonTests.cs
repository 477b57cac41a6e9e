using Millrace.Peers.Results;

namespace Millrace.Peers.Tests;

public sealed class ComparisonTests
{
    [Fact]
    public void Times_compare_by_processor_time_where_both_have_it()
    {
        Assert.Equal(2, Figures.Of("a", 100, cpu: 10).Against(Figures.Of("b", 50, cpu: 20)));
        Assert.Equal(0.5, Figures.Of("a", 100, cpu: 10).Against(Figures.Of("b", 50)));
    }

    [Fact]
    public void More_is_better_of_a_rate_only()
    {
        Assert.Equal(2, Figures.Of("a", 100, unit: "connections/s").Against(Figures.Of("b", 50, unit: "connections/s")));
        Assert.Equal(0.5, Figures.Of("a", 100, unit: "B/endpoint").Against(Figures.Of("b", 50, unit: "B/endpoint")));
    }

    [Fact]
    public void The_best_peer_is_neither_the_floor_nor_ours_nor_wrong()
    {
        var ours = Figures.Of("millrace-jit", 10);
        var comparison = new Comparison([ours, Figures.Of("millrace-aot", 1), Figures.Of("floor", 1), Figures.Of("gvisor", 40), Figures.Of("lwip", 30), Figures.Of("linux", 1, valid: false), Figures.Of("dpdk", 20)]);
        Assert.Equal("dpdk", comparison.BestPeer(ours)!.System);
        Assert.Equal(2, comparison.ToBestPeer(ours));
        Assert.Equal(0.1, comparison.ToFloor(ours));
    }

    [Fact]
    public void The_best_peer_of_a_rate_has_the_most()
    {
        var ours = Figures.Of("millrace-jit", 100, unit: "connections/s");
        var comparison = new Comparison([ours, Figures.Of("lwip", 40, unit: "connections/s"), Figures.Of("gvisor", 50, unit: "connections/s")]);
        Assert.Equal(2, comparison.ToBestPeer(ours));
    }

    [Fact]
    public void A_wrong_result_has_no_ratio()
    {
        var ours = Figures.Of("millrace-jit", 10, valid: false);
        var comparison = new Comparison([ours, Figures.Of("lwip", 30), Figures.Of("floor", 1)]);
        Assert.Null(comparison.ToBestPeer(ours));
        Assert.Null(comparison.ToFloor(ours));
    }

    [Theory]
    [InlineData(10, 20, false)]
    [InlineData(10, 19, true)]
    public void The_floor_needs_at_most_half_of_what_DPDK_needs(double floor, double dpdk, bool isVoid)
    {
        var ours = Figures.Of("millrace-jit", 10);
        var reason = new Comparison([ours, Figures.Of("floor", floor), Figures.Of("dpdk", dpdk)]).FloorIsVoid(ours);
        Assert.Equal(isVoid, reason is not null);
    }

    [Fact]
    public void Without_DPDK_in_the_same_run_the_floor_is_void()
    {
        var ours = Figures.Of("millrace-jit", 10);
        Assert.Equal("no DPDK in this run", new Comparison([ours, Figures.Of("floor", 10)]).FloorIsVoid(ours));
        Assert.Equal("no DPDK in this run", new Comparison([ours, Figures.Of("floor", 10), Figures.Of("dpdk", 100, variant: "routes-1000")]).FloorIsVoid(ours));
    }

    [Fact]
    public void The_floor_of_a_TCP_workload_needs_no_DPDK()
    {
        var ours = Figures.Of("millrace-jit", 10, workload: "W1", variant: "copying-64");
        Assert.Null(new Comparison([ours, Figures.Of("floor", 5, workload: "W1", variant: "copying-64")]).FloorIsVoid(ours));
    }
}
