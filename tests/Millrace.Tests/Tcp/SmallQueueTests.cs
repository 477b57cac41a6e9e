using Millrace.Memory;

namespace Millrace.Tests.Tcp;

public sealed class SmallQueueTests
{
    private const int Mss = 1460;

    [Fact]
    public void A_connection_stops_one_packet_beyond_its_limit_and_a_completion_lets_it_go_on()
    {
        using var script = Held(3 * Arena.FrameTruesize);
        script.Write(10 * Mss);
        Assert.Equal(4, script.Count());
        Assert.Equal(4 * Arena.FrameTruesize, script.Socket.WmemAlloc);
        Assert.Equal(1, script.Counters.SmallQueueThrottled);
        script.ExpectNothing();
        script.Host.Complete(1);
        Assert.Equal(1, script.Count());
        script.Host.Complete();
        Assert.Equal(4, script.Count());
        script.Host.Complete();
        Assert.Equal((0, 0L), (script.Socket.WmemAlloc, script.Host.Tcp.WmemAlloc));
    }

    [Fact]
    public void Without_a_limit_nothing_is_charged_and_nothing_waits()
    {
        using var script = Held(0);
        script.Write(10 * Mss);
        Assert.Equal(10, script.Count());
        Assert.Equal((0, 0L, 0L), (script.Socket.WmemAlloc, script.Host.Tcp.WmemAlloc, script.Counters.SmallQueueThrottled));
    }

    [Fact]
    public void A_millisecond_of_the_pacing_rate_is_the_limit_but_two_packets_always_are()
    {
        using var slow = Measured(100);

        // slow start: 200 % of 10 segments a round trip
        Assert.Equal(2 * 10 * Mss * 10, slow.Socket.PacingRate);
        slow.Write(10 * Mss);
        Assert.Equal(3, slow.Count());
        using var fast = Measured(2);
        Assert.Equal(2 * 10 * Mss * 500, fast.Socket.PacingRate);
        fast.Write(10 * Mss);

        // 14,257 bytes: the eighth packet goes while seven frames of 2,112 bytes would be over it
        Assert.Equal((int)(2 * 10 * Mss * 500 / 1024 / Arena.FrameTruesize) + 1, fast.Count());
    }

    [Fact]
    public void The_limit_is_doubled_for_what_is_sent_again()
    {
        using var script = Held(Arena.FrameTruesize);
        script.Write(10 * Mss);
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(2, script.Count());
            script.Host.Complete();
        }

        script.Run(300);
        Assert.Equal(1, script.Count());
        script.Host.Complete();
        script.Send(".", 1, 1 + (4 * Mss));
        Assert.Equal(3, script.Count());
        Assert.Equal(3 * Arena.FrameTruesize, script.Socket.WmemAlloc);
    }

    [Fact]
    public void A_fast_retransmit_that_had_to_wait_goes_with_the_next_completion()
    {
        using var script = Held(1);
        script.Write(10 * Mss);
        Assert.Equal(2, script.Count());
        for (var i = 0; i < 2; i++)
        {
            script.Host.Complete();
            Assert.Equal(1, script.Count());
        }

        for (var i = 0; i < 3; i++)
        {
            script.Inject(".", 1, 1, []);
        }

        script.ExpectNothing();
        script.Host.Complete();
        script.Expect(". 1:1461(1460) ack 1");
        script.Host.Complete();
        Assert.Equal(0, script.Socket.WmemAlloc);
    }

    [Fact]
    public void With_nothing_or_one_segment_unacknowledged_it_never_waits_whoever_keeps_the_frames()
    {
        using var script = Held(1);
        script.Write(6 * Mss);
        Assert.Equal(2, script.Count());
        script.Send(".", 1, 1 + (2 * Mss));
        Assert.Equal(2, script.Count());
        script.Send(".", 1, 1 + (4 * Mss));
        Assert.Equal(2, script.Count());
        Assert.Equal(6 * Arena.FrameTruesize, script.Socket.WmemAlloc);
        script.Host.Complete();
        Assert.Equal(0, script.Socket.WmemAlloc);
    }

    [Fact]
    public void Acknowledgments_do_not_wait_for_data_that_does()
    {
        using var script = Held(1);
        script.Write(6 * Mss);
        Assert.Equal(2, script.Count());
        for (var i = 0; i < 2; i++)
        {
            script.Inject("P.", 1 + (i * 4), 1, "data"u8.ToArray());
        }

        script.Run(100);
        script.Expect($". {1 + (2 * Mss)}:{1 + (2 * Mss)}(0) ack 9");
    }

    [Fact]
    public void Frames_of_a_connection_that_was_aborted_count_for_nobody_when_its_place_has_another()
    {
        using var script = Held(2 * Arena.FrameTruesize);
        script.Write(10 * Mss);
        Assert.Equal(3, script.Count());
        var first = script.Socket.Id;
        script.Socket.Abort();
        Assert.Equal(1, script.Count());
        script.Send("S", 0, mss: Mss);
        script.Expect("S. 0:0(0) ack 1");
        script.Send(".", 1, 1);
        Assert.Equal(first.Index, script.Socket.Id.Index);
        Assert.NotEqual(first.Generation, script.Socket.Id.Generation);
        script.Write(2 * Mss);
        Assert.Equal(2, script.Count());
        Assert.Equal(5 * Arena.FrameTruesize, script.Host.Tcp.WmemAlloc);
        script.Host.Complete(3);
        Assert.Equal((2 * Arena.FrameTruesize, 2L * Arena.FrameTruesize), (script.Socket.WmemAlloc, script.Host.Tcp.WmemAlloc));
        script.Host.Complete();
        Assert.Equal((0, 0L), (script.Socket.WmemAlloc, script.Host.Tcp.WmemAlloc));
    }

    private static TcpScript Held(int limit)
    {
        var script = TcpScript.Established(new TcpChoice { LimitOutputBytes = limit });
        script.Host.HoldsTransmits = true;
        return script;
    }

    /// <summary>A connection whose handshake took so long.</summary>
    private static TcpScript Measured(int milliseconds)
    {
        var script = new TcpScript(new TcpChoice { LimitOutputBytes = 4 << 20 });
        script.Send("S", 0, mss: Mss);
        script.Expect("S. 0:0(0) ack 1");
        script.Run(milliseconds);
        script.Send(".", 1, 1);
        script.ExpectNothing();
        script.Host.HoldsTransmits = true;
        return script;
    }
}
