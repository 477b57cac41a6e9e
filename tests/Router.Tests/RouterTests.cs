using Millrace.Tests;

namespace Router.Tests;

public sealed class RouterTests
{
    [Fact]
    public void In_memory_every_datagram_reaches_the_next_router_over_ten_thousand_routes()
    {
        var output = new StringWriter();
        using var run = new MemoryRun(output);
        Assert.True(run.Execute(RouterOptions.Parse(["--routes", "10000", "--route", "172.16.0.0/12=10.2.0.2"])), output.ToString());
        Assert.Contains("200,000 of 200,000 datagrams", output.ToString(), StringComparison.Ordinal);
        Assert.Equal(10_001 + 3 + 2, run.Router.Ipv4.RouteCount);
        Assert.Equal(200_000, run.Router.Ledger.Forwarded);
    }

    [Fact]
    public void Between_two_kernels_pings_and_TCP_pass()
    {
        Requires.Tap();
        Requires.Tool("ping");
        var output = new StringWriter();
        using var run = new TapRun(output);
        Assert.True(run.Execute(RouterOptions.Parse(["--tap"]), length: 8 << 20), output.ToString());
    }

    [Theory]
    [InlineData("--routes takes a number from 0 to 900000, as --routes 500000", "--routes", "many")]
    [InlineData("'172.16.0.0/12' is not a route; write one as --route 172.16.0.0/12=10.2.0.2", "--route", "172.16.0.0/12")]
    [InlineData(RouterOptions.Usage, "--help")]
    public void Wrong_use_says_what_to_write(string message, params string[] arguments) =>
        Assert.Equal(message, Assert.Throws<FormatException>(() => RouterOptions.Parse(arguments)).Message);
}
