using Millrace.Peers.Running;
using Millrace.Peers.Systems;
using Millrace.Tests;

namespace Millrace.Peers.Tests;

/// <summary>The C loop, built as the driver builds it; that it is fast is the driver's to say, that it is right is said here.</summary>
public sealed class FloorTests
{
    [Theory]
    [InlineData("F1", "hot")]
    [InlineData("F1", "cold")]
    [InlineData("F1", "batch-256")]
    [InlineData("F1", "size-1514")]
    [InlineData("F2", "routes-1")]
    [InlineData("F2", "routes-1000")]
    [InlineData("F4", "hot")]
    [InlineData("F4", "size-64")]
    [InlineData("W1", "copying-64")]
    [InlineData("W1", "handover-256")]
    public async Task Its_quick_answers_are_valid(string workload, string variant)
    {
        var floor = await BuildAsync();
        var child = await Child.RunAsync([.. floor.Command, "run", workload, variant, "--quick"], TimeSpan.FromMinutes(2), CancellationToken.None);
        Assert.True(child.ExitCode == 0, child.Reason);
        var line = ProgramLine.Parse(Assert.Single(child.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)));
        Assert.Equal(variant, line.Variant);
        Assert.True(Checks.Apply(new(workload, variant, variant, floor.Name, 1, line.Unit!, line.Value!.Value, line.Cpu, line.Valid, line.Note)).Valid, line.Note);
    }

    [Fact]
    public async Task It_knows_every_point_of_forwarding()
    {
        var floor = await BuildAsync();
        var known = (await Child.RunAsync([.. floor.Command, "list"], TimeSpan.FromMinutes(1), CancellationToken.None)).Output.Split('\n');
        Assert.All(Catalogue.Workloads.Where(w => w.IsForwarding).SelectMany(w => w.AllVariants.Select(v => $"{w.Name} {v}")), name => Assert.Contains(name, known));
    }

    private static async Task<SystemUnderTest> BuildAsync()
    {
        Requires.Tool("gcc");
        var floor = await PeerBuilds.PrepareAsync(SystemNames.Floor, install: false, TimeSpan.FromMinutes(2), CancellationToken.None);
        Assert.Null(floor.Unavailable);
        return floor;
    }
}
