using Millrace.Sockets;
using Millrace.Tcp;

namespace Millrace.Tests.Tcp;

public sealed class CloseTests
{
    [Fact]
    public void The_end_that_closes_first_waits_in_TIME_WAIT()
    {
        using var script = TcpScript.Established();
        script.Socket.Close();
        script.Expect("F. 1:1(0) ack 1");
        Assert.Equal(TcpState.FinWait1, script.Socket.State);
        script.Send(".", 1, 2);
        Assert.Equal(TcpState.FinWait2, script.Socket.State);
        script.Send("F.", 1, 2);
        script.Expect(". 2:2(0) ack 2");
        Assert.Contains("Closed(Closed)", script.Application.Calls);
        Assert.Equal(1, script.Counters.TW);

        script.Run(59_000);
        script.Send("F.", 1, 2);
        script.Expect(". 2:2(0) ack 2");
        script.Run(61_000);
        script.Send("F.", 1, 2);
        script.Expect("R 2:2(0)");
        script.Host.AssertEmpty();
    }

    [Fact]
    public void The_end_that_closes_last_is_done_with_the_acknowledgment_of_its_FIN()
    {
        using var script = TcpScript.Established();
        script.Send("F.", 1, 1);
        script.Expect(". 1:1(0) ack 2");
        Assert.Equal(TcpState.CloseWait, script.Socket.State);
        Assert.Contains("PeerClosed", script.Application.Calls);
        Assert.True(script.Socket.IsPeerClosed);
        script.Write("last words");
        script.Socket.Close();
        script.Expect("FP. 1:11(10) ack 2");
        Assert.Equal(TcpState.LastAck, script.Socket.State);
        script.Send(".", 2, 12);
        script.ExpectNothing();
        Assert.Contains("Closed(Closed)", script.Application.Calls);
        script.Host.AssertEmpty();
        script.Run(1_000_000);
        Assert.Equal(long.MaxValue, script.Host.Tcp.NextDeadline);
    }

    [Fact]
    public void Both_ends_can_close_at_once()
    {
        using var script = TcpScript.Established();
        script.Socket.Close();
        script.Expect("F. 1:1(0) ack 1");
        script.Send("F.", 1, 1);
        script.Expect(". 2:2(0) ack 2");
        Assert.Equal(TcpState.Closing, script.Socket.State);
        script.Send(".", 2, 2);
        script.ExpectNothing();
        Assert.Contains("Closed(Closed)", script.Application.Calls);
        Assert.Equal(1, script.Counters.TW);
    }

    [Fact]
    public void An_end_that_has_shut_down_still_receives()
    {
        using var script = TcpScript.Established();
        script.Socket.Shutdown();
        script.Expect("F. 1:1(0) ack 1");
        script.Send(".", 1, 2);
        script.Send("P.", 1, 2, "still here");
        script.Expect(". 2:2(0) ack 11");
        Assert.Equal("still here", script.Text);
        script.Run(200_000);
        Assert.Equal(TcpState.FinWait2, script.Socket.State);
    }

    [Fact]
    public void A_closed_connection_waits_60_seconds_for_the_peers_FIN()
    {
        using var script = TcpScript.Established();
        script.Socket.Close();
        script.Forget();
        script.Send(".", 1, 2);
        script.Run(59_000);
        Assert.DoesNotContain("Closed(Closed)", script.Application.Calls);
        script.Run(2_000);
        Assert.Contains("Closed(Closed)", script.Application.Calls);
        script.ExpectNothing();
        script.Host.AssertEmpty();
    }

    [Fact]
    public void Data_after_close_is_reset()
    {
        using var script = TcpScript.Established();
        script.Socket.Close();
        script.Expect("F. 1:1(0) ack 1");
        script.Send(".", 1, 2);
        Assert.Equal(DropReason.TcpAbortOnData, script.Send("P.", 1, 2, "too late").Reason);
        script.Expect("R 2:2(0)");
        Assert.Equal(1, script.Counters.TCPAbortOnData);
        script.Host.AssertEmpty();
    }

    [Fact]
    public void Closing_with_unread_data_resets()
    {
        using var script = TcpScript.Established(null, new TestApplication { Port = 80, Reads = false });
        script.Send("P.", 1, 1, "unread");
        script.Expect(". 1:1(0) ack 7");
        script.Socket.Close();
        script.Expect("R. 1:1(0) ack 7");
        Assert.Contains("Closed(Aborted)", script.Application.Calls);
        Assert.Equal(1, script.Counters.TCPAbortOnClose);
        script.Host.AssertEmpty();
    }

    [Fact]
    public void Aborting_resets_and_forgets()
    {
        using var script = TcpScript.Established();
        script.Write("never acknowledged");
        script.Forget();
        script.Socket.Abort();
        script.Expect("R. 19:19(0) ack 1");
        Assert.Contains("Closed(Aborted)", script.Application.Calls);
        script.Host.AssertEmpty();
        script.Send(".", 1, 19);
        script.Expect("R 19:19(0)");
    }

    [Fact]
    public void A_reset_ends_the_connection_and_discards_what_is_unread()
    {
        using var script = TcpScript.Established(null, new TestApplication { Port = 80, Reads = false });
        script.Send("P.", 1, 1, "unread");
        script.Forget();
        script.Send("R", 7);
        script.ExpectNothing();
        Assert.Contains("Closed(Reset)", script.Application.Calls);
        script.Host.AssertEmpty();
    }

    [Fact]
    public void An_orderly_end_is_told_only_when_everything_was_read()
    {
        using var script = TcpScript.Established(null, new TestApplication { Port = 80, Reads = false });
        script.Send("FP.", 1, 1, "read me later");
        script.Socket.Shutdown();
        script.Expect("F. 1:1(0) ack 15");
        script.Send(".", 15, 2);
        script.Flush();
        Assert.DoesNotContain("Closed(Closed)", script.Application.Calls);
        script.Run(300_000);
        script.Application.Drain(script.Socket);
        script.ExpectNothing();
        Assert.Equal("read me later", script.Text);
        Assert.Contains("Closed(Closed)", script.Application.Calls);
        script.Host.AssertEmpty();
    }

    [Fact]
    public void A_handler_may_abort_from_within_any_call()
    {
        using var script = TcpScript.Established();
        script.Application.OnReceived = socket => socket.Abort();
        script.Send("FP.", 1, 1, "x");
        script.Expect("R. 1:1(0) ack 3");
        Assert.DoesNotContain("PeerClosed", script.Application.Calls);
        Assert.Contains("Closed(Aborted)", script.Application.Calls);
        script.Host.AssertEmpty();
    }

    [Fact]
    public void A_name_does_not_match_the_next_connection_in_its_place()
    {
        using var script = TcpScript.Established();
        var id = script.Application.Last;
        script.Send("R", 1);
        Assert.False(script.Host.Tcp.TryGet(id, out _));
        script.Send("S", 0, mss: 1460);
        script.Flush();
        script.Send(".", 1, 1);
        Assert.False(script.Host.Tcp.TryGet(id, out _));
        Assert.True(script.Host.Tcp.TryGet(script.Application.Last, out _));
        Assert.False(script.Host.Tcp.TryGet(TcpSocketId.None, out _));
    }

    [Fact]
    public void A_closed_connection_is_not_kept_for_ever_by_a_peer_that_answers_probes_with_a_closed_window()
    {
        using var script = TcpScript.Established();
        script.Send(".", 1, 1, window: 0);
        script.Write(1000);
        script.Socket.Close();
        script.Forget();
        for (var seconds = 0; seconds < 1000; seconds++)
        {
            script.Run(1000);
            if (script.Count() > 0)
            {
                script.Send(".", 1, 1, window: 0);
            }
        }

        Assert.Contains(script.Application.Calls, call => call.StartsWith("Closed", StringComparison.Ordinal));
        script.Host.AssertEmpty();
    }

    [Fact]
    public void Shutdown_of_an_open_that_is_not_answered_ends_it()
    {
        using var script = new TcpScript();
        script.Open(out _);
        script.Expect("S 0:0(0)");
        script.Socket.Shutdown();
        script.ExpectNothing();
        Assert.Equal(["Opened", "Closed(Aborted)"], script.Application.Calls);
        script.Host.AssertEmpty();
    }
}
