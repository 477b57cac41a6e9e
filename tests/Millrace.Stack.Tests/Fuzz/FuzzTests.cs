using System.Diagnostics;
using System.Globalization;
using System.Text;
using Millrace.Nics;
using Millrace.Stack.Tests.Twin;
using Millrace.Testing.Traffic;

namespace Millrace.Stack.Tests.Fuzz;

/// <summary>
/// Any byte string as a frame, and spoilt packets of live connections: counted and dropped, or handled; no exception, no
/// frame lost. MILLRACE_FUZZ_FRAMES says how many frames to run instead of the default, MILLRACE_FUZZ_SEED where to begin.
/// </summary>
public sealed class FuzzTests(ITestOutputHelper output)
{
    private const long DefaultFrames = 1_500_000;
    private const long FramesASeed = 50_000;

    private static ulong FirstSeed =>
        ulong.TryParse(Environment.GetEnvironmentVariable("MILLRACE_FUZZ_SEED"), CultureInfo.InvariantCulture, out var asked) ? asked : 1;

    private static readonly TrafficTarget Target = TwinCase.Target with { PeerCount = 4 };

    private static readonly Lazy<List<byte[]>> Capture = new(() => CaptureFiles.Read(CaptureFiles.Own("linux-6.18.pcap")));

    [Fact]
    public void Any_frame_is_handled_or_counted_and_no_frame_of_the_arena_is_lost()
    {
        var wanted = long.TryParse(Environment.GetEnvironmentVariable("MILLRACE_FUZZ_FRAMES"), CultureInfo.InvariantCulture, out var asked) ? asked : DefaultFrames;
        var drops = new SortedDictionary<string, long>(StringComparer.Ordinal);
        long frames = 0, sent = 0, received = 0;
        var clock = Stopwatch.StartNew();
        for (var seed = FirstSeed; frames < wanted; seed++)
        {
            var one = TwinCase.All[(int)(seed % (ulong)TwinCase.All.Count)];
            var features = TwinCase.AllFeatures[(int)(seed % (ulong)TwinCase.AllFeatures.Count)];
            var nic = new ScriptedNic(TwinCase.Mac, features) { SplitAt = seed % 5 == 0 ? 300 : 0 };
            using var stack = one.Compiled(nic, new Entropy(seed, 2));
            var run = new StackRun(Source(seed), seed, new StackLane(one.Name, stack, nic)) { CheckEvery = 16, RemembersPackets = false };
            run.RunFrames(Math.Min(FramesASeed, wanted - frames));
            frames += run.FrameCount;
            sent += run.SentCount;
            received += stack.Ledger.Received;
            foreach (var reason in Enum.GetValues<DropReason>().Where(reason => stack.Ledger.Dropped(reason) > 0))
            {
                drops[reason.ToString()] = drops.GetValueOrDefault(reason.ToString()) + stack.Ledger.Dropped(reason);
            }
        }

        output.WriteLine(Report(frames, received, sent, drops, clock.Elapsed));
        Assert.True(frames >= wanted);
        Assert.True(received > 0 && sent > 0 && (wanted < DefaultFrames || drops.Count > 30), "the fuzz did not reach much of the stacks");
    }

    /// <summary>Blind and stateful damage in turns: the mix changes with the seed.</summary>
    private static TrafficMix Source(ulong seed) => (seed / (ulong)TwinCase.All.Count % 4) switch
    {
        0 => new TrafficMix((new GarbageTraffic(Target), 1), (new SpoiltTraffic(TrafficMix.Everything(Target), 80), 3))
        {
            Always = [new SpoiltTraffic(new ArpTraffic(Target), 30)],
        },
        1 => new TrafficMix((new SpoiltTraffic(new TcpTraffic(Target) { FlowCount = 4, HostilePercent = 50 }, 25), 1))
        {
            Always = [new ArpTraffic(Target)],
        },
        2 => new TrafficMix(
            (new SpoiltTraffic(new CapturedConversations(Capture.Value, Target), 30), 2), (new SpoiltTraffic(new TcpTraffic(Target), 10), 1))
        {
            Always = [new ArpTraffic(Target)],
        },
        _ => TrafficMix.Everything(Target),
    };

    private static string Report(long frames, long received, long sent, SortedDictionary<string, long> drops, TimeSpan elapsed)
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"{frames} frames in {elapsed.TotalSeconds:F1} s, {received} received, {sent} packets sent; dropped:");
        foreach (var (reason, count) in drops)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"{reason,-28} {count,12}");
        }

        return text.ToString();
    }
}
