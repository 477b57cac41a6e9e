using Millrace.Headers;
using Millrace.Memory;
using Millrace.Sockets;
using Millrace.Tcp;

namespace Millrace.Tests.Tcp;

public sealed class SynCookieTests
{
    private const ushort Late = 3;
    private const long Minute = 60_000;

    [Fact]
    public void A_full_backlog_answers_by_cookie_and_remembers_nothing()
    {
        using var script = Full();
        script.Send("S", 0, mss: 1460, port: Late);
        script.Expect("S. 0:0(0) ack 1 <mss 1460>");
        Assert.Equal(1, script.Counters.TCPReqQFullDoCookies);
        Assert.Equal(1, script.Counters.SyncookiesSent);

        // what is kept of others goes again; a cookie never does
        script.Run(1_100);
        Assert.Equal(2, script.Count());
    }

    [Fact]
    public void Who_acknowledges_a_cookie_is_connected()
    {
        using var script = Full();
        script.Send("S", 0, mss: 1460, port: Late);
        script.Expect("S. 0:0(0) ack 1");
        Assert.Equal(VerdictKind.Consumed, script.Send(".", 1, 1, port: Late).Kind);
        script.ExpectNothing();
        Assert.Equal(["Opened", "Connected"], script.Application.Calls);
        Assert.Equal(1, script.Counters.SyncookiesRecv);
        Assert.Equal(1, script.Counters.PassiveOpens);
        script.Send("P.", 1, 1, "hello", port: Late);
        Assert.Equal("hello", script.Text);
        script.Write("world");
        script.Expect("P. 1:6(5) ack 6");
    }

    [Fact]
    public void The_acknowledgment_may_be_lost_and_the_first_data_stand_for_it()
    {
        using var script = Full();
        script.Send("S", 0, mss: 1460, port: Late);
        script.Expect("S. 0:0(0) ack 1");
        script.Send("P.", 1, 1, "hello", port: Late);
        Assert.Equal("hello", script.Text);
        script.Expect(". 1:1(0) ack 6");
    }

    [Theory]
    [InlineData(400, 536)]
    [InlineData(536, 536)]
    [InlineData(1_299, 536)]
    [InlineData(1_300, 1_300)]
    [InlineData(1_452, 1_440)]
    [InlineData(9_000, 1_460)]
    public void The_segment_size_is_rounded_down(int offered, int kept)
    {
        using var script = Full();
        script.Send("S", 0, mss: offered, port: Late);
        script.Forget();
        script.Send(".", 1, 1, port: Late);
        script.Write(1_460);
        script.Expect(kept == 1_460
            ? ["P. 1:1461(1460) ack 1"]
            : Pieces(1_460, kept));
    }

    [Fact]
    public void A_scale_is_kept_in_the_timestamp()
    {
        using var script = Full();
        script.PeerTimestamp = 7_000;
        script.Send("S", 0, mss: 1460, scale: 9, port: Late);
        script.Expect("S. 0:0(0) ack 1 <mss 1460,nop,nop,TS,nop,wscale 10>");

        // 20 << 9 is room for seven segments, 20 for none
        script.Send(".", 1, 1, window: 20, port: Late);
        script.Write(20_000);
        Assert.Equal(7, script.Count());
    }

    [Theory]
    [InlineData("SEW", 2)]
    [InlineData("S", 0)]
    public void Notification_of_congestion_is_kept_in_the_timestamp(string flags, byte trafficClass)
    {
        using var script = Full();
        script.PeerTimestamp = 1;
        script.Send(flags, 0, mss: 1460, port: Late);
        script.Expect(flags == "SEW" ? "SE. 0:0(0) ack 1" : "S. 0:0(0) ack 1");
        script.Send(".", 1, 1, echo: script.LastTimestamp, port: Late);
        script.Write("hello");
        script.Expect($"P. 1:6(5) ack 1 [{trafficClass}]");
    }

    [Fact]
    public void Without_timestamps_nobody_remembers_who_asked_for_it()
    {
        using var script = Full();
        script.Send("SEW", 0, mss: 1460, port: Late);
        script.Expect("S. 0:0(0) ack 1");
    }

    [Fact]
    public void Without_timestamps_there_is_no_scale()
    {
        using var script = Full();
        script.Send("S", 0, mss: 1460, scale: 9, port: Late);
        script.Expect("S. 0:0(0) ack 1 <mss 1460>");
        script.Send(".", 1, 1, window: 2_920, port: Late);
        script.Write(20_000);
        Assert.Equal(2, script.Count());
    }

    [Fact]
    public void The_timestamp_is_at_most_64_milliseconds_old_and_never_ahead()
    {
        using var script = Full();
        script.PeerTimestamp = 7_000;
        for (var i = 0; i < 200; i++)
        {
            script.Send("S", 0, mss: 1460, scale: i % 15, port: Late);
            script.Expect("S. 0:0(0) ack 1");
            var stamped = script.LastTimestamp;
            script.Send(".", 1, 1, port: Late);
            script.Write("x");
            script.Flush();
            Assert.InRange(script.LastTimestamp - stamped, 0u, 63u);
            script.Forget();
            script.Socket.Abort();
            script.Forget();
            script.Run(1);
        }

        Assert.Equal(0, script.Counters.SyncookiesFailed);
    }

    [Fact]
    public void A_round_trip_is_not_measured_from_a_cookie()
    {
        using var script = new TcpScript(new TcpChoice { SynCookies = 2 });
        script.Send("S", 0, mss: 1460);
        script.Forget();
        script.Run(30_000);
        script.Send(".", 1, 1);
        script.Write("x");
        script.Expect("P. 1:2(1) ack 1");

        // a timeout of 90 s would come of it
        script.Run(1_100);
        script.Expect("P. 1:2(1) ack 1");
    }

    [Fact]
    public void A_cookie_lasts_for_its_minute_and_the_next()
    {
        using var script = Full(atMinute: 5);
        script.Send("S", 0, mss: 1460, port: Late);
        script.Forget();
        script.Remember(80, Late);
        script.Run((2 * Minute) - 1_000);

        // another keeps the listener's time of cookies young
        Fill(script);
        script.Send("S", 0, mss: 1460, port: 9);
        script.Forget();
        script.Recall(80, Late);
        Assert.Equal(VerdictKind.Consumed, script.Send(".", 1, 1, port: Late).Kind);
        Assert.Contains("Connected", script.Application.Calls);
    }

    [Fact]
    public void An_older_cookie_is_answered_by_a_reset()
    {
        using var script = Full(atMinute: 5);
        script.Send("S", 0, mss: 1460, port: Late);
        script.Forget();
        script.Remember(80, Late);
        script.Run((2 * Minute) + 1_000);
        Fill(script);
        script.Send("S", 0, mss: 1460, port: 9);
        script.Forget();
        script.Recall(80, Late);
        Assert.Equal(DropReason.NoSocket, script.Send(".", 1, 1, port: Late).Reason);
        script.Expect("R 1:1(0)");
        Assert.Equal(1, script.Counters.SyncookiesFailed);
        Assert.Empty(script.Application.Calls);
    }

    [Fact]
    public void Nobody_without_cookies_out_looks_for_them()
    {
        using var script = new TcpScript();
        Assert.Equal(DropReason.NoSocket, script.Send(".", 1, 77).Reason);
        script.Expect("R 77:77(0)");
        Assert.Equal(0, script.Counters.SyncookiesFailed);
    }

    [Theory]
    [InlineData(8, 0, Late)]
    [InlineData(0, 1, Late)]
    [InlineData(1 << 24, 0, Late)]
    [InlineData(0, 0, (ushort)(Late + 1))]
    public void A_cookie_is_good_for_its_flow_and_number_alone(int ahead, int acknowledgment, ushort port)
    {
        using var script = Full();
        script.Send("S", 0, mss: 1460, port: Late);
        script.Forget();
        Assert.Equal(DropReason.NoSocket, script.Send(".", 1 + ahead, 1 + acknowledgment, port: port).Reason);
        Assert.Equal(1, script.Counters.SyncookiesFailed);
        Assert.Equal(0, script.Counters.SyncookiesRecv);
    }

    [Fact]
    public void Guesses_do_not_find_a_cookie()
    {
        using var script = Full();
        script.Send("S", 0, mss: 1460, port: Late);
        script.Forget();
        var random = new Random(1);
        var found = 0;
        for (var i = 0; i < 200_000; i++)
        {
            found += script.Send(".", 1, random.Next(2, int.MaxValue), port: Late).Kind == VerdictKind.Consumed ? 1 : 0;
            script.Forget();
        }

        // 4 sizes in 2 minutes of 2^32 numbers: 0.0004 are expected
        Assert.Equal(0, found);
    }

    [Fact]
    public void An_application_without_a_free_connection_overflows()
    {
        using var script = new TcpScript(new TcpChoice { SynCookies = 2 }, new TestApplication { Port = 80, Connections = 1 });
        script.Send("S", 0, mss: 1460, port: 1);
        script.Forget();
        script.Remember(80, 1);
        script.Send("S", 0, mss: 1460, port: 2);
        script.Forget();
        Assert.Equal(VerdictKind.Consumed, script.Send(".", 1, 1, port: 2).Kind);
        script.Recall(80, 1);
        Assert.Equal(DropReason.TcpListenOverflow, script.Send(".", 1, 1, port: 1).Reason);
        Assert.Equal(1, script.Counters.ListenOverflows);
        Assert.Equal(1, script.Counters.PassiveOpens);
        script.ExpectNothing();
    }

    [Fact]
    public void Two_means_always()
    {
        using var script = new TcpScript(new TcpChoice { SynCookies = 2 });
        script.Send("S", 0, mss: 1460);
        script.Expect("S. 0:0(0) ack 1");
        Assert.Equal(1, script.Counters.SyncookiesSent);
        script.Run(40_000);
        script.ExpectNothing();
        script.Send(".", 1, 1);
        Assert.Contains("Connected", script.Application.Calls);
    }

    [Fact]
    public void A_connection_by_cookie_closes_as_any_other()
    {
        using var script = Full();
        script.Send("S", 0, mss: 1460, port: Late);
        script.Forget();
        script.Send("F.", 1, 1, port: Late);
        script.Expect(". 1:1(0) ack 2");
        script.Socket.Close();
        script.Expect("F. 1:1(0) ack 2");
        script.Send(".", 2, 2, port: Late);
        script.Run(40_000);
        script.Forget();
        script.Host.AssertEmpty();
    }

    [Fact]
    public void In_a_flood_a_transfer_goes_on_and_new_clients_come_through()
    {
        using var script = TcpScript.Established(null, new TestApplication { Port = 80, Backlog = 8, Connections = 64 });
        script.Remember(80, TcpScript.PeerPort);
        var read = 0;
        var clients = 0;
        for (var i = 0; i < 100_000; i++)
        {
            script.Send("S", 0, mss: 1460, port: (ushort)(1 + (i % 30_000)));
            script.Forget();
            if (i % 100 == 0)
            {
                script.Recall(80, TcpScript.PeerPort);
                script.Send("P.", 1 + read, 1, "x");
                read++;
            }

            if (i % 2_000 == 1_999)
            {
                var port = (ushort)(50_000 + clients++);
                script.Send("S", 0, mss: 1460, port: port);
                script.Forget();
                script.Send(".", 1, 1, port: port);
            }
        }

        Assert.Equal(1_000, script.Application.Data.Count);
        Assert.Equal(50, clients);
        Assert.Equal(51, script.Counters.PassiveOpens);
        Assert.Equal(50, script.Counters.SyncookiesRecv);
        Assert.Equal(0, script.Counters.ListenDrops);
    }

    /// <summary>A listener whose backlog of one, and so two, is full.</summary>
    private static TcpScript Full(int atMinute = 0)
    {
        var script = new TcpScript(null, new TestApplication { Port = 80, Backlog = 1 });
        if (atMinute > 0)
        {
            script.Run((atMinute * Minute) - 1_000);
        }

        Fill(script);
        return script;
    }

    private static void Fill(TcpScript script)
    {
        script.Send("S", 0, mss: 1460, port: 1);
        script.Send("S", 0, mss: 1460, port: 2);
        script.Forget();
    }

    private static string[] Pieces(int length, int size)
    {
        var pieces = new List<string>();
        for (var first = 0; first < length; first += size)
        {
            var last = Math.Min(first + size, length);
            pieces.Add($"{(last == length ? "P." : ".")} {1 + first}:{1 + last}({last - first}) ack 1");
        }

        return [.. pieces];
    }
}
