using Millrace.Headers;
using Millrace.Memory;
using Millrace.Tcp;

namespace Millrace.Tests.Tcp;

/// <summary>
/// What a peer can make the scoreboard do: the shapes of CVE-2019-11477 to 11479 (many tiny holes, sacked in every order, again and again). Counted are the
/// frames that are looked at, by how often their marks can change: the work must not grow with the flight.
/// </summary>
public sealed class SackAttackTests
{
    [Fact]
    public void A_search_takes_some_tens_of_steps_in_any_flight()
    {
        // far lane + near lane + frames between, for 16,000 segments
        using var arena = new Arena(16, 16, 16_100);
        var (scoreboard, board, frames, _) = Flight(arena, 16_000);
        var random = new Random(1);
        for (var i = 0; i < 1_000; i++)
        {
            var place = random.Next(frames.Length);
            Assert.Equal(frames[place], scoreboard.Find(ref board, frames[0], new SequenceNumber(arena.Metadata(frames[place]).Sequence)));
        }

        Assert.InRange(scoreboard.Steps / 1_000, 1, (16_000 / 256) + 32);
    }

    [Fact]
    public void A_block_that_is_repeated_is_skipped_however_many_frames_it_covers()
    {
        using var arena = new Arena(16, 16, 8_100);
        var (scoreboard, board, frames, _) = Flight(arena, 8_000);

        // every second frame from the far end, then those between: each block grows out of tiny ones
        for (var i = frames.Length - 2; i > 0; i -= 2)
        {
            scoreboard.MarkSacked(ref board, frames[i]);
        }

        for (var i = frames.Length - 1; i > 0; i -= 2)
        {
            scoreboard.MarkSacked(ref board, frames[i]);
        }

        Assert.Equal(frames.Length - 1, board.SackedSegments);
        scoreboard.Steps = 0;
        for (var i = 0; i < 10_000; i++)
        {
            Assert.Equal(Frame.None, scoreboard.NextUnsacked(frames[1]));
        }

        // the first look goes over all of it and shortens the way, the others do not
        Assert.InRange(scoreboard.Steps, 10_000, 50_000);
    }

    [Fact]
    public void A_peer_that_sacks_tiny_holes_over_and_over_is_served_and_the_connection_lives()
    {
        using var script = new TcpScript(new TcpChoice { Timestamps = false }) { PeerSack = true };
        script.Send("S", 0, mss: 64, scale: 7);
        script.Forget();
        script.Run(20);
        script.Send(".", 1, 1);
        var sent = 0;
        var acknowledged = 1;
        for (var round = 0; round < 5; round++)
        {
            script.Write(64 * 1_000);
            sent = script.Count();
            acknowledged += sent * 64;
            script.Run(20);
            script.Send(".", 1, acknowledged);
        }

        script.Write(64 * 1_000);
        sent += script.Count();
        var random = new Random(3);
        for (var i = 0; i < 3_000; i++)
        {
            var blocks = string.Join(' ', Enumerable.Range(0, 4).Select(_ => 1 + (2 * random.Next(60))).Select(place => $"{acknowledged + (64 * place)}:{acknowledged + (64 * (place + 1))}"));
            script.Send(".", 1, acknowledged, sack: blocks);
        }

        script.Forget();
        script.Run(1_000);
        script.Forget();

        // with nothing acknowledged a segment goes again only so often as round trips and timeouts let it
        Assert.InRange(script.Counters.RetransSegs, 1, 1_000);
        Assert.Contains("Connected", script.Application.Calls);
        Assert.DoesNotContain("Closed(Reset)", script.Application.Calls);
    }

    private static (SendScoreboard Scoreboard, TcpScoreboard Board, Frame[] Frames, int[] Links) Flight(Arena arena, int count)
    {
        var links = new int[arena.Capacity + 1];
        var scoreboard = new SendScoreboard(arena, links);
        var board = default(TcpScoreboard);
        var frames = new Frame[count];
        for (var i = 0; i < count; i++)
        {
            Assert.True(arena.TryAllocate(Share.Sockets, Holders.RetransmitQueue, out frames[i]));
            ref var metadata = ref arena.Metadata(frames[i]);
            metadata.DataOffset = Arena.Headroom;
            metadata.DataLength = 64;
            metadata.Sequence = (uint)(64 * i);
            links[frames[i].Index] = 0;
            if (i > 0)
            {
                links[frames[i - 1].Index] = frames[i].Index;
            }

            scoreboard.Append(ref board, frames[i]);
        }

        return (scoreboard, board, frames, links);
    }
}
