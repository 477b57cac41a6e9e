using System.Text.Json;
using Millrace.Headers;
using SteeringLab.Display;
using SteeringLab.Readings;
using SteeringLab.Reports;
using SteeringLab.Runs;
using SteeringLab.Steering;

namespace SteeringLab.Tests.Runs;

/// <summary>Real runs within the test: threads, wire and workers are those of the program.</summary>
public sealed class LabRunTests
{
    private static readonly LabOptions Quiet = new() { Seconds = 30, Load = 20_000, Seed = 3, Flows = 16 };

    [Fact]
    public async Task Keys_change_what_they_say_and_q_ends_the_run()
    {
        // each key when the change before it was seen in a reading
        var keys = new ScriptedKeys("0rmxbss");
        var seen = new List<SteeringReading>();
        var report = await RunAsync(Quiet, keys, rates =>
        {
            seen.Add(rates.Now.Steering);
            keys.Release();
        });

        Assert.True(report.IsGood, string.Join("; ", report.Failures));
        Assert.True(report.Seconds < Quiet.Seconds, "the key q did not end it");
        Assert.Contains(seen, steering => steering.RssEntries.All(queue => queue == 0));
        Assert.Contains(seen, steering => steering.RssEntries.Distinct().Count() == 2 && steering.LastChange.StartsWith("RSS", StringComparison.Ordinal));
        Assert.Contains(seen, steering => steering.RpsMask == 0);
        Assert.Contains(seen, steering => steering is { XpsName: "crossed", XpsMasks: [2, 1] });
        Assert.Contains(seen, steering => steering.BusyPollMicroseconds == 50);
        Assert.Contains(seen, steering => !steering.IsRunning);
        Assert.True(seen[^1].IsRunning);
        Assert.Equal(7, report.Final.Steering.ChangeCount);
    }

    [Fact]
    public async Task A_script_is_followed_in_its_order()
    {
        var script = LabScript.Parse("200ms:rss all 1;400ms:busy 70;100ms:rps 0x1", out _);
        var report = await RunAsync(Quiet with { Seconds = 0.7, Script = script }, new ScriptedKeys(""), show: null);
        Assert.True(report.IsGood, string.Join("; ", report.Failures));
        Assert.All(report.Final.Steering.RssEntries, queue => Assert.Equal(1, queue));
        Assert.Equal(1ul, report.Final.Steering.RpsMask);
        Assert.Equal(70, report.Final.Steering.BusyPollMicroseconds);
        Assert.Equal(3, report.Final.Steering.ChangeCount);

        // what came by queue 1 and nobody owned went to worker 0
        Assert.Contains(report.Final.Flows, flow => flow.Flow.Protocol == IpProtocol.Udp && flow is { Queue: 1, Worker: 0 });
    }

    [Theory]
    [InlineData(1, "both")]
    [InlineData(2, "tcp")]
    [InlineData(2, "udp")]
    public async Task Every_worker_count_and_mix_arrives_whole(int workers, string mix)
    {
        var options = Quiet with { Workers = workers, Mix = Enum.Parse<FlowMix>(mix, ignoreCase: true), Seconds = 0.5, Churn = 0.05, Load = 0 };
        var report = await RunAsync(options, new ScriptedKeys(""), show: null);
        Assert.True(report.IsGood, string.Join("; ", report.Failures));
        Assert.True(report.PacketsInTime > 100);
        Assert.Equal(workers, report.Final.Workers.Count);
        Assert.Equal(workers == 1, report.Final.Steering.RpsMask is null);
        using var stream = new MemoryStream();
        JsonReport.Write(report, stream);
        using var json = JsonDocument.Parse(stream.ToArray());
        Assert.Equal(report.Final.Packets, json.RootElement.GetProperty("flows").EnumerateArray().Sum(flow => flow.GetProperty("packets").GetInt64()));
    }

    [Fact]
    public async Task What_the_wire_reorders_is_found_and_fails_the_run()
    {
        var report = await RunAsync(Quiet with { Seconds = 0.5, Reorder = 0.01 }, new ScriptedKeys(""), show: null);
        Assert.False(report.IsGood);
        Assert.True(report.Final.Reordered > 10, $"{report.Final.Reordered} of {report.Final.Wire.Impairments.Reordered} were found");
        Assert.Equal([$"{report.Final.Reordered} packets were reordered"], report.Failures);
    }

    [Fact]
    public async Task What_the_wire_loses_is_counted_and_no_failure()
    {
        var report = await RunAsync(Quiet with { Seconds = 0.5, Loss = 0.01, Churn = 0.05 }, new ScriptedKeys(""), show: null);
        Assert.True(report.IsGood, string.Join("; ", report.Failures));
        Assert.True(report.LostByWire > 10);
        Assert.Equal(report.LostByWire, report.Lost);
    }

    [Fact]
    public async Task Workers_allocate_nothing_for_packets()
    {
        const int Packets = 20_000;
        const long OfTheReadings = 32_768;
        await using var run = new LabRun(Quiet with { Load = 0, Flows = 32 });
        run.Start();
        await UntilAsync(run, taken => taken.All(count => count > Packets));
        var before = await run.ReadAsync();
        await UntilAsync(run, taken => before.Workers.All(worker => taken[worker.Worker] > worker.Taken + Packets));
        var after = await run.ReadAsync();
        var allocated = after.Workers.Select(worker => worker.AllocatedBytes - before.Workers[worker.Worker].AllocatedBytes);
        Assert.All(allocated, bytes => Assert.InRange(bytes, 0, OfTheReadings));
        Assert.True((await run.FinishAsync()).IsGood);
    }

    /// <summary>Waits without asking the workers anything.</summary>
    private static async Task UntilAsync(LabRun run, Func<IReadOnlyList<long>, bool> condition)
    {
        while (!condition(run.TakenByWorker))
        {
            Assert.Null(run.Failure);
            await Task.Delay(10);
        }
    }

    private static async Task<LabReport> RunAsync(LabOptions options, IKeySource keys, Action<LabRates>? show)
    {
        await using var run = new LabRun(options);
        run.Start();
        await new LabControl(run, options, keys).RunAsync(show, TestContext.Current.CancellationToken);
        return await run.FinishAsync();
    }

    /// <summary>Presses one key each time it is released, and q when there are no more; none without a display.</summary>
    private sealed class ScriptedKeys(string keys) : IKeySource
    {
        private int next;
        private bool released;

        public void Release() => released = true;

        public bool TryRead(out char key)
        {
            key = default;
            if (!released)
            {
                return false;
            }

            released = false;
            key = next < keys.Length ? keys[next++] : 'q';
            return true;
        }
    }
}
