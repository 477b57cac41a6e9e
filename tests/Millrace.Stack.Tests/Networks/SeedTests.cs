using Millrace.Stack.Tests.Seeds;
using Millrace.Testing.Networks;

namespace Millrace.Stack.Tests.Networks;

/// <summary>
/// Networks drawn from seeds: hosts, links, settings, transfers both ways, and what goes wrong. Every byte arrives once and in order, both
/// ends close, the accounts are balanced all the time and empty at the end. MILLRACE_SEEDS runs so many instead of 300, MILLRACE_SEED one
/// alone, and writes down its packets.
/// </summary>
public sealed class SeedTests(ITestOutputHelper output)
{
    private const int DefaultSeeds = 300;

    [Fact]
    public void Every_seed_arrives_intact_and_leaves_nothing_behind()
    {
        var range = SeedRange.FromEnvironment(DefaultSeeds);
        var failures = new List<string>();
        long steps = 0, packets = 0;
        foreach (var seed in range.Seeds)
        {
            var scenario = new Scenario(seed);
            using var run = new ScenarioRun(scenario, range.IsSingle ? output.WriteLine : null);
            if (Problem(run) is { } problem)
            {
                failures.Add(
                    $"{scenario}\n  {problem}\n  replay: {SeedRange.Command(seed, "tests/Millrace.Stack.Tests", $"{nameof(Networks)}.{nameof(SeedTests)}")}\n"
                    + string.Concat(run.Network.Trace.Last().Select(line => $"    {line}\n")));
            }

            steps += run.Network.Steps;
            packets += run.Network.Trace.Count;
        }

        output.WriteLine($"{range.Seeds.Count} seeds, {failures.Count} failures, {packets} packets on links, {steps} steps");
        Assert.True(failures.Count == 0, $"{failures.Count} seeds failed:\n{string.Join('\n', failures.Take(10))}");
    }

    [Fact]
    public void A_seed_is_always_the_same_packets_and_another_seed_is_others()
    {
        var first = Packets(3);
        Assert.True(first.Count > 100, "nothing was sent");
        Assert.Equal(first, Packets(3));
        Assert.NotEqual(first.Hash, Packets(4).Hash);
    }

    [Fact]
    public void A_byte_that_is_not_the_streams_is_found()
    {
        var data = new byte[5000];
        BulkStream.Fill(data, 1_000_000, 1);
        Assert.Equal(-1, BulkStream.FirstWrong(data, 1_000_000, 1));
        Assert.InRange(BulkStream.FirstWrong(data, 1_000_001, 1), 0, 10);
        Assert.InRange(BulkStream.FirstWrong(data, 1_000_000 + 65536, 1), 0, 10);
        Assert.InRange(BulkStream.FirstWrong(data, 1_000_000, 2), 0, 10);
    }

    private static (long Count, ulong Hash) Packets(ulong seed)
    {
        using var run = new ScenarioRun(new Scenario(seed));
        Assert.Null(run.Run());
        return (run.Network.Trace.Count, run.Network.Trace.Hash);
    }

    private static string? Problem(ScenarioRun run)
    {
        try
        {
            return run.Run();
        }
        catch (Exception exception)
        {
            return exception.ToString();
        }
    }
}
