namespace Millrace.Tests.Tcp;

public sealed class KeepAliveTests
{
    [Fact]
    public void An_idle_connection_is_not_probed_unless_asked_for()
    {
        using var script = TcpScript.Established();
        Assert.Equal(long.MaxValue, Idle(script));
        script.ExpectNothing();
    }

    private static long Idle(TcpScript script)
    {
        script.Run(10_000_000);
        return script.Host.Tcp.NextDeadline;
    }

    [Fact]
    public void A_silent_peer_is_probed_after_two_hours_and_given_up_after_nine_probes()
    {
        using var script = TcpScript.Established(new TcpChoice { KeepAlive = true });
        script.Run(7_199_000);
        script.ExpectNothing();
        script.Run(2_000);
        script.Expect(". 0:0(0) ack 1");
        script.Run(8 * 75_000);
        Assert.Equal(8, script.Count());
        script.Run(75_000);
        script.Expect("R. 1:1(0) ack 1");
        Assert.Contains("Closed(TimedOut)", script.Application.Calls);
    }

    [Fact]
    public void An_answer_puts_the_next_probe_off()
    {
        using var script = TcpScript.Established(new TcpChoice { KeepAlive = true });
        script.Run(7_201_000);
        script.Expect(". 0:0(0) ack 1");
        script.Send(".", 1, 1);
        script.Run(7_100_000);
        script.ExpectNothing();
        script.Run(150_000);
        Assert.Equal(1, script.Count());
    }

    [Fact]
    public void A_probe_of_the_peer_is_answered()
    {
        using var script = TcpScript.Established();
        script.Send(".", 0, 1);
        script.Expect(". 1:1(0) ack 1");
    }
}
