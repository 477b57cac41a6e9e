using Millrace.Tcp;

namespace Millrace.Tests.Tcp;

public sealed class SocketOptionTests
{
    [Fact]
    public void A_connection_has_what_the_stack_is_set_to()
    {
        using var script = TcpScript.Established();
        Assert.Equal(0, script.Socket.Get(TcpOption.KeepAlive));
        Assert.Equal(7200, script.Socket.Get(TcpOption.KeepIdle));
        Assert.Equal(75, script.Socket.Get(TcpOption.KeepInterval));
        Assert.Equal(9, script.Socket.Get(TcpOption.KeepCount));
        Assert.Equal(6, script.Socket.Get(TcpOption.SynCount));
        Assert.Equal(60, script.Socket.Get(TcpOption.Linger2));
        Assert.Equal(0, script.Socket.Get(TcpOption.UserTimeout));
    }

    [Theory]
    [InlineData(TcpOption.KeepIdle, 0)]
    [InlineData(TcpOption.KeepIdle, 32_768)]
    [InlineData(TcpOption.KeepInterval, 0)]
    [InlineData(TcpOption.KeepInterval, 32_768)]
    [InlineData(TcpOption.KeepCount, 0)]
    [InlineData(TcpOption.KeepCount, 128)]
    [InlineData(TcpOption.SynCount, 0)]
    [InlineData(TcpOption.SynCount, 128)]
    [InlineData(TcpOption.UserTimeout, -1)]
    public void A_value_that_Linux_refuses_is_refused(TcpOption option, int value)
    {
        using var script = TcpScript.Established();
        var before = script.Socket.Get(option);
        Assert.False(script.Socket.TrySet(option, value));
        Assert.Equal(before, script.Socket.Get(option));
    }

    [Fact]
    public void A_choice_ends_with_its_connection()
    {
        using var script = TcpScript.Established(null, new TestApplication { Port = 80, Connections = 1 });
        Assert.True(script.Socket.TrySet(TcpOption.KeepIdle, 5));
        Assert.True(script.Socket.TrySet(TcpOption.UserTimeout, 5));
        script.Socket.Abort();
        script.Forget();
        script.Send("S", 0, mss: 1460, port: 9);
        script.Forget();
        script.Send(".", 1, 1, port: 9);
        Assert.Equal(7200, script.Socket.Get(TcpOption.KeepIdle));
        Assert.Equal(0, script.Socket.Get(TcpOption.UserTimeout));
    }

    [Fact]
    public void One_connection_is_probed_as_its_application_chose()
    {
        using var script = TcpScript.Established();
        Assert.True(script.Socket.TrySet(TcpOption.KeepIdle, 10));
        Assert.True(script.Socket.TrySet(TcpOption.KeepInterval, 2));
        Assert.True(script.Socket.TrySet(TcpOption.KeepCount, 3));
        script.Run(20_000);
        script.ExpectNothing();
        Assert.True(script.Socket.TrySet(TcpOption.KeepAlive, 1));
        script.Run(9_900);
        script.ExpectNothing();
        script.Run(200);
        script.Expect(". 0:0(0) ack 1");
        script.Run(4_000);
        Assert.Equal(2, script.Count());
        script.Run(2_000);
        script.Expect("R. 1:1(0) ack 1");
        Assert.Contains("Closed(TimedOut)", script.Application.Calls);
    }

    [Fact]
    public void Probing_can_be_switched_off_again()
    {
        using var script = TcpScript.Established(new TcpChoice { KeepAlive = true });
        Assert.True(script.Socket.TrySet(TcpOption.KeepAlive, 0));
        script.Run(10_000_000);
        script.ExpectNothing();
    }

    [Fact]
    public void A_user_timeout_counts_for_probes_in_place_of_their_number()
    {
        using var script = TcpScript.Established();
        script.Socket.TrySet(TcpOption.KeepIdle, 10);
        script.Socket.TrySet(TcpOption.KeepInterval, 1);
        script.Socket.TrySet(TcpOption.KeepCount, 1);
        script.Socket.TrySet(TcpOption.UserTimeout, 14_500);
        script.Socket.TrySet(TcpOption.KeepAlive, 1);
        script.Run(14_400);
        Assert.Equal(5, script.Count());
        script.Run(1_000);
        script.Expect("R. 1:1(0) ack 1");
    }

    [Theory]
    [InlineData(3_000)]
    [InlineData(700)]
    [InlineData(60_000)]
    public void Data_that_nobody_acknowledges_is_given_up_after_the_user_timeout(int milliseconds)
    {
        using var script = TcpScript.Established();
        script.Socket.TrySet(TcpOption.UserTimeout, milliseconds);
        script.Write("x");
        script.Flush();

        // counted from the first timeout, which a round trip that took no time sets to 200 ms
        script.Run(200 + milliseconds - 20);
        Assert.DoesNotContain("Closed(TimedOut)", script.Application.Calls);
        script.Run(40);
        Assert.Contains("Closed(TimedOut)", script.Application.Calls);
        Assert.Equal(1, script.Counters.TCPAbortOnTimeout);
    }

    [Fact]
    public void A_closed_window_is_given_up_after_the_user_timeout_though_probes_are_answered()
    {
        using var script = TcpScript.Established();
        script.Socket.TrySet(TcpOption.UserTimeout, 5_000);
        script.Send(".", 1, 1, window: 0);
        script.Write("x");
        script.Flush();
        for (var i = 0; i < 100 && !script.Application.Calls.Contains("Closed(TimedOut)"); i++)
        {
            script.Run(100);
            if (script.Count() > 0)
            {
                Assert.InRange(i, 0, 54);
                script.Send(".", 1, 1, window: 0);
            }
        }

        Assert.Contains("Closed(TimedOut)", script.Application.Calls);
    }

    [Fact]
    public void Without_it_a_peer_that_answers_may_keep_its_window_closed()
    {
        using var script = TcpScript.Established();
        script.Send(".", 1, 1, window: 0);
        script.Write("x");
        for (var i = 0; i < 20_000; i++)
        {
            script.Run(100);
            if (script.Count() > 0)
            {
                script.Send(".", 1, 1, window: 0);
            }
        }

        Assert.DoesNotContain("Closed(TimedOut)", script.Application.Calls);
    }

    [Fact]
    public void A_SYN_is_repeated_as_often_as_its_application_chose()
    {
        using var script = new TcpScript(new TcpChoice { SynLinearTimeouts = 0 });
        script.Open(out var id);
        Assert.True(script.Host.Socket(id).TrySet(TcpOption.SynCount, 2));
        script.Run(60_000);
        Assert.Equal(3, script.Count());
        Assert.Contains("Closed(TimedOut)", script.Application.Calls);
    }

    [Fact]
    public void A_user_timeout_ends_an_open_too()
    {
        using var script = new TcpScript(new TcpChoice { SynLinearTimeouts = 0 });
        script.Open(out var id);
        script.Host.Socket(id).TrySet(TcpOption.UserTimeout, 2_500);
        script.Run(60_000);
        Assert.Equal(2, script.Count());
        Assert.Contains("Closed(TimedOut)", script.Application.Calls);
    }

    [Theory]
    [InlineData(5, 5)]
    [InlineData(0, 60)]
    [InlineData(500, 120)]
    public void An_orphan_waits_for_the_FIN_as_long_as_its_application_chose(int chosen, int seconds)
    {
        using var script = TcpScript.Established();
        script.Socket.TrySet(TcpOption.Linger2, chosen);
        script.Socket.Close();
        script.Expect("F. 1:1(0) ack 1");
        script.Send(".", 1, 2);
        script.Run((seconds * 1000) - 100);
        Assert.DoesNotContain("Closed(Closed)", script.Application.Calls);
        script.Run(200);
        script.Send(".", 1, 2);
        script.Expect("R 2:2(0)");
    }

    [Fact]
    public void Below_zero_the_wait_ends_with_a_reset()
    {
        using var script = TcpScript.Established();
        Assert.True(script.Socket.TrySet(TcpOption.Linger2, -5));
        Assert.Equal(-1, script.Socket.Get(TcpOption.Linger2));
        script.Socket.Close();
        script.Expect("F. 1:1(0) ack 1");
        script.Send(".", 1, 2);
        script.Expect("R. 2:2(0) ack 1");
        Assert.Equal(1, script.Counters.TCPAbortOnLinger);
    }
}
