using System.Text.Json;
using HttpAppliance.Runs;

namespace HttpAppliance.Tests.Runs;

public sealed class MemoryRunTests
{
    [Fact]
    public async Task The_program_fetches_compares_and_reports()
    {
        var path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        try
        {
            var result = await ApplianceProcess.RunAsync("--bytes", "1048576", "--json", path);
            Assert.True(result.ExitCode == 0, result.Output + result.Error);
            using var json = JsonDocument.Parse(await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken));
            var root = json.RootElement;
            Assert.True(root.GetProperty("verified").GetBoolean());
            Assert.True(root.GetProperty("bytes").GetInt64() > 1048576);
            Assert.True(root.GetProperty("seconds").GetDouble() > 0);
            Assert.Equal(0, root.GetProperty("framesLeaked").GetInt32());
            Assert.True(root.GetProperty("ledgersBalanced").GetBoolean());
            Assert.Equal("real", root.GetProperty("time").GetString());
            var stages = root.GetProperty("stages").EnumerateArray()
                .ToDictionary(stage => $"{stage.GetProperty("stack")}.{stage.GetProperty("name")}", stage => stage.GetProperty("packets").GetInt64());
            Assert.All(
                ["ServerStack.Gso", "ServerStack.Tcp", "ServerStack.ChecksumOffload", "ClientStack.Gro", "ClientStack.Ipv4", "ClientStack.Tcp"],
                name => Assert.True(stages[name] > 0, name));
            Assert.True(stages["ClientStack.Tcp"] < stages["ClientStack.Gro"], "nothing was merged");
            Assert.Contains("every one compared and right", result.Output, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Theory]
    [InlineData(0.02, 0, 1 << 20)]
    [InlineData(0, 10, 4 << 20)]
    [InlineData(0.02, 5, 1 << 20)]
    [InlineData(0.2, 1, 50_000)]
    public void A_bad_wire_loses_time_and_no_byte(double loss, double delay, long bytes)
    {
        var report = Run(new ApplianceOptions { Bytes = bytes, Loss = loss, Delay = delay, Seed = 7 });
        Assert.Null(report.Failure);
        Assert.True(report.IsGood);
        Assert.Equal(loss > 0, report.FramesLost > 0);
        Assert.True(report.VirtualSeconds > 4 * delay / 1000, "the wire took no time");
    }

    [Fact]
    public void A_seed_repeats_a_run()
    {
        var options = new ApplianceOptions { Bytes = 300_000, Loss = 0.05, Delay = 3, Seed = 11 };
        var first = Run(options);
        var second = Run(options);
        Assert.Equal(first.VirtualSeconds, second.VirtualSeconds);
        Assert.Equal(first.FramesLost, second.FramesLost);
        Assert.Equal(first.Stacks[0].Ledger, second.Stacks[0].Ledger);
        Assert.Equal(first.Stacks[1].Ledger, second.Stacks[1].Ledger);
        Assert.NotEqual(first.VirtualSeconds, Run(options with { Seed = 12 }).VirtualSeconds);
    }

    [Fact]
    public void An_empty_file_is_fetched_too() => Assert.True(Run(new ApplianceOptions { Bytes = 0 }).IsGood);

    [Fact]
    public void The_steady_state_allocates_nothing()
    {
        var report = Run(new ApplianceOptions { Bytes = 80 << 20 });
        Assert.True(report.IsGood);
        Assert.True(report.MeasuredPackets > 10_000);
        Assert.Equal(0, report.AllocatedBytesPerPacket);
    }

    private static HttpAppliance.Reports.RunReport Run(ApplianceOptions options)
    {
        using var run = new MemoryRun(options);
        return run.Execute();
    }
}
