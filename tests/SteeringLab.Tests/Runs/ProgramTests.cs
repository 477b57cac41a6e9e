using System.Text.Json;

namespace SteeringLab.Tests.Runs;

public sealed class ProgramTests
{
    private const char Escape = '\u001b';

    [Fact]
    public async Task Two_seconds_of_churn_reorder_nothing_and_lose_nothing_uncounted()
    {
        var path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        try
        {
            var result = await LabProcess.RunAsync("--seconds", "2", "--churn", "0.05", "--seed", "7", "--load", "40000", "--json", path);
            Assert.True(result.ExitCode == 0, result.Output + result.Error);
            Assert.DoesNotContain(Escape, result.Output);
            Assert.Contains("reordered: 0;", result.Output, StringComparison.Ordinal);
            Assert.Contains("all ledgers balance; 0 packets left between the workers", result.Output, StringComparison.Ordinal);
            using var json = JsonDocument.Parse(await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken));
            Check(json.RootElement);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Theory]
    [InlineData("--nonsense", 2, "SteeringLab: Unrecognized command or argument '--nonsense'.")]
    [InlineData("--flows 0", 2, "SteeringLab: '0' is no value for --flows: write a whole number from 1 to 512.")]
    [InlineData("--flows 4", 1, "SteeringLab: Without a terminal nobody can end it by a key: say how long with --seconds N.")]
    [InlineData("--seconds 1 --json /nowhere/r.json", 1, "SteeringLab: The folder of '/nowhere/r.json' does not exist: make it, or name another file for --json.")]
    public async Task Wrong_use_gets_one_sentence_and_an_exit_code(string arguments, int exitCode, string message)
    {
        var result = await LabProcess.RunAsync(arguments.Split(' '));
        Assert.Equal(exitCode, result.ExitCode);
        Assert.Equal(message, result.Error.TrimEnd());
    }

    [Fact]
    public async Task Help_names_every_option_and_describes_the_file()
    {
        var result = await LabProcess.RunAsync("--help");
        Assert.Equal(0, result.ExitCode);
        Assert.All(
            ["--flows", "--mix", "--workers", "--load", "--loss", "--reorder", "--seconds", "--script", "--churn", "--seed", "--json", "reordered", "workers[]"],
            text => Assert.Contains(text, result.Output, StringComparison.Ordinal));
        Assert.Empty(result.Error);
    }

    private static void Check(JsonElement root)
    {
        Assert.True(root.GetProperty("good").GetBoolean());
        Assert.True(root.GetProperty("verified").GetBoolean());
        Assert.True(root.GetProperty("ledgersBalanced").GetBoolean());
        Assert.Equal(0, root.GetProperty("reordered").GetInt64());
        Assert.Equal(0, root.GetProperty("unexplained").GetInt64());
        Assert.Equal(0, root.GetProperty("packetsInRings").GetInt64());
        Assert.True(root.GetProperty("changes").GetProperty("count").GetInt32() > 20);
        Assert.Equal(128, root.GetProperty("steering").GetProperty("rssEntries").GetArrayLength());
        Assert.Equal(64, root.GetProperty("flows").GetArrayLength());
        Assert.Equal(2, root.GetProperty("queues").GetArrayLength());
        foreach (var worker in root.GetProperty("workers").EnumerateArray())
        {
            Assert.True(worker.GetProperty("packets").GetInt64() > 1000, worker.ToString());
            Assert.True(worker.GetProperty("ledger").GetProperty("balanced").GetBoolean());
        }

        foreach (var flow in root.GetProperty("flows").EnumerateArray())
        {
            Assert.True(flow.GetProperty("packets").GetInt64() > 0, flow.ToString());
        }

        Assert.True(root.GetProperty("flows").EnumerateArray().Sum(flow => flow.GetProperty("queueMoves").GetInt64()) > 10, "no flow came by another queue");
    }
}
