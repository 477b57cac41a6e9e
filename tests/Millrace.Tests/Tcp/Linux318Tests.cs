using Millrace.Headers;
using Millrace.Memory;
using Millrace.Sockets;
using Millrace.Tcp;

namespace Millrace.Tests.Tcp;

/// <summary>What a peer sees of a stack with the defaults of Linux 3.18, where 6.18 does otherwise.</summary>
public sealed class Linux318Tests
{
    private const int Mss = 1460;
    private static readonly TcpChoice Profile = TcpChoice.Of(KernelProfile.Linux_3_18);
    private static readonly InetEndpoint Server = new(TcpScript.Peer, TcpScript.PeerPort);

    [Fact]
    public void An_unanswered_SYN_goes_at_1_2_4_8_16_32_seconds_and_the_open_times_out_after_127()
    {
        using var script = new TcpScript(Profile);
        script.Open(out _);
        script.Expect("S 0:0(0)");
        foreach (var seconds in new[] { 1, 2, 4, 8, 16, 32 })
        {
            script.Run((seconds * 1000) - 20);
            script.ExpectNothing();
            script.Run(21);
            script.Expect("S 0:0(0)");
        }

        script.Run(63_000);
        Assert.DoesNotContain("Closed(TimedOut)", script.Application.Calls);
        script.Run(1_100);
        script.ExpectNothing();
        Assert.Equal(["Opened", "Closed(TimedOut)"], script.Application.Calls);
    }

    [Fact]
    public void A_SYN_offers_twenty_segments_and_a_scale_of_seven()
    {
        using var script = new TcpScript(Profile);
        script.Open(out _);
        script.Expect("S 0:0(0) win 29200 <mss 1460,sackOK,TS,nop,wscale 7>");
    }

    [Fact]
    public void The_first_window_stays_when_the_connection_is_open_and_opens_by_two_segments_for_each_that_is_full()
    {
        using var script = Opened(new TestApplication { Port = 80 });
        script.Expect($". 1:1(0) ack 1 win {(29_200 + 127) / 128}");
        for (var i = 0; i < 3; i++)
        {
            script.Inject(".", 1 + (i * Mss), 1, new byte[Mss]);
            script.Expect($". 1:1(0) ack {1 + ((i + 1) * Mss)} win {(29_200 + ((i + 1) * 2 * Mss) + 127) / 128}");
        }
    }

    [Fact]
    public void Segments_that_waste_their_frames_do_not_open_the_window_of_a_small_buffer()
    {
        using var script = Opened(new TestApplication { Port = 80 }, Profile with { Rmem = new MemoryLimits(4096, 87380, 87380) });
        script.Forget();
        for (var i = 0; i < 20; i++)
        {
            script.Inject(".", 1 + (i * 130), 1, new byte[130]);
        }

        script.Forget();
        script.Inject(".", 2601, 1, new byte[130]);
        script.Run(500);
        script.Expect(". 1:1(0) ack 2731 win 7300");
    }

    [Fact]
    public void Half_of_the_buffer_is_overhead()
    {
        // four times what twenty segments take, of which the sender may fill half
        const int Buffer = 2 * Arena.FrameTruesize * 20 * 4;
        using var script = Opened(new TestApplication { Port = 80 });
        script.Forget();
        for (var i = 0; i < 60; i++)
        {
            script.Send(".", 1 + (i * Mss), 1, new string('x', Mss));
        }

        script.Forget();
        script.Send(".", 1 + (60 * Mss), 1, new string('x', Mss));
        script.Run(300);
        script.Expect($". 1:1(0) ack {1 + (61 * Mss)} win {((Buffer / 2) + 127) / 128}");
    }

    [Theory]
    [InlineData(29_200, 100_000, 8_000)]
    [InlineData(100_000, 124_000, 0)]
    [InlineData(100_000, 126_000, 4_000)]
    [InlineData(100_000, 151_000, 8_000)]
    public void A_sender_that_speeds_up_is_given_more_in_steps(int before, int drained, int more) =>
        Assert.Equal(more, Tcp<TestTcpSettings, TestSocketMemory, TestSmallQueues, TestApplications, Cubic>.StepOf(8_000, drained, before));

    [Fact]
    public void Ports_go_up_to_61000_and_one_counter_serves_all_destinations()
    {
        using var script = new TcpScript(Profile, new TestApplication { Connections = 64 });
        var ports = new List<int>();
        for (var i = 0; i < 64; i++)
        {
            Assert.Equal(TcpConnectResult.Opening, script.Host.Tcp.Connect(0, new InetEndpoint(TcpScript.Peer, 7), out var id));
            ports.Add(script.Host.Socket(id).Local.Port);
        }

        // one destination takes one port behind the other; another one between moves it on
        Assert.All(ports.Zip(ports.Skip(1)), pair => Assert.Equal(pair.First == 61_000 ? 32_768 : pair.First + 1, pair.Second));
        Assert.All(ports, port => Assert.InRange(port, 32_768, 61_000));
    }

    [Fact]
    public void A_connection_elsewhere_moves_the_next_port_on()
    {
        using var script = new TcpScript(Profile);
        var first = Connect(7);
        Connect(8);
        Assert.Equal(first + 2, Connect(7));

        int Connect(ushort port)
        {
            Assert.Equal(TcpConnectResult.Opening, script.Host.Tcp.Connect(0, new InetEndpoint(TcpScript.Peer, port), out var id));
            return script.Host.Socket(id).Local.Port;
        }
    }

    [Fact]
    public void Timestamps_are_the_hosts_and_not_the_connections()
    {
        using var script = new TcpScript(Profile);
        script.Open(out _);
        script.Flush();
        Assert.Equal(1000u, script.LastTimestamp);
        script.Run(5);
        script.Open(out _);
        script.Flush();
        Assert.Equal(1005u, script.LastTimestamp);
    }

    [Fact]
    public void Challenges_are_answered_at_once_but_some_hundred_times_a_second_by_all()
    {
        using var script = TcpScript.Established(Profile);
        for (var i = 0; i < 200; i++)
        {
            script.Send("R", 100);
        }

        Assert.InRange(script.Counters.TCPChallengeACK, 50, 149);
        Assert.Equal(script.Counters.TCPChallengeACK, script.Count());
        script.Run(1000);
        script.Send("R", 100);
        script.Expect(". 1:1(0) ack 1");
    }

    [Fact]
    public void What_is_out_of_the_window_is_answered_every_time()
    {
        using var script = TcpScript.Established(Profile);
        for (var i = 0; i < 5; i++)
        {
            script.Send(".", -50_000, 1);
            script.Expect(". 1:1(0) ack 1");
        }
    }

    [Fact]
    public void A_connection_may_have_the_limit_below_it_however_slow_it_is()
    {
        using var script = Measured(100, 5 * Arena.FrameTruesize);
        script.Write(10 * Mss);
        Assert.Equal(6, script.Count());
        script.Host.Complete(1);
        Assert.Equal(1, script.Count());

        // and has it where a single packet is unacknowledged
        script.Send(".", 1, 1 + (6 * Mss));
        script.ExpectNothing();
    }

    [Fact]
    public void A_millisecond_of_a_fast_connection_is_more_than_the_limit()
    {
        using var script = Measured(2, Arena.FrameTruesize);
        Assert.Equal(2L * 10 * Mss * 500, script.Socket.PacingRate);
        script.Write(10 * Mss);
        Assert.Equal((2 * 10 * Mss * 500 / 1024 / Arena.FrameTruesize) + 1, script.Count());
    }

    [Fact]
    public void What_goes_again_does_not_wait_for_the_limit()
    {
        using var script = Measured(10, 2 * Arena.FrameTruesize, held: false);
        script.Write(6 * Mss);
        Assert.Equal(6, script.Count() + script.Count());
        script.Host.HoldsTransmits = true;
        script.Send(".", 1, 1);
        script.Run(400);
        script.Send(".", 1, 1 + Mss);
        script.Send(".", 1, 1 + (2 * Mss));
        Assert.True(script.Socket.WmemAlloc > 2 * Arena.FrameTruesize, $"{script.Socket.WmemAlloc} bytes are below TCP");
    }

    [Fact]
    public void Fast_Open_asks_in_the_experimental_form_and_understands_no_other()
    {
        var choice = Profile with { Timestamps = false, WindowScaling = false };
        using var script = new TcpScript(choice);
        Open(script);
        script.Expect("S 0:0(0) <mss 1460,nop,nop,sackOK,FOX 0>");
        script.SynOptions = [34, 10, 1, 2, 3, 4, 5, 6, 7, 8];
        script.Send("S.", 0, 1, mss: Mss);
        script.Forget();
        script.Socket.Abort();
        script.Forget();
        Open(script);
        script.Expect("S 0:0(0) <mss 1460,nop,nop,sackOK,FOX 0>");
        script.SynOptions = [254, 12, 0xF9, 0x89, 1, 2, 3, 4, 5, 6, 7, 8];
        script.Send("S.", 0, 1, mss: Mss);
        script.Forget();
        script.Socket.Abort();
        script.Forget();
        Open(script);
        script.Expect("S 0:5(5) <mss 1460,nop,nop,sackOK,FOX 8>");
    }

    [Fact]
    public void A_server_hands_out_cookies_in_the_experimental_form_only()
    {
        var choice = Profile with { FastOpen = 3 };
        using var script = new TcpScript(choice, new TestApplication { Port = 80, FastOpenQueue = 4 });
        script.SynOptions = [34, 2];
        script.Send("S", 0, mss: Mss);
        script.Expect("S. 0:0(0) ack 1 <mss 1460>");
        script.Send("R", 1);
        script.SynOptions = [254, 4, 0xF9, 0x89];
        script.Send("S", 0, mss: Mss);
        script.Expect("S. 0:0(0) ack 1 <mss 1460,FOX 8>");
    }

    [Fact]
    public void First_SYNs_lost_twice_to_a_server_stop_Fast_Open_there_for_longer_each_time()
    {
        using var script = new TcpScript(Profile with { Timestamps = false, WindowScaling = false });
        Open(script);
        script.Flush();
        script.SynOptions = [254, 12, 0xF9, 0x89, 1, 2, 3, 4, 5, 6, 7, 8];
        script.Send("S.", 0, 1, mss: Mss);
        script.SynOptions = [];
        End(script);
        Lose(script);
        Lose(script);
        Open(script);
        script.Expect("S 0:0(0) <mss 1460,nop,nop,sackOK>");
        End(script);
        script.Run((4 * 60_000) - 3_000);
        Open(script);
        script.Expect("S 0:0(0) <mss 1460,nop,nop,sackOK>");
        End(script);
        script.Run(3_000);
        Lose(script);
        script.Run(7 * 60_000);
        Open(script);
        script.Expect("S 0:0(0) <mss 1460,nop,nop,sackOK>");
        End(script);
        script.Run(61_000);
        Open(script);
        script.Expect("S 0:5(5) <mss 1460,nop,nop,sackOK,FOX 8>");
    }

    /// <summary>A SYN with data that does not arrive; the second one, without, does.</summary>
    private static void Lose(TcpScript script)
    {
        Open(script);
        script.Expect("S 0:5(5) <mss 1460,nop,nop,sackOK,FOX 8>");
        script.Run(1_001);
        script.Expect("S 0:0(0) <mss 1460,nop,nop,sackOK>");
        script.Send("S.", 0, 1, mss: Mss);
        End(script);
    }

    private static void End(TcpScript script)
    {
        script.Socket.Abort();
        script.Forget();
    }

    private static void Open(TcpScript script)
    {
        Assert.Equal(TcpConnectResult.Opening, script.Host.Tcp.Connect(0, Server, "hello"u8, out var id, out _));
        script.Talk(script.Host.Socket(id).Local.Port);
    }

    /// <summary>A listener's connection that scales by seven; its answer to the handshake's end is asked for by a keepalive probe.</summary>
    private static TcpScript Opened(TestApplication application, TcpChoice? choice = null)
    {
        var script = new TcpScript((choice ?? Profile) with { Timestamps = false }, application);
        script.Send("S", 0, mss: Mss, scale: 7);
        script.Expect("S. 0:0(0) ack 1 win 29200");
        script.Send(".", 1, 1);
        script.ExpectNothing();
        script.Send(".", 0, 1);
        return script;
    }

    /// <summary>A connection whose handshake took so long.</summary>
    private static TcpScript Measured(int milliseconds, int limit, bool held = true)
    {
        var script = new TcpScript(Profile with { LimitOutputBytes = limit });
        script.Send("S", 0, mss: Mss);
        script.Expect("S. 0:0(0) ack 1");
        script.Run(milliseconds);
        script.Send(".", 1, 1);
        script.ExpectNothing();
        script.Host.HoldsTransmits = held;
        return script;
    }
}
