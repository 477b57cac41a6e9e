using Millrace.Memory;

namespace Millrace.Tests.Tcp;

public sealed class ReceiveWindowTests
{
    private static readonly string Segment = new('x', 1460);
    private static readonly TcpChoice Small = new() { Rmem = new MemoryLimits(4096, 16384, 16384), ModerateReceiveBuffer = false };

    [Fact]
    public void A_reader_that_does_not_read_closes_the_window_and_its_frames_leave_the_receive_share()
    {
        var application = new TestApplication { Port = 80, Reads = false };
        using var script = TcpScript.Established(Small, application);
        var next = Fill(script);
        script.Send(".", next, 1, "x");
        script.Expect($". 1:1(0) ack {next} win 0");
        Assert.True(script.Counters.TCPZeroWindowDrop > 0);
        Assert.Equal(0, script.Host.Arena.Used(Share.Receive));
        Assert.InRange(script.Host.Arena.Used(Share.Sockets) * Arena.FrameTruesize, 8192, 16384 + Arena.FrameTruesize);
    }

    [Fact]
    public void Reading_opens_the_window_again_by_an_update()
    {
        var application = new TestApplication { Port = 80, Reads = false };
        using var script = TcpScript.Established(Small, application);
        var next = Fill(script);
        application.Drain(script.Socket);

        // some of what the buffer takes: the window has not grown further while it was filled
        script.Expect($". 1:1(0) ack {next} win 8760");
        Assert.Equal(1, script.Counters.TCPFromZeroWindowAdv);
    }

    [Fact]
    public void Reading_a_few_bytes_announces_nothing()
    {
        var application = new TestApplication { Port = 80, Reads = false };
        using var script = TcpScript.Established(Small, application);
        Fill(script);
        script.Socket.Consume(100);
        script.ExpectNothing();
    }

    [Fact]
    public void The_right_edge_never_moves_back()
    {
        var application = new TestApplication { Port = 80, Reads = false };
        using var script = TcpScript.Established(Small, application);
        var edge = 0;
        var random = new Random(1);
        var next = 1;
        for (var i = 0; i < 200; i++)
        {
            var length = random.Next(1, 1461);
            if (script.Inject(".", next, 1, new byte[length]).Kind != VerdictKind.Drop)
            {
                next += length;
            }

            script.Host.End(packet =>
            {
                var segment = packet.Span[20..];
                var right = (Millrace.Headers.TcpHeader.Acknowledgment(segment) - new Millrace.Headers.SequenceNumber(TcpScript.PeerIss)) + Millrace.Headers.TcpHeader.Window(segment);
                Assert.True(right >= edge, $"the window shrank from {edge} to {right}");
                edge = right;
            });
            if (random.Next(4) == 0)
            {
                script.Socket.Consume(random.Next(script.Socket.Readable + 1));
            }
        }
    }

    [Fact]
    public void Data_beyond_the_window_is_dropped()
    {
        using var script = TcpScript.Established(Small);
        Assert.Equal(DropReason.TcpInvalidSequence, script.Send(".", 50_000, 1, "x").Reason);
        script.Expect(". 1:1(0) ack 1");
    }

    [Fact]
    public void The_buffer_grows_for_an_application_that_reads_faster_than_its_window()
    {
        using var fixedWire = new TcpWire(1, new TcpChoice { ModerateReceiveBuffer = false }) { Delay = 20_000_000 };
        using var growingWire = new TcpWire(1, new TcpChoice()) { Delay = 20_000_000 };
        Assert.True(Transfer(growingWire) < Transfer(fixedWire));
    }

    private static long Transfer(TcpWire wire)
    {
        BulkTests.Pour(wire, new byte[3_000_000]);
        var start = wire.Now;
        wire.Connect();
        Assert.True(wire.Run(100_000, () => wire.Server.Application.TotalRead == 3_000_000));
        return wire.Now - start;
    }

    /// <summary>Sends until the window is closed.</summary>
    private static int Fill(TcpScript script)
    {
        var next = 1;
        while (true)
        {
            var window = -1;
            if (script.Inject(".", next, 1, System.Text.Encoding.ASCII.GetBytes(Segment)).Kind != VerdictKind.Drop)
            {
                next += 1460;
            }

            script.Host.End(packet => window = Millrace.Headers.TcpHeader.Window(packet.Span[20..]));
            if (window == 0)
            {
                return next;
            }
        }
    }
}
