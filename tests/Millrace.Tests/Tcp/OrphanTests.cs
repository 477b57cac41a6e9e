namespace Millrace.Tests.Tcp;

public sealed class OrphanTests
{
    [Fact]
    public void An_orphan_whose_data_nobody_acknowledges_ends_sooner_than_a_connection_with_an_application()
    {
        // at the first timeout that is 102.2, 3 or 924.6 s behind the first of all
        Assert.InRange(TimeToGiveUp(closes: true, 0), 204_600, 204_800);
        Assert.InRange(TimeToGiveUp(closes: true, 3), 6_200, 6_400);
        Assert.InRange(TimeToGiveUp(closes: false, 0), 1_044_600, 1_044_800);
    }

    private static int TimeToGiveUp(bool closes, int retries)
    {
        using var script = TcpScript.Established(new TcpChoice { OrphanRetries = retries });
        script.Write("x");
        script.Flush();
        if (closes)
        {
            script.Socket.Close();
        }

        for (var milliseconds = 0; milliseconds < 2_000_000; milliseconds += 100)
        {
            if (script.Counters.TCPAbortOnTimeout > 0)
            {
                return milliseconds;
            }

            script.Run(100);
        }

        return int.MaxValue;
    }

    [Fact]
    public void An_orphan_too_many_is_reset()
    {
        using var script = Several(new TcpChoice { MaxOrphans = 2 }, 4);
        for (ushort port = 1; port <= 4; port++)
        {
            script.Recall(80, port);
            script.Host.Socket(script.Application.Ids[port - 1]).Close();
            script.Expect(port <= 2 ? "F. 1:1(0) ack 1" : "R. 1:1(0) ack 1");
        }

        Assert.Equal(2, script.Counters.TCPAbortOnMemory);
    }

    [Fact]
    public void An_orphan_that_ends_makes_room_for_another()
    {
        using var script = Several(new TcpChoice { MaxOrphans = 1 }, 3);
        for (ushort port = 1; port <= 3; port++)
        {
            script.Recall(80, port);
            script.Host.Socket(script.Application.Ids[port - 1]).Close();
            script.Expect("F. 1:1(0) ack 1");
            script.Send("F.", 1, 2, port: port);
            script.Expect(". 2:2(0) ack 2");
        }

        Assert.Equal(0, script.Counters.TCPAbortOnMemory);
    }

    private static TcpScript Several(TcpChoice choice, ushort count)
    {
        var script = new TcpScript(choice, new TestApplication { Port = 80, Connections = count });
        for (ushort port = 1; port <= count; port++)
        {
            script.Send("S", 0, mss: 1460, port: port);
            script.Expect("S. 0:0(0) ack 1");
            script.Remember(80, port);
            script.Send(".", 1, 1, port: port);
        }

        return script;
    }
}
