using Millrace.Memory;

namespace Millrace.Tests.Tcp;

public sealed class LossTests
{
    [Fact]
    public void An_unacknowledged_segment_goes_again_at_doubling_intervals()
    {
        using var script = TcpScript.Established();
        script.Write("data");
        script.Expect("P. 1:5(4) ack 1");
        foreach (var milliseconds in new[] { 200, 400, 800, 1600 })
        {
            script.Run(milliseconds - 5);
            script.ExpectNothing();
            script.Run(6);
            script.Expect("P. 1:5(4) ack 1");
        }

        Assert.Equal(4, script.Counters.TCPTimeouts);
        Assert.Equal(4, script.Counters.RetransSegs);
    }

    [Fact]
    public void A_connection_is_given_up_about_925_seconds_after_the_first_timeout()
    {
        using var script = TcpScript.Established();
        script.Write("data");
        script.Run(900_000);
        Assert.DoesNotContain("Closed(TimedOut)", script.Application.Calls);
        script.Run(200_000);
        Assert.Contains("Closed(TimedOut)", script.Application.Calls);
        Assert.Equal(1, script.Counters.TCPAbortOnTimeout);
        script.Forget();
        script.Host.AssertEmpty();
    }

    [Fact]
    public void The_third_duplicate_acknowledgment_repeats_the_first_segment_and_the_first_two_let_new_ones_go()
    {
        using var script = TcpScript.Established();
        script.Write(20 * 1460);
        Assert.Equal(10, script.Count());
        script.Send(".", 1, 1);
        script.Expect(". 14601:16061(1460) ack 1");
        script.Send(".", 1, 1);
        script.Expect(". 16061:17521(1460) ack 1");
        script.Send(".", 1, 1);
        script.Expect(". 1:1461(1460) ack 1");
        Assert.Equal(1, script.Counters.TCPFastRetrans);
    }

    [Fact]
    public void A_partial_acknowledgment_in_recovery_repeats_the_next_hole()
    {
        using var script = TcpScript.Established();
        script.Write(10 * 1460);
        Assert.Equal(10, script.Count());
        for (var i = 0; i < 3; i++)
        {
            script.Send(".", 1, 1);
        }

        script.Expect(". 1:1461(1460) ack 1");
        script.Send(".", 1, 1 + (4 * 1460));
        script.Expect(". 5841:7301(1460) ack 1");
        script.Send(".", 1, 1 + (10 * 1460));
        script.ExpectNothing();
        Assert.Equal(1, script.Counters.TCPRenoRecovery);
    }

    [Fact]
    public void After_recovery_the_window_is_seven_tenths_of_what_it_was()
    {
        using var script = TcpScript.Established();
        script.Write(10 * 1460);
        Assert.Equal(10, script.Count());
        for (var i = 0; i < 3; i++)
        {
            script.Send(".", 1, 1);
        }

        script.Send(".", 1, 1 + (10 * 1460));
        script.Forget();
        script.Write(20 * 1460);

        Assert.Equal(7, script.Count());
    }

    [Fact]
    public void Duplicates_of_what_was_sent_before_a_timeout_start_no_second_recovery()
    {
        using var script = TcpScript.Established();
        script.Write(10 * 1460);
        script.Forget();
        script.Run(201);
        script.Expect(". 1:1461(1460) ack 1");
        for (var i = 0; i < 3; i++)
        {
            script.Send(".", 1, 1);
        }

        script.ExpectNothing();
        Assert.Equal(0, script.Counters.TCPFastRetrans);
    }

    [Fact]
    public void After_a_timeout_everything_goes_again_in_slow_start_as_far_as_it_is_not_acknowledged()
    {
        using var script = TcpScript.Established();
        script.Write(10 * 1460);
        script.Forget();
        script.Run(201);
        script.Expect(". 1:1461(1460) ack 1");
        script.Send(".", 1, 1461);
        script.Expect(". 1461:2921(1460) ack 1", ". 2921:4381(1460) ack 1");

        // the rest had arrived before
        script.Send(".", 1, 1 + (10 * 1460));
        script.ExpectNothing();
        script.Run(60_000);
        script.ExpectNothing();
    }

    [Fact]
    public void A_round_trip_of_a_repeated_segment_is_no_sample()
    {
        using var script = TcpScript.Established();
        script.Write("a");
        script.Run(201);
        Assert.Equal(2, script.Count());
        script.Run(150);
        script.Send(".", 1, 2);
        script.Write("b");
        script.Expect("P. 2:3(1) ack 1");

        // nor does it end the back-off (RFC 6298 §5.7)
        script.Run(395);
        script.ExpectNothing();
        script.Run(6);
        script.Expect("P. 2:3(1) ack 1");
    }

    [Fact]
    public void The_timeout_follows_the_round_trip_time()
    {
        using var script = TcpScript.Established();
        var next = 1;
        for (var i = 0; i < 60; i++)
        {
            script.Write("x");
            script.Run(100);
            script.Send(".", 1, ++next);
        }

        script.Forget();
        script.Write("x");
        script.Forget();
        script.Run(290);
        script.ExpectNothing();
        script.Run(30);
        Assert.Equal(1, script.Count());
    }

    [Fact]
    public void A_frame_that_the_NIC_still_has_is_not_sent_again()
    {
        using var script = TcpScript.Established();
        script.Host.HoldsTransmits = true;
        script.Write("data");
        script.Expect("P. 1:5(4) ack 1");
        script.Run(201);
        script.ExpectNothing();
        Assert.Equal(1, script.Counters.TCPSpuriousRtxHostQueues);
        script.Host.Complete();
        script.Run(500);
        script.Expect("P. 1:5(4) ack 1");
    }

    [Fact]
    public void While_a_frame_is_lent_its_acknowledgment_is_asked_for()
    {
        using var script = TcpScript.Established();
        script.Host.HoldsTransmits = true;
        script.Write("data");
        script.Expect("P. 1:5(4) ack 1");
        script.Run(610);
        script.Expect(". 0:0(0) ack 1");
        script.Send(".", 1, 5);
        script.Run(10_000);
        script.ExpectNothing();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(64)]
    public void A_frame_is_free_after_acknowledgment_and_completion_in_either_order(int segments)
    {
        foreach (var completesFirst in new[] { true, false })
        {
            using var script = TcpScript.Established(new TcpChoice { MaxGsoSegments = segments });
            script.Host.HoldsTransmits = true;
            script.Write(4 * 1460);
            Assert.Equal(4, script.Count());
            Assert.Equal(4, script.Host.Arena.CountHeldBy(Holders.RetransmitQueue));
            Assert.Equal(4, script.Host.Arena.CountHeldBy(Holders.TransmitRing));
            if (completesFirst)
            {
                script.Host.Complete();
                Assert.Equal(4, script.Host.Arena.Used(Share.Sockets));
                script.Send(".", 1, 1 + (4 * 1460));
            }
            else
            {
                // half of it, then all
                script.Send(".", 1, 1 + (2 * 1460));
                script.Send(".", 1, 1 + (4 * 1460));
                Assert.Equal(4, script.Host.Arena.Used(Share.Sockets));
                script.Host.Complete();
            }

            script.Forget();
            script.Host.Complete();
            Assert.Equal(0, script.Host.Arena.Used(Share.Sockets));
            Assert.Equal(script.Host.Arena.Capacity, script.Host.Arena.FreeCount);
        }
    }

    [Fact]
    public void Segments_of_one_large_packet_are_repeated_one_by_one()
    {
        using var script = TcpScript.Established(new TcpChoice { MaxGsoSegments = 64 });
        script.Write(4 * 1460);
        Assert.Equal(4, script.Count());
        script.Send(".", 1, 1461);
        script.Run(201);
        script.Expect(". 1461:2921(1460) ack 1");
        script.Send(".", 1, 2921);
        script.Expect(". 2921:4381(1460) ack 1", "P. 4381:5841(1460) ack 1");
    }

    [Fact]
    public void A_lost_FIN_goes_again()
    {
        using var script = TcpScript.Established();
        script.Socket.Shutdown();
        script.Expect("F. 1:1(0) ack 1");
        script.Run(201);
        script.Expect("F. 1:1(0) ack 1");
    }

    [Fact]
    public void A_FIN_that_went_with_data_goes_again_with_it()
    {
        using var script = TcpScript.Established();
        script.Write("bye");
        script.Socket.Shutdown();
        script.Expect("FP. 1:4(3) ack 1");
        script.Run(201);
        script.Expect("FP. 1:4(3) ack 1");
    }

    [Theory]
    [InlineData(100, 40)]
    [InlineData(300, 20)]
    [InlineData(500, 10)]
    [InlineData(60_000, 10)]
    public void The_window_halves_with_each_timeout_that_a_pause_lasts(int milliseconds, int segments)
    {
        using var script = TcpScript.Established(new TcpChoice { Timestamps = false });
        script.Write(10 * 1460);
        Assert.Equal(10, script.Count());
        script.Send(".", 1, 1 + (10 * 1460));
        script.Write(20 * 1460);
        Assert.Equal(20, script.Count());
        script.Send(".", 1, 1 + (30 * 1460));
        script.Run(milliseconds);
        script.Write(44 * 1460);
        Assert.Equal(segments, script.Count());
    }
}
