namespace Millrace.Tests.Tcp;

public sealed class TimestampTests
{
    [Fact]
    public void Both_ends_use_timestamps_if_both_offer_them()
    {
        using var script = Established();
        script.Write("x");
        script.Expect("P. 1:2(1) ack 1 <nop,nop,TS>");
    }

    [Fact]
    public void A_segment_with_an_older_timestamp_is_acknowledged_and_dropped()
    {
        using var script = Established();
        script.PeerTimestamp = 5000;
        script.Send("P.", 1, 1, "a");
        script.Expect(". 1:1(0) ack 2");
        script.PeerTimestamp = 4999;
        Assert.Equal(DropReason.TcpPaws, script.Send("P.", 2, 1, "b").Reason);
        script.Expect(". 1:1(0) ack 2");
        Assert.Equal(1, script.Counters.PAWSEstab);
        Assert.Equal("a", script.Text);
    }

    [Fact]
    public void A_timestamp_may_pass_the_end_of_its_numbers()
    {
        using var script = Established();
        script.PeerTimestamp = 0x7FFF_FFFF;
        script.Send("P.", 1, 1, "a");
        script.PeerTimestamp = 0xFFFF_FFF0;
        script.Send("P.", 2, 1, "b");
        script.PeerTimestamp = 5;
        script.Send("P.", 3, 1, "c");
        Assert.Equal("abc", script.Text);
    }

    [Fact]
    public void After_24_days_an_old_timestamp_counts_no_more()
    {
        using var script = Established();
        script.PeerTimestamp = 5000;
        script.Send("P.", 1, 1, "a");
        script.Run(25L * 24 * 3600 * 1000);
        script.PeerTimestamp = 100;
        script.Send("P.", 2, 1, "b");
        Assert.Equal("ab", script.Text);

        // and it is the one that later ones are compared with
        script.PeerTimestamp = 99;
        Assert.Equal(DropReason.TcpPaws, script.Send("P.", 3, 1, "c").Reason);
    }

    [Fact]
    public void Options_take_room_from_a_segment()
    {
        using var script = Established();
        script.Write(1460);
        script.Expect(". 1:1449(1448) ack 1", "P. 1449:1461(12) ack 1");
    }

    [Fact]
    public void Timestamps_of_two_connections_start_apart()
    {
        using var script = new TcpScript();
        script.Open(out _);
        script.Flush();
        var first = script.LastTimestamp;
        script.Open(out _);
        script.Flush();
        Assert.True(Math.Abs((int)(script.LastTimestamp - first)) > 1000);
    }

    [Fact]
    public void A_repeated_segment_is_timed_by_its_timestamp()
    {
        using var script = Established();
        script.Write("a");
        script.Forget();
        script.Run(201);
        script.Forget();
        script.Run(150);
        script.Send(".", 1, 2);
        script.Write("b");
        script.Expect("P. 2:3(1) ack 1");
        script.Run(205);
        script.ExpectNothing();
        script.Run(250);
        Assert.True(script.Count() >= 1);
    }

    [Fact]
    public void A_scaled_window_counts_whole()
    {
        using var script = new TcpScript();
        script.Send("S", 0, mss: 1460, scale: 8, window: 2000);
        script.Expect("S. 0:0(0) ack 1 win 64240 <mss 1460,nop,wscale 10>");
        script.Send(".", 1, 1, window: 16);
        script.Write(5000);
        script.Expect(". 1:1461(1460) ack 1 win 63", ". 1461:2921(1460) ack 1 win 63");
    }

    private static TcpScript Established()
    {
        var script = new TcpScript { PeerTimestamp = 1000 };
        script.Send("S", 0, mss: 1460);
        script.Expect("S. 0:0(0) ack 1 <mss 1460,nop,nop,TS>");
        script.Send(".", 1, 1);
        script.ExpectNothing();
        return script;
    }
}
