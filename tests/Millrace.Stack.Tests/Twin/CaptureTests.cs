using Millrace.Nics;
using Millrace.Testing.Traffic;

namespace Millrace.Stack.Tests.Twin;

/// <summary>Loop and twin agree on real packets: as they were captured, aimed at the stack, and played as live connections.</summary>
public sealed class CaptureTests
{
    private static readonly string[] Stacks = [nameof(DatagramStack), nameof(StreamStack), nameof(OffloadStack), nameof(CrowdedStack), nameof(DeepStack)];

    [Fact]
    public void Loop_and_twin_agree_on_the_captures_of_our_own_making() =>
        Compare(CaptureFiles.Read(CaptureFiles.Own("linux-6.18.pcap")));

    [Fact]
    public void A_played_conversation_reaches_established_connections_and_their_applications()
    {
        var capture = CaptureFiles.Read(CaptureFiles.Own("linux-6.18.pcap"));
        var nic = new ScriptedNic(TwinCase.Mac);
        using var stack = new OffloadStack(new() { Nic = nic, Entropy = new Entropy(1, 1) });
        var played = new CapturedConversations(capture, Target);
        var run = new StackRun(With(played), 1, new StackLane("loop", stack, nic)) { LongestStep = 0 };
        RunToEnd(run, () => played.IsDone);
        Assert.True(stack.Ledger.Delivered > 60, $"only {stack.Ledger.Delivered} packets were delivered");
    }

    [Fact]
    public void Loop_and_twin_agree_on_the_captures_of_others()
    {
        var folder = CaptureFiles.Folder;
        if (folder is null)
        {
            Assert.Skip("the captures of others are not here: put them in ../shared/captures or name a folder in MILLRACE_CAPTURES");
        }

        foreach (var file in Directory.EnumerateFiles(folder, "*.pcap").Order(StringComparer.Ordinal))
        {
            Compare(CaptureFiles.Read(file));
        }
    }

    private static TrafficTarget Target => TwinCase.Target with { TcpPorts = [80, 81] };

    private static void Compare(IReadOnlyList<byte[]> capture)
    {
        ulong seed = 0;
        foreach (var name in Stacks)
        {
            var features = TwinCase.AllFeatures[(int)(++seed % (ulong)TwinCase.AllFeatures.Count)];
            var replayed = new Replay([.. CaptureTraffic.BesideRetargeted(capture, Target)]);
            TwinCase.Named(name).Run(With(replayed), seed, features, run => RunToEnd(run, () => replayed.IsDone));
            var played = new CapturedConversations(capture, Target);
            TwinCase.Named(name).Run(With(played), seed, features, run => RunToEnd(run, () => played.IsDone));
        }
    }

    private static void RunToEnd(StackRun run, Func<bool> isDone)
    {
        while (!isDone())
        {
            run.Run(64);
        }
    }

    private static TrafficMix With(ITrafficSource source) => new((source, 1)) { Always = [new ArpTraffic(Target)] };

    /// <summary>Frames one behind the other, a few a poll.</summary>
    private sealed class Replay(IReadOnlyList<byte[]> capture) : ITrafficSource
    {
        private int next;

        public bool IsDone => next == capture.Count;

        public void Next(TrafficRandom random, long now, IList<byte[]> frames)
        {
            for (var left = random.Between(1, 32); left > 0 && !IsDone; left--)
            {
                frames.Add(capture[next++]);
            }
        }
    }
}
