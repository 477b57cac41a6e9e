using System.Globalization;

namespace Millrace.Stack.Tests.Seeds;

/// <summary>
/// Bulk transfers between two stacks over wires that lose, double, reorder, damage and delay: intact, balanced, and nothing left
/// behind. MILLRACE_SEEDS runs so many instead of 200, MILLRACE_SEED one alone and writes down its packets.
/// </summary>
public sealed class BulkSeedTests(ITestOutputHelper output)
{
    private const int DefaultSeeds = 200;
    private const int Length = 160 * 1024;

    [Fact]
    public void Every_seed_arrives_intact_and_leaves_nothing_behind()
    {
        var failed = new List<string>();
        long steps = 0;
        foreach (var number in Numbers())
        {
            var seed = new BulkSeed(number, Length);
            if (RunOne(seed, ref steps) is { } problem)
            {
                failed.Add($"{seed}\n    {problem}\n    replay: MILLRACE_SEED={number} dotnet test tests/Millrace.Stack.Tests --filter FullyQualifiedName~BulkSeedTests");
            }
        }

        output.WriteLine($"{steps} steps");
        Assert.True(failed.Count == 0, $"{failed.Count} seeds failed:\n{string.Join('\n', failed.Take(10))}");
    }

    [Fact]
    public void Two_loops_and_two_twins_transfer_the_same_packets_at_the_same_times()
    {
        for (ulong number = 1; number <= 24; number++)
        {
            var seed = new BulkSeed(number, Length / 4);
            var (compiled, interpreted) = (new List<string>(), new List<string>());
            using var loops = new BulkRun(seed, compiled.Add);
            using var twins = new BulkRun(seed, interpreted.Add, asTwins: true);
            Assert.Null(loops.Run());
            Assert.Null(twins.Run());
            var same = compiled.Zip(interpreted).TakeWhile(pair => pair.First == pair.Second).Count();
            Assert.True(
                same == compiled.Count && same == interpreted.Count,
                $"{seed}\npacket {same}: {compiled.ElementAtOrDefault(same)}\nwith twins: {interpreted.ElementAtOrDefault(same)}");
            foreach (var (loop, twin) in loops.Snapshots.Zip(twins.Snapshots))
            {
                Assert.Empty(loop.DifferencesFrom(twin));
            }
        }
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

    private string? RunOne(BulkSeed seed, ref long steps)
    {
        using var run = new BulkRun(seed, IsAlone ? output.WriteLine : null);
        try
        {
            return run.Run();
        }
        catch (Exception exception)
        {
            return exception.ToString();
        }
        finally
        {
            steps += run.Steps;
        }
    }

    private static bool IsAlone => ulong.TryParse(Environment.GetEnvironmentVariable("MILLRACE_SEED"), CultureInfo.InvariantCulture, out _);

    private static IEnumerable<ulong> Numbers()
    {
        if (IsAlone)
        {
            return [ulong.Parse(Environment.GetEnvironmentVariable("MILLRACE_SEED")!, CultureInfo.InvariantCulture)];
        }

        var count = int.TryParse(Environment.GetEnvironmentVariable("MILLRACE_SEEDS"), CultureInfo.InvariantCulture, out var asked) ? asked : DefaultSeeds;
        return Enumerable.Range(1, count).Select(number => (ulong)number);
    }
}
