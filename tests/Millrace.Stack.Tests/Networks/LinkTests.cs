using Millrace.Nics;
using Millrace.Testing;
using Millrace.Testing.Networks;

namespace Millrace.Stack.Tests.Networks;

/// <summary>What a link does, as transfers over it see it.</summary>
public sealed class LinkTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    [Fact]
    public void A_transfer_takes_the_time_that_rate_and_delay_say()
    {
        using var pair = new LinkPair(new LinkOptions { BitsPerSecond = 10_000_000, DelayNanoseconds = 10_000_000 }, upload: 1_000_000);
        pair.Open();
        var began = pair.Network.Now;
        pair.Network.RunUntil(() => pair.Server.Plan.Received == 1_000_000, Minute);
        var seconds = (pair.Network.Now - began) / 1e9;

        // 691 segments of 1514 bytes, the handshake and slow start
        Assert.InRange(seconds, 0.837, 1.0);
    }

    [Fact]
    public void What_finds_no_room_is_lost_and_the_rest_is_marked_where_that_is_understood()
    {
        foreach (var ecn in new[] { "0", "1" })
        {
            using var pair = new LinkPair(
                new LinkOptions { BitsPerSecond = 10_000_000, DelayNanoseconds = 5_000_000, BufferBytes = 30_000, MarkBytes = 10_000 },
                ("net.ipv4.tcp_ecn", ecn), upload: 2_000_000);
            pair.Open();
            pair.Network.RunUntil(() => pair.Server.Plan.Received == 2_000_000, Minute);
            var counters = pair.Link.Rightward.Counters;
            Assert.Equal(ecn == "1", counters.Marked > 0);
            Assert.Equal(counters.Entered - counters.Overflowed, counters.Arrived);
            if (ecn == "0")
            {
                Assert.True(counters.Overflowed > 0, "the buffer never overflowed");
            }
        }
    }

    [Fact]
    public void Losses_of_a_burst_are_neighbours_and_single_ones_are_not()
    {
        var (alone, together) = (Runs(new LinkOptions { Loss = 0.02 }), Runs(new LinkOptions { BurstLoss = new BurstLoss(0.005, 0.25) }));
        Assert.InRange(alone.Share, 0.01, 0.03);
        Assert.InRange(together.Share, 0.01, 0.03);
        Assert.InRange(alone.Mean, 1.0, 1.2);
        Assert.InRange(together.Mean, 2.0, 7.0);
    }

    [Fact]
    public void A_link_that_is_dark_or_down_passes_nothing_and_only_the_latter_is_seen()
    {
        foreach (var state in new[] { LinkState.Dark, LinkState.Down })
        {
            using var pair = new LinkPair(new LinkOptions { BitsPerSecond = 1_000_000, DelayNanoseconds = 1_000_000 }, upload: 100_000);
            pair.Open();
            pair.Network.RunFor(TimeSpan.FromMilliseconds(300));
            pair.Link.State = state;

            // what had entered arrives
            pair.Network.RunFor(TimeSpan.FromSeconds(5));
            var before = pair.Server.Plan.Received;
            Assert.InRange(before, 1, 99_999);
            pair.Network.RunFor(TimeSpan.FromSeconds(25));
            Assert.Equal(before, pair.Server.Plan.Received);
            Assert.Equal(state == LinkState.Dark, pair.Client.Stack.Interfaces[0].IsUp);
            pair.Link.State = LinkState.Up;
            pair.Network.RunUntil(() => pair.Server.Plan.Received == 100_000, TimeSpan.FromMinutes(5));
            Assert.True(pair.Client.Stack.Interfaces[0].IsUp);
        }
    }

    [Fact]
    public void An_open_outlives_a_carrier_that_is_lost_before_the_server_is_found()
    {
        using var pair = new LinkPair(new LinkOptions { DelayNanoseconds = 100_000_000 });
        pair.Open();
        pair.Network.RunFor(TimeSpan.FromMilliseconds(50));
        Assert.True(pair.Client.Stack.HeldEgress > 0, "no SYN waits for the server's link address");
        pair.Link.State = LinkState.Down;
        pair.Network.RunFor(TimeSpan.FromSeconds(10));
        pair.Link.State = LinkState.Up;
        pair.Network.RunUntil(() => pair.Server.Plan.Received == 300_000, Minute);
        Assert.Null(pair.Client.Plan.Problem);
    }

    [Fact]
    public void A_change_of_delay_counts_for_what_enters_after_it()
    {
        using var pair = new LinkPair(new LinkOptions { DelayNanoseconds = 1_000_000 }, upload: 1);
        pair.Open();
        pair.Network.RunUntil(() => pair.Server.Plan.Received == 1, Minute);
        pair.Link.Options = new LinkOptions { DelayNanoseconds = 250_000_000 };
        var began = pair.Network.Now;
        pair.Open();
        pair.Network.RunUntil(() => pair.Server.Plan.Received == 2, Minute);
        Assert.InRange(pair.Network.Now - began, 750_000_000, 760_000_000);
    }

    [Fact]
    public void A_host_that_hears_the_packets_of_a_capture_again_sends_what_it_sent()
    {
        using var first = new MemoryStream();
        var options = new LinkOptions { BitsPerSecond = 5_000_000, DelayNanoseconds = 7_000_000, Loss = 0.03, Reorder = 0.05, Duplication = 0.02 };
        using (var pair = new LinkPair(options))
        {
            using var writer = CaptureWriter.Create(first, leaveOpen: true);
            pair.ServerNic.Capture = writer;
            pair.Open();
            pair.Network.RunUntil(() => pair.Server.Plan.Closed == 1, Minute);
            pair.Network.RunFor(Minute);
        }

        using var second = new MemoryStream();
        using (var network = new LinkPair(options, isReplay: true))
        {
            using var writer = CaptureWriter.Create(second, leaveOpen: true);
            network.ServerNic.Capture = writer;
            first.Position = 0;
            using var reader = CaptureReader.Open(first, leaveOpen: true);
            Assert.True(network.Link.Right.Replay(reader) > 200);
            network.Network.RunFor(Minute + Minute);
            Assert.Equal(300_000, network.Server.Plan.Received);
        }

        var (recorded, replayed) = (Packets(first), Packets(second));
        Assert.Equal(recorded.Count, replayed.Count);
        Assert.Equal(recorded, replayed);
    }

    private static (double Share, double Mean) Runs(LinkOptions options)
    {
        using var pair = new LinkPair(options with { BitsPerSecond = 100_000_000, DelayNanoseconds = 1_000_000 }, upload: 4_000_000);
        var (losses, runs, wasLost) = (0, 0, false);
        pair.Network.Trace.Write = line =>
        {
            var isLost = line.EndsWith("lost", StringComparison.Ordinal);
            if (line.Contains("link 0 >", StringComparison.Ordinal))
            {
                losses += isLost ? 1 : 0;
                runs += isLost && !wasLost ? 1 : 0;
                wasLost = isLost;
            }
        };
        pair.Open();
        pair.Network.RunUntil(() => pair.Server.Plan.Received == 4_000_000, TimeSpan.FromMinutes(20));
        return (losses / (double)pair.Link.Rightward.Counters.Entered, losses / (double)runs);
    }

    private static List<string> Packets(MemoryStream capture)
    {
        capture.Position = 0;
        using var reader = CaptureReader.Open(capture, leaveOpen: true);
        var packets = new List<string>();
        while (reader.Read())
        {
            packets.Add($"{reader.Current.Timestamp} {reader.Direction} {Convert.ToHexStringLower(reader.Data)}");
        }

        return packets;
    }
}
