using Millrace.Memory;
using Millrace.Sockets;

namespace Millrace.Tests.Tcp;

public sealed class MemoryTests
{
    [Fact]
    public void A_thousand_readers_that_never_read_leave_the_receive_share_free_and_another_connection_running()
    {
        const int Slow = 1000;
        var slow = new TestApplication { Port = 81, Reads = false, Connections = Slow, IsQuiet = true };
        var good = new TestApplication { Port = 80, Connections = 4 };
        using var script = new TcpScript(new TcpChoice { SocketFrames = 10_000, SoMaxConn = 2 * Slow }, good, slow);
        for (var i = 0; i < Slow; i++)
        {
            Open(script, 81, (ushort)(1000 + i));
        }

        Open(script, 80, 1);
        var payload = new byte[1460];
        for (var round = 0; round < 12; round++)
        {
            for (var i = 0; i < Slow; i++)
            {
                Send(script, 81, (ushort)(1000 + i), 1 + (round * 1460), payload);
            }
        }

        Assert.Equal(0, script.Host.Arena.Used(Share.Receive));
        Assert.True(script.Host.Ledger.Dropped(DropReason.SocketMemory) > 0);
        Assert.True(script.Counters.TCPMemoryPressures > 0);
        Assert.True(script.Host.Arena.Available(Share.Sockets) > 0);
        for (var i = 0; i < 50; i++)
        {
            Assert.NotEqual(VerdictKind.Drop, Send(script, 80, 1, 1 + (i * 1460), payload).Kind);
        }

        Assert.Equal(50 * 1460, good.TotalRead);
        Assert.True(good.Last is var id && script.Host.Socket(id).Write(payload) == payload.Length);
        script.Forget();
        script.Host.AssertLedgers();
    }

    [Fact]
    public void Out_of_order_data_is_given_up_when_the_buffer_is_full_of_it()
    {
        using var script = TcpScript.Established(new TcpChoice { Rmem = new MemoryLimits(4096, 16384, 16384), ModerateReceiveBuffer = false });

        // single bytes, each in a frame of its own
        for (var i = 0; i < 40; i++)
        {
            script.Inject(".", 3 + (2 * i), 1, "x"u8.ToArray());
            script.Forget();
        }

        Assert.True(script.Counters.TCPOFODrop > 0);
        Assert.InRange(script.Host.Arena.Used(Share.Sockets) * Arena.FrameTruesize, 1, 16384 + Arena.FrameTruesize);
        Assert.NotEqual(VerdictKind.Drop, script.Inject(".", 1, 1, new byte[1000]).Kind);
        Assert.True(script.Counters.OfoPruned > 0);
        Assert.Equal(1000, script.Application.TotalRead);
        script.Host.AssertLedgers();
    }

    [Fact]
    public void A_writer_that_finds_no_memory_is_told_later()
    {
        var application = new TestApplication { Port = 80 };
        using var script = new TcpScript(new TcpChoice { SocketFrames = 8 }, application);
        Open(script, 80, 1);
        var hog = application.Last;
        Open(script, 80, 2);
        var other = application.Last;

        // a buffer of a settled size does not shrink for want of memory, so it is memory alone that is waited for
        script.Host.Socket(other).SetSendBuffer(50_000);
        while (script.Host.Socket(hog).Write(new byte[1460]) > 0)
        {
        }

        Assert.True(script.Host.Socket(other).Write(new byte[1460]) > 0);
        while (script.Host.Socket(other).Write(new byte[1460]) > 0)
        {
        }

        application.Calls.Clear();
        script.Host.Socket(hog).Abort();
        script.Forget();
        script.Run(20);
        Assert.Contains("Writable", application.Calls);
    }

    [Fact]
    public void A_closed_connection_leaves_nothing_behind()
    {
        using var wire = new TcpWire(9, new TcpChoice { MaxGsoSegments = 16 }) { Loss = 0.05 };
        BulkTests.Pour(wire, new byte[100_000]);
        wire.Server.Application.OnReceived = socket =>
        {
            if (wire.Server.Application.TotalRead > 50_000)
            {
                socket.Abort();
            }
        };
        wire.Connect();
        wire.Run(1_000_000);
        Assert.Contains("Closed(Aborted)", wire.Server.Application.Calls);
        wire.Client.AssertEmpty();
        wire.Server.AssertEmpty();
    }

    internal static void Open(TcpScript script, ushort port, ushort from)
    {
        script.Talk(port);
        script.Send("S", 0, mss: 1460, port: from);
        script.Flush();
        script.Remember(port, from);
        script.Send(".", 1, 1, port: from);
        script.Forget();
    }

    internal static Verdict Send(TcpScript script, ushort port, ushort from, int sequence, byte[] payload)
    {
        script.Talk(port);
        script.Recall(port, from);
        var verdict = script.Inject(".", sequence, 1, payload, port: from);
        script.Forget();
        return verdict;
    }
}
