using Millrace.Tcp;

namespace Millrace.Tests.Tcp;

public sealed class TimeWaitTests
{
    [Fact]
    public void A_newer_SYN_opens_a_new_incarnation_with_sequence_numbers_beyond_the_old()
    {
        using var script = InTimeWait();
        script.Send("S", 100_000, mss: 1460);
        script.Flush();
        Assert.Equal(1, script.Counters.TWRecycled);
        script.Expect("S. 0:0(0) ack 100001");
        script.Send(".", 100_001, 1);
        Assert.Equal(TcpState.Established, script.Socket.State);
    }

    [Fact]
    public void An_older_SYN_does_not()
    {
        using var script = InTimeWait();
        Assert.Equal(DropReason.TcpTimeWait, script.Send("S", -100_000, mss: 1460).Reason);
        Assert.Equal(0, script.Counters.TWRecycled);

        // who sent it answers this with a reset, which ends the wait
        script.Expect(". 2:2(0) ack 2");
        script.Send("R", 2);
        Assert.Equal(VerdictKind.Consumed, script.Send("S", -100_000, mss: 1460).Kind);
    }

    [Fact]
    public void A_SYN_with_a_newer_timestamp_does_whatever_its_sequence_number()
    {
        using var script = new TcpScript();
        script.PeerTimestamp = 1000;
        script.Send("S", 0, mss: 1460);
        script.Flush();
        script.Send(".", 1, 1);
        Close(script);
        script.PeerTimestamp = 2000;
        Assert.Equal(VerdictKind.Consumed, script.Send("S", -100_000, mss: 1460).Kind);
        Assert.Equal(1, script.Counters.TWRecycled);
    }

    [Fact]
    public void A_reset_ends_it()
    {
        using var script = InTimeWait();
        script.Send("R", 2);
        script.Send(".", 2, 2);
        script.Expect("R 2:2(0)");
    }

    [Fact]
    public void When_the_table_is_full_the_oldest_goes()
    {
        using var script = new TcpScript(new TcpChoice { MaxTimeWaitBuckets = 2 });
        for (ushort port = 1; port <= 3; port++)
        {
            script.Send("S", 0, mss: 1460, port: port);
            script.Flush();
            script.Send(".", 1, 1, port: port);
            script.Socket.Close();
            script.Flush();
            script.Send("F.", 1, 2, port: port);
            script.Flush();
        }

        script.Forget();
        Assert.Equal(1, script.Counters.TCPTimeWaitOverflow);
        Assert.Equal(DropReason.NoSocket, script.Send(".", 2, 2, port: 1).Reason);
        Assert.Equal(VerdictKind.Consumed, script.Send(".", 2, 2, port: 2).Kind);
        Assert.Equal(VerdictKind.Consumed, script.Send(".", 2, 2, port: 3).Kind);
    }

    private static TcpScript InTimeWait()
    {
        var script = TcpScript.Established();
        Close(script);
        return script;
    }

    private static void Close(TcpScript script)
    {
        script.Socket.Close();
        script.Flush();
        script.Send("F.", 1, 2);
        script.Forget();
        Assert.Equal(1, script.Counters.TW);
    }
}
