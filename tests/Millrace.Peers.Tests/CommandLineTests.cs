namespace Millrace.Peers.Tests;

public sealed class CommandLineTests
{
    [Fact]
    public void Without_options_everything_runs_five_times()
    {
        var options = Parse();
        Assert.Empty(options.Only);
        Assert.Equal((5, false, false, false), (options.Rounds, options.Quick, options.Plots, options.Install));
    }

    [Fact]
    public void Every_option_arrives()
    {
        var options = Parse("--only", "w1,F2", "--systems", "floor,dpdk", "--variants", "routes-1", "--runs", "7", "--quick", "--plots", "--json", "r.json", "--cpu", "1");
        Assert.Equal(["W1", "F2"], options.Only);
        Assert.Equal(["floor", "dpdk"], options.Systems);
        Assert.Equal(["routes-1"], options.Variants);
        Assert.Equal((7, true, true, "r.json", 1), (options.Rounds, options.Quick, options.Plots, options.Json, options.Cpu));
    }

    [Theory]
    [InlineData("--what", "Unrecognized command or argument '--what'.")]
    [InlineData("--only W9", "'W9' is no value for --only: write some of W1, W2, W3, W4, F1, F2, F4, L1.")]
    [InlineData("--only ,", "--only is empty: write some of W1, W2, W3, W4, F1, F2, F4, L1, or leave it away for all.")]
    [InlineData("--systems smoltcp", "'smoltcp' is no value for --systems: write some of millrace-jit, millrace-aot, millrace-aot-baseline, floor, lwip, gvisor, dpdk, linux.")]
    [InlineData("--runs 0", "'0' is no value for --runs: write a number from 1 to 1000.")]
    [InlineData("--cpu x", "'x' is no value for --cpu: write the number of a processor.")]
    [InlineData("--json /no/such/r.json", "--json /no/such/r.json: there is no folder /no/such.")]
    [InlineData("--json ", "'' is no value for --json: write the name of a file.")]
    public void A_wrong_option_gets_one_sentence(string arguments, string message) =>
        Assert.Equal(message, new CommandLine((_, _) => Task.FromResult(0)).Root.Parse(arguments.Split(' ')).Errors[0].Message);

    [Fact]
    public void A_record_is_no_quick_answer() =>
        Assert.Equal("--quick gives an answer within a minute, --short a record: write one of them.", CommandLine.Refusal(new DriverOptions { Quick = true, IsShort = true }));

    [Fact]
    public void A_short_record_has_five_rounds_of_all_variants_and_no_points_of_plots()
    {
        var options = new DriverOptions { IsShort = true };
        Assert.Equal(5, options.Rounds);
        Assert.All(Catalogue.Choose(options), c => Assert.Equal(c.Workload.Variants, c.Variants));
        Assert.Equal(Catalogue.Workloads.Count, Catalogue.Choose(options).Count());
    }

    [Fact]
    public void A_variant_must_belong_to_a_workload_that_runs()
    {
        Assert.Equal("'hot' is no variant of W1 or F2: leave --only away, or name the workload that has it.", CommandLine.Refusal(new DriverOptions { Only = ["W1", "F2"], Variants = ["routes-1", "hot"] }));
        Assert.Null(CommandLine.Refusal(new DriverOptions { Variants = ["hot"] }));
    }

    private static DriverOptions Parse(params string[] arguments)
    {
        DriverOptions? options = null;
        var result = new CommandLine((given, _) =>
        {
            options = given;
            return Task.FromResult(0);
        }).Root.Parse(arguments);
        Assert.Empty(result.Errors);
        Assert.Equal(0, result.Invoke());
        return options!;
    }
}
