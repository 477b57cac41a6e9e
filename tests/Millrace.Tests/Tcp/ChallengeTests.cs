using Millrace.Tcp;

namespace Millrace.Tests.Tcp;

public sealed class ChallengeTests
{
    [Fact]
    public void A_reset_inside_the_window_but_not_at_its_start_is_asked_about()
    {
        using var script = TcpScript.Established();
        Assert.Equal(DropReason.TcpReset, script.Send("R", 100).Reason);
        script.Expect(". 1:1(0) ack 1");
        Assert.Equal(TcpState.Established, script.Socket.State);
        Assert.Equal(1, script.Counters.TCPChallengeACK);
    }

    [Fact]
    public void A_reset_outside_the_window_is_ignored()
    {
        using var script = TcpScript.Established();
        Assert.Equal(VerdictKind.Drop, script.Send("R", 1_000_000).Kind);
        Assert.Equal(VerdictKind.Drop, script.Send("R", -1_000).Kind);
        script.ExpectNothing();
        Assert.Equal(TcpState.Established, script.Socket.State);
    }

    [Fact]
    public void A_SYN_on_an_open_connection_is_asked_about()
    {
        using var script = TcpScript.Established();
        Assert.Equal(DropReason.TcpInvalidSyn, script.Send("S", 1, mss: 1460).Reason);
        script.Expect(". 1:1(0) ack 1");
        Assert.Equal(1, script.Counters.TCPSYNChallenge);
    }

    [Fact]
    public void An_acknowledgment_of_what_was_never_sent_is_asked_about()
    {
        using var script = TcpScript.Established();
        Assert.Equal(DropReason.TcpAckUnsentData, script.Send("P.", 1, 500, "x").Reason);
        script.Expect(". 1:1(0) ack 1");
        Assert.Equal("", script.Text);
    }

    [Fact]
    public void An_acknowledgment_that_is_far_too_old_is_asked_about()
    {
        using var script = TcpScript.Established(window: 1000);
        Assert.Equal(DropReason.TcpOldAck, script.Send("P.", 1, -5000, "x").Reason);
        script.Expect(". 1:1(0) ack 1");
    }

    [Fact]
    public void A_connection_answers_at_most_every_half_second()
    {
        using var script = TcpScript.Established();
        for (var i = 0; i < 5; i++)
        {
            script.Send("R", 100);
        }

        script.Expect(". 1:1(0) ack 1");
        Assert.Equal(4, script.Counters.TCPACKSkippedChallenge);
        script.Run(501);
        script.Send("R", 100);
        script.Expect(". 1:1(0) ack 1");
    }

    [Fact]
    public void A_segment_without_ACK_is_dropped()
    {
        using var script = TcpScript.Established();
        Assert.Equal(DropReason.TcpFlags, script.Send("P", 1, payload: "x").Reason);
        script.ExpectNothing();
    }
}
