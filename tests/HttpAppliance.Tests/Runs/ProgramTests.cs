namespace HttpAppliance.Tests.Runs;

public sealed class ProgramTests
{
    [Theory]
    [InlineData("--nonsense", 2, "HttpAppliance: Unrecognized command or argument '--nonsense'.")]
    [InlineData("--loss 7", 2, "HttpAppliance: '7' is no value for --loss: write a probability from 0 to 0.5, such as 0.02.")]
    [InlineData("--pcap /nowhere/a.pcap", 1, "HttpAppliance: The capture '/nowhere/a.pcap' does not exist.")]
    [InlineData("--bytes 1 --json /tmp", 1, "HttpAppliance: '/tmp' cannot be written: name another file for --json.")]
    [InlineData("--bytes 1 --json /nowhere/r.json", 1, "HttpAppliance: The folder of '/nowhere/r.json' does not exist: make it, or name another file for --json.")]
    public async Task Wrong_use_gets_one_sentence_and_an_exit_code(string arguments, int exitCode, string message)
    {
        var result = await ApplianceProcess.RunAsync(arguments.Split(' '));
        Assert.Equal(exitCode, result.ExitCode);
        Assert.Equal(message, result.Error.TrimEnd());
    }

    [Fact]
    public async Task Help_names_every_option()
    {
        var result = await ApplianceProcess.RunAsync("--help");
        Assert.Equal(0, result.ExitCode);
        Assert.All(
            ["--tap", "--address", "--pcap", "--bytes", "--loss", "--delay", "--seed", "--json"],
            option => Assert.Contains(option, result.Output, StringComparison.Ordinal));
        Assert.Empty(result.Error);
    }
}
