using Millrace.Sockets;

namespace Millrace.Tests.Tcp;

public sealed class SackTests
{
    private const int Mss = 1460;

    [Fact]
    public void Both_ends_permit_it_or_neither_sends_it()
    {
        using var script = new TcpScript(new TcpChoice { Timestamps = false, WindowScaling = false }) { PeerSack = true };
        script.Send("S", 0, mss: 1460);
        script.Expect("S. 0:0(0) ack 1 <mss 1460,nop,nop,sackOK>");
        using var without = new TcpScript(new TcpChoice { Timestamps = false, WindowScaling = false, Sack = false }) { PeerSack = true };
        without.Send("S", 0, mss: 1460);
        without.Expect("S. 0:0(0) ack 1 <mss 1460>");
        using var unasked = new TcpScript(new TcpChoice { Timestamps = false, WindowScaling = false });
        unasked.Send("S", 0, mss: 1460);
        unasked.Expect("S. 0:0(0) ack 1 <mss 1460>");
        unasked.Send(".", 1, 1);
        unasked.Send(".", 11, 1, "later");
        unasked.Expect(". 1:1(0) ack 1 <>");
    }

    [Fact]
    public void What_came_last_is_reported_first_and_the_others_after_it()
    {
        using var script = Receiving();
        script.Send(".", 11, 1, "1");
        script.Expect(". 1:1(0) ack 1 <nop,nop,sack 11:12>");
        script.Send(".", 31, 1, "3");
        script.Expect(". 1:1(0) ack 1 <nop,nop,sack 31:32 11:12>");
        script.Send(".", 21, 1, "2");
        script.Expect(". 1:1(0) ack 1 <nop,nop,sack 21:22 31:32 11:12>");
        script.Send(".", 32, 1, "33");
        script.Expect(". 1:1(0) ack 1 <nop,nop,sack 31:34 21:22 11:12>");
        script.Send(".", 41, 1, "4");
        script.Send(".", 51, 1, "5");
        script.Forget();

        // four are all that an option has room for
        script.Send(".", 61, 1, "6");
        script.Expect(". 1:1(0) ack 1 <nop,nop,sack 61:62 51:52 41:42 31:34>");
        script.Send(".", 1, 1, "0123456789");
        script.Expect(". 1:1(0) ack 12 <nop,nop,sack 61:62 51:52 41:42 31:34>");
    }

    [Fact]
    public void Beside_timestamps_there_is_room_for_three()
    {
        using var script = new TcpScript(new TcpChoice { WindowScaling = false }) { PeerSack = true, PeerTimestamp = 7 };
        script.Send("S", 0, mss: 1460);
        script.Forget();
        script.Send(".", 1, 1);
        for (var i = 1; i <= 4; i++)
        {
            script.Forget();
            script.Send(".", 1 + (10 * i), 1, "x");
        }

        script.Expect(". 1:1(0) ack 1 <nop,nop,TS,nop,nop,sack 41:42 31:32 21:22>");
    }

    [Fact]
    public void A_duplicate_is_reported_before_everything_else()
    {
        using var script = Receiving();
        script.Send(".", 1, 1, "0123456789");
        script.Forget();
        script.Send(".", 21, 1, "2");
        script.Forget();
        script.Send(".", 1, 1, "0123456789");
        script.Expect(". 1:1(0) ack 11 <nop,nop,sack 1:11 21:22>");
        script.Send(".", 21, 1, "2");
        script.Expect(". 1:1(0) ack 11 <nop,nop,sack 21:22 21:22>");
        Assert.Equal(1, script.Counters.TCPDSACKOldSent);
        Assert.Equal(1, script.Counters.TCPDSACKOfoSent);

        // once
        script.Send(".", 31, 1, "3");
        script.Expect(". 1:1(0) ack 11 <nop,nop,sack 31:32 21:22>");
    }

    [Fact]
    public void Duplicates_are_not_reported_where_that_is_switched_off()
    {
        using var script = Receiving(new TcpChoice { Timestamps = false, Dsack = false });
        script.Send(".", 1, 1, "0123456789");
        script.Forget();
        script.Send(".", 1, 1, "0123456789");
        script.Expect(". 1:1(0) ack 11 <>");
    }

    [Fact]
    public void Three_segments_sacked_beyond_a_hole_repeat_the_hole_alone()
    {
        using var script = Sending(10);
        script.Send(".", 1, 1, sack: Block(1, 2));
        script.Send(".", 1, 1, sack: Block(1, 3));
        script.ExpectNothing();
        script.Send(".", 1, 1, sack: Block(1, 4));
        script.Expect(". 1:1461(1460) ack 1");
        Assert.Equal(1, script.Counters.TCPSackRecovery);
        script.Send(".", 1, End(10));
        script.Run(5_000);
        script.ExpectNothing();
        Assert.Equal(1, script.Counters.RetransSegs);
    }

    [Fact]
    public void Several_holes_are_repeated_in_one_recovery()
    {
        using var script = Sending(10);
        script.Send(".", 1, 1, sack: Block(1, 2) + " " + Block(3, 4) + " " + Block(5, 10));

        // seven have left the network, so three may enter (RFC 6937)
        script.Expect(". 1:1461(1460) ack 1", ". 2921:4381(1460) ack 1", ". 5841:7301(1460) ack 1");
        script.Send(".", 1, End(2), sack: Block(3, 4) + " " + Block(5, 10));
        script.ExpectNothing();
        script.Send(".", 1, End(10));
        script.Run(5_000);
        script.ExpectNothing();
        Assert.Equal(1, script.Counters.TCPSackRecovery);
        Assert.Equal(0, script.Counters.TCPTimeouts);
    }

    [Fact]
    public void A_little_reordering_repeats_nothing_and_much_is_learnt_from()
    {
        using var script = Sending(10);
        script.Send(".", 1, 1, sack: Block(1, 2));
        script.Send(".", 1, End(2));
        script.ExpectNothing();
        Assert.Equal(0, script.Counters.RetransSegs);
        Assert.Equal(1, script.Counters.TCPSACKReorder);
        script.Send(".", 1, End(10));
        script.Write(10 * Mss);
        script.Forget();

        // reordering was seen: now three segments beyond a hole are no loss before a quarter of a round trip is over
        script.Send(".", 1, End(10), sack: Block(11, 14));
        script.ExpectNothing();
        script.Send(".", 1, End(20));
        script.Run(5_000);
        script.ExpectNothing();
        Assert.Equal(0, script.Counters.RetransSegs);
    }

    [Fact]
    public void A_lost_tail_is_repaired_by_a_probe_and_not_by_a_timeout()
    {
        using var script = Sending(4);
        script.Run(5);
        script.Send(".", 1, End(2));
        script.Run(198);
        script.Expect("P. 4381:5841(1460) ack 1");
        Assert.Equal(1, script.Counters.TCPLossProbes);
        Assert.Equal(0, script.Counters.TCPTimeouts);

        // the answer to the probe tells of the third
        script.Run(20);
        script.Send(".", 1, End(2), sack: Block(3, 4));
        script.Run(30);
        script.Expect(". 2921:4381(1460) ack 1");
        script.Send(".", 1, End(4));
        script.Run(5_000);
        script.ExpectNothing();
        Assert.Equal(0, script.Counters.TCPTimeouts);
    }

    [Fact]
    public void A_window_that_was_halved_for_nothing_is_given_back_when_duplicates_are_reported()
    {
        using var script = Sending(10);
        script.Send(".", 1, 1, sack: Block(1, 4));
        script.Expect(". 1:1461(1460) ack 1");
        script.Send(".", 1, End(10));
        script.Send(".", 1, End(10), sack: $"1:{End(1)}");
        Assert.Equal(1, script.Counters.TCPDSACKUndo);
        script.Write(40 * Mss);
        Assert.InRange(script.Count(), 10, 20);
    }

    [Fact]
    public void A_spurious_timeout_is_found_by_what_had_not_gone_again()
    {
        using var script = Sending(10);
        script.Run(1_000);
        script.Forget();
        var timeouts = script.Counters.TCPTimeouts;
        Assert.InRange(timeouts, 1, 3);
        script.Write(4 * Mss);
        script.Send(".", 1, End(1));

        // the first moves on: new data and nothing else; the next acknowledges what went once
        script.Send(".", 1, End(3));
        Assert.Equal(1, script.Counters.TCPSpuriousRTOs);
        Assert.Equal(1, script.Counters.TCPLossUndo);
        script.Send(".", 1, End(14));
        script.Forget();
        script.Run(5_000);
        script.ExpectNothing();
    }

    [Fact]
    public void A_peer_that_takes_back_what_it_had_gets_it_again()
    {
        using var script = Sending(6);
        script.Send(".", 1, 1, sack: Block(1, 6));
        script.Expect(". 1:1461(1460) ack 1");
        script.Send(".", 1, End(1));
        script.Run(300);
        Assert.Equal(1, script.Counters.TCPSACKReneging);
        for (var i = 2; i <= 6; i++)
        {
            script.Send(".", 1, End(i));
        }

        script.Forget();
        script.Run(5_000);
        script.ExpectNothing();
        Assert.InRange(script.Counters.RetransSegs, 2, 6);
    }

    [Fact]
    public void Blocks_that_cannot_be_are_thrown_away()
    {
        using var script = Sending(10);
        script.Send(".", 1, 1, sack: $"{End(12)}:{End(13)} {End(3)}:{End(2)} {End(9)}:{End(11)}");
        Assert.Equal(3, script.Counters.TCPSACKDiscard);
        script.ExpectNothing();
        script.Send(".", 1, End(10));
        script.Run(5_000);
        script.ExpectNothing();
    }

    [Fact]
    public void Parts_of_segments_are_not_taken_for_delivered()
    {
        using var script = Sending(10);
        script.Send(".", 1, 1, sack: $"{End(1) + 1}:{End(4) - 1}");

        // the third and fourth: only the third lies within
        script.Send(".", 1, 1, sack: $"{End(1) + 1}:{End(4) - 1}");
        script.ExpectNothing();
        script.Send(".", 1, 1, sack: $"{End(1) + 1}:{End(6)}");
        script.Forget();
        script.Send(".", 1, End(10));
        script.Run(5_000);
        script.ExpectNothing();
    }

    [Fact]
    public void Without_RACK_a_hole_is_lost_when_three_segments_beyond_it_are_there()
    {
        using var script = Sending(10, new TcpChoice { Timestamps = false, Rack = false });
        script.Send(".", 1, 1, sack: Block(1, 3));
        script.ExpectNothing();
        script.Send(".", 1, 1, sack: Block(1, 4));
        script.Expect(". 1:1461(1460) ack 1");
        script.Send(".", 1, End(10));
        script.Run(5_000);
        script.ExpectNothing();
    }

    [Fact]
    public void A_connection_that_finds_no_transfer_repairs_by_timeouts_and_gets_on()
    {
        using var wire = new TcpWire(3, new TcpChoice { Transfers = 1, Connections = 4 }) { Loss = 0.03, Delay = 5_000_000 };
        const int Length = 60_000;
        var left = new Dictionary<TcpSocketId, int>();
        wire.Client.Application.OnConnected = Pour;
        wire.Client.Application.OnWritable = Pour;
        for (var i = 0; i < 3; i++)
        {
            left[wire.Connect()] = Length;
        }

        wire.Run(600_000);
        Assert.Equal(3 * Length, wire.Server.Application.Data.Count);
        Assert.True(wire.Client.Tcp.Counters.TransfersRefused > 0, "there was a transfer for each");

        void Pour(TcpSocket socket) => left[socket.Id] -= socket.Write(new byte[left[socket.Id]]);
    }

    private static int End(int segments) => 1 + (segments * Mss);

    private static string Block(int first, int end) => $"{End(first)}:{End(end)}";

    private static TcpScript Receiving(TcpChoice? choice = null) => TcpScript.Established(choice ?? new TcpChoice { Timestamps = false }, sack: true);

    /// <summary>So many segments in flight, after a round trip of 20 ms.</summary>
    private static TcpScript Sending(int segments, TcpChoice? choice = null)
    {
        var script = new TcpScript(choice ?? new TcpChoice { Timestamps = false }) { PeerSack = true };
        script.Send("S", 0, mss: Mss);
        script.Forget();
        script.Run(20);
        script.Send(".", 1, 1);
        script.ExpectNothing();
        script.Write(segments * Mss);
        Assert.Equal(segments, script.Count());
        script.Run(20);
        return script;
    }
}
