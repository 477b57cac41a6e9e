using System.Globalization;
using Millrace.Memory;
using Millrace.Sockets;
using Millrace.Tcp;

namespace Millrace.Tests.Tcp.Pacing;

/// <summary>BBR over a bottleneck, in virtual time, where CUBIC does well and where it does not.</summary>
public sealed class BbrPathTests(ITestOutputHelper output)
{
    private const long Bandwidth = 100_000_000 / 8;
    private const long Product = Bandwidth / 10;

    private static readonly TcpChoice Wide = new()
    {
        SocketFrames = 24_576,
        OutboxCapacity = 4096,
        Wmem = new MemoryLimits(4096, 16384, 33_554_432),
    };

    [Fact]
    public void It_fills_a_path_of_100_megabits_and_100_milliseconds_with_a_buffer_of_a_tenth_of_the_product()
    {
        using var wire = NewWire<Bbr>(1, Product / 10);
        var share = Share(wire, 1, 40);
        output.WriteLine(Describe(wire, share));
        Assert.InRange(share, 0.90, 1.0);
        Assert.True(wire.Overflows > 0, "the buffer never overflowed");
    }

    [Fact]
    public void It_fills_the_path_though_one_packet_in_a_hundred_is_lost_which_ruins_CUBIC()
    {
        using var bbr = NewWire<Bbr>(2, Product);
        bbr.Loss = 0.01;
        var share = Share(bbr, 1, 40);
        output.WriteLine("BBR: " + Describe(bbr, share));
        using var cubic = NewWire<Cubic>(2, Product);
        cubic.Loss = 0.01;
        var other = Share(cubic, 1, 40);
        output.WriteLine("CUBIC: " + Describe(cubic, other));
        Assert.InRange(share, 0.90, 1.0);
        Assert.InRange(other, 0.001, 0.2);
    }

    [Fact]
    public void It_keeps_a_deep_buffer_empty_which_CUBIC_fills()
    {
        var bbr = MeanQueue<Bbr>();
        var cubic = MeanQueue<Cubic>();
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"in the queue: BBR {bbr:F1} ms, CUBIC {cubic:F1} ms"));

        // a round trip is 40 ms, and one in eight at 5/4 of the rate makes 10 ms of queue
        Assert.InRange(bbr, 0, 8);
        Assert.InRange(cubic, 40, 400);
    }

    [Fact]
    public void Two_flows_share_a_bottleneck()
    {
        const long Rate = 20_000_000 / 8;
        using var wire = NewWire<Bbr>(5, Rate / 25, Rate, 20_000_000);
        var written = Pour(wire, 2);
        wire.Run(30_000);
        var before = written.ToArray();
        wire.Run(200_000);
        var shares = written.Select((total, i) => total - before[i]).ToArray();
        output.WriteLine($"{shares[0]} and {shares[1]} bytes, {wire.Overflows} overflows");
        Assert.InRange((double)shares[0] / shares[1], 0.8, 1.25);
        Assert.InRange(shares.Sum() / (200.0 * Rate * 1448 / 1500), 0.9, 1.0);
    }

    [Fact]
    public void What_it_knows_is_let_go_with_the_connection_and_one_more_begins_anew()
    {
        using var wire = NewWire<Bbr>(6, Product, Bandwidth / 10, 5_000_000);
        for (var i = 0; i < 10; i++)
        {
            wire.Client.Application.OnConnected = socket =>
            {
                socket.Write(new byte[20_000]);
                socket.Close();
            };
            wire.Server.Application.OnPeerClosed = socket => socket.Close();
            var id = wire.Connect();
            wire.Run(20);
            Assert.Equal(BbrMode.Startup, wire.Client.Tcp.CongestionControlOf(id.Index).Mode);
            wire.Run(1_000);
        }

        Assert.Equal(200_000, wire.Server.Application.TotalRead);
        wire.Run(70_000);
        Assert.Equal(long.MaxValue, wire.Client.Tcp.NextDeadline);
        wire.Client.AssertEmpty();
        wire.Server.AssertEmpty();
    }

    /// <summary>Milliseconds.</summary>
    private static double MeanQueue<TControl>()
        where TControl : unmanaged, ICongestionControl
    {
        const long Rate = 20_000_000 / 8;
        using var wire = NewWire<TControl>(3, Rate / 25 * 10, Rate, 20_000_000);
        Pour(wire, 1);
        wire.Run(5_000);
        var sum = 0L;
        for (var i = 0; i < 2_000; i++)
        {
            wire.Run(10);
            sum += wire.QueueTime;
        }

        return sum / 2_000 / 1e6;
    }

    internal static TcpWire<TControl> NewWire<TControl>(int seed, long buffer, long bandwidth = Bandwidth, long delay = 50_000_000)
        where TControl : unmanaged, ICongestionControl => new(
            seed, Wide, clientApplication: new TestApplication { IsQuiet = true }, serverApplication: new TestApplication { Port = 80, IsQuiet = true })
        {
            Bandwidth = bandwidth,
            Buffer = buffer,
            Delay = delay,
        };

    /// <summary>The share of the bottleneck's payload that arrived, the first ten seconds left out.</summary>
    private static double Share<TControl>(TcpWire<TControl> wire, int flows, int seconds)
        where TControl : unmanaged, ICongestionControl
    {
        Pour(wire, flows);
        wire.Run(10_000);
        var before = wire.Server.Application.TotalRead;
        wire.Run(seconds * 1_000);
        return (wire.Server.Application.TotalRead - before) / ((double)seconds * wire.Bandwidth * 1448 / 1500);
    }

    /// <summary>Opens connections over which as much is written as goes.</summary>
    /// <returns>Bytes that were acknowledged or wait to be, by connection.</returns>
    internal static long[] Pour<TControl>(TcpWire<TControl> wire, int count)
        where TControl : unmanaged, ICongestionControl
    {
        var written = new long[count];
        var piece = new byte[65_536];
        var ids = new List<TcpSocketId>();
        SocketAction pour = socket =>
        {
            var id = socket.Id;
            for (int taken; (taken = socket.Write(piece)) > 0;)
            {
                written[ids.IndexOf(id)] += taken;
            }
        };
        wire.Client.Application.OnWritable = pour;
        wire.Client.Application.OnConnected = pour;
        for (var i = 0; i < count; i++)
        {
            ids.Add(wire.Connect());
            wire.Run(i == 0 && count > 1 ? 300 : 0);
        }

        return written;
    }

    private static string Describe<TControl>(TcpWire<TControl> wire, double share)
        where TControl : unmanaged, ICongestionControl
    {
        var counters = wire.Client.Tcp.Counters;
        var info = wire.Client.Socket().Info;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{share:P1} of the path, {wire.Overflows} overflows, {counters.OutSegs} segments, {counters.RetransSegs} again, {counters.TCPSackRecovery} recoveries, {counters.TCPTimeouts} timeouts, pacing {info.PacingRate}, delivery {info.DeliveryRate}, cwnd {info.SndCwnd}, min rtt {info.MinRtt}, rtt {info.Rtt}");
    }
}
