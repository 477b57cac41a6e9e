using SteeringLab.Steering;

namespace SteeringLab.Tests;

public sealed class CommandLineTests
{
    [Fact]
    public void Without_options_64_flows_run_until_somebody_ends_it() => Assert.Equal(new LabOptions(), Parse());

    [Fact]
    public void Every_option_arrives()
    {
        var options = Parse(
            "--flows", "8", "--mix", "udp", "--workers", "1", "--load", "5000", "--loss", "0.01", "--reorder", "0.5", "--seconds", "2.5", "--script", "1s:rss even", "--churn", "0.1",
            "--seed", "7", "--json", "r.json");
        Assert.Equal(
            new LabOptions { Flows = 8, Mix = FlowMix.Udp, Workers = 1, Load = 5000, Loss = 0.01, Reorder = 0.5, Seconds = 2.5, Churn = 0.1, Seed = 7, Json = "r.json" },
            options with { Script = null });
        Assert.Equal([new ScriptStep(1, new LabChange(ChangeKind.RssEven))], options.Script!.Steps);
    }

    [Theory]
    [InlineData("--what", "Unrecognized command or argument '--what'.")]
    [InlineData("--flows 513", "'513' is no value for --flows: write a whole number from 1 to 512.")]
    [InlineData("--workers 3", "'3' is no value for --workers: write a whole number from 1 to 2.")]
    [InlineData("--mix sctp", "'sctp' is no value for --mix: write tcp, udp or both.")]
    [InlineData("--load -1", "'-1' is no value for --load: write a whole number from 0 to 100000000.")]
    [InlineData("--loss 0.6", "'0.6' is no value for --loss: write a probability from 0 to 0.5, such as 0.02.")]
    [InlineData("--seconds soon", "'soon' is no value for --seconds: write a number of seconds, such as 2 or 0.5.")]
    [InlineData("--churn 0", "'0' is no value for --churn: write a number of seconds from 0.001, such as 0.1.")]
    [InlineData("--seed x", "'x' is no value for --seed: write a whole number from 0 to 18446744073709551615.")]
    [InlineData("--json ", "'' is no value for --json: write the name of a file.")]
    [InlineData("--script rss_even", "--script: 'rss_even' does not begin with a time: write for example 1.5s:rss random or 500ms:rps 0x1.")]
    [InlineData("--script 1s:rss_even", "--script: 'rss_even' is no change: write one of rss random|rotate|even|all QUEUE, rps MASK|next, xps own|crossed|all|first|next, busy MICROSECONDS|toggle, team stop|start.")]
    [InlineData("--script ;", "--script: it has no step: write for example 1s:rss random;2s:rps 0x1.")]
    [InlineData("--script 1s:rps_0x4", "--script asks for RpsMask, which two workers cannot do: queues are 0 and 1, masks 0x0 to 0x3.")]
    [InlineData("--workers 1 --script 1s:xps_all", "--script asks for XpsMap, which one worker has no use for: leave it out, or ask for --workers 2.")]
    public void A_wrong_option_gets_one_sentence(string arguments, string message)
    {
        // an underscore within a script's step that is meant stands for a space
        var split = arguments.Split(' ').Select(word => word.Contains("ps_", StringComparison.Ordinal) ? word.Replace('_', ' ') : word);
        var errors = new CommandLine(_ => 0).Root.Parse([.. split]).Errors;
        Assert.Equal(message, errors[0].Message);
    }

    private static LabOptions Parse(params string[] arguments)
    {
        LabOptions? options = null;
        var result = new CommandLine(given =>
        {
            options = given;
            return 0;
        }).Root.Parse(arguments);
        Assert.Empty(result.Errors);
        result.Invoke();
        return options!;
    }
}
