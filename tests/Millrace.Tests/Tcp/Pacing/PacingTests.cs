using Millrace.Headers;
using Millrace.Memory;
using Millrace.Tcp;

namespace Millrace.Tests.Tcp.Pacing;

/// <summary>Departures of a connection whose rate the application bounds (SO_MAX_PACING_RATE), with CUBIC.</summary>
public sealed class PacingTests
{
    private const int Rate = 1_000_000;
    private const int Mss = 1448;

    [Theory]
    [InlineData(1, 2)]
    [InlineData(44, 2)]
    public void Packets_depart_two_by_two_at_the_bound(int gsoSegments, int together)
    {
        var times = new List<long>();
        using var wire = NewWire(times, gsoSegments);
        Open(wire, 600_000);
        wire.Run(2_000);
        Assert.Equal(600_000, wire.Server.Application.TotalRead);

        // the first ten are not spread; then pairs, each as long after the one before as it takes at the rate
        var groups = times.Skip(12).GroupBy(time => time).ToArray();
        Assert.All(groups.SkipLast(1), group => Assert.InRange(group.Count(), together, together));
        var gaps = groups.Zip(groups.Skip(1), (one, next) => next.Key - one.Key).ToArray();
        Assert.All(gaps, gap => Assert.Equal(together * Mss * 1_000_000_000L / Rate, gap, tolerance: 2.0));
        Assert.True(gaps.Length > 100);
    }

    [Fact]
    public void Without_a_bound_the_window_goes_at_once_and_nothing_is_due()
    {
        var times = new List<long>();
        using var wire = NewWire(times, 1, bound: -1);
        Open(wire, 600_000);
        wire.Run(2_000);
        Assert.Equal(600_000, wire.Server.Application.TotalRead);
        Assert.True(times.GroupBy(time => time).Max(group => group.Count()) >= 10);
        var socket = wire.Client.Socket();
        Assert.Equal(-1, socket.Get(TcpOption.MaximumPacingRate));
        Assert.Equal(ulong.MaxValue, socket.Info.MaxPacingRate);
    }

    [Fact]
    public void What_is_told_is_the_bound_and_it_can_be_lifted()
    {
        using var wire = NewWire([], 1);
        Open(wire, 100_000);
        wire.Run(50);
        var socket = wire.Client.Socket();
        Assert.Equal((Rate, (ulong)Rate, (ulong)Rate), (socket.Get(TcpOption.MaximumPacingRate), socket.Info.MaxPacingRate, socket.Info.PacingRate));
        Assert.True(socket.TrySet(TcpOption.MaximumPacingRate, unchecked((int)3_000_000_000)));
        Assert.Equal(3_000_000_000UL, socket.Info.MaxPacingRate);
        Assert.True(socket.TrySet(TcpOption.MaximumPacingRate, -1));
        Assert.Equal((-1, ulong.MaxValue), (socket.Get(TcpOption.MaximumPacingRate), socket.Info.MaxPacingRate));
        wire.Run(10_000);
        Assert.Equal(100_000, wire.Server.Application.TotalRead);
    }

    [Fact]
    public void What_goes_again_waits_for_its_time_too_and_all_arrives()
    {
        var times = new List<long>();
        using var wire = NewWire(times, 1, loss: 0.05);
        Open(wire, 2_000_000);
        wire.Run(60_000);
        Assert.Equal(2_000_000, wire.Server.Application.TotalRead);
        Assert.True(wire.Client.Tcp.Counters.TCPFastRetrans > 20);

        // in no tenth of a second more than the bound and what goes together
        for (var i = 12; i < times.Count; i++)
        {
            var count = times.Skip(i).TakeWhile(time => time < times[i] + 100_000_000).Count();
            Assert.True(count * Mss <= (Rate / 10) + (4 * Mss), $"{count} segments in a tenth of a second from {times[i]}");
        }
    }

    [Fact]
    public void A_host_that_comes_late_makes_up_for_half_of_a_pair()
    {
        using var wire = NewWire([], 1);
        Open(wire, 300_000);
        wire.Run(40);
        var client = wire.Client;
        var departure = client.Tcp.NextDeadline;
        Assert.InRange(departure - wire.Now, 0, 2 * Mss * 1_000_000_000L / Rate);

        // half of the time of a pair is made up for, and no more, however late
        client.Begin(departure + 1_000_000);
        client.Tcp.Advance(departure + 1_000_000);
        var sent = 0;
        client.End(_ => sent++);
        Assert.Equal(2, sent);
        Assert.Equal(departure + 1_000_000 + (2 * Mss * 1_000L) - 1_000_000, client.Tcp.NextDeadline, tolerance: 2.0);
    }

    [Fact]
    public void Departures_allocate_nothing()
    {
        using var wire = BbrPathTests.NewWire<Bbr>(4, 100_000, 1_000_000, 5_000_000);
        BbrPathTests.Pour(wire, 1);
        wire.Run(1_000);
        var tcp = wire.Client.Tcp;
        var departures = 0;
        var allocated = new long[5];
        for (var i = 0; i < 2_000; i++)
        {
            // what is due by itself, and not what a packet brings
            if (tcp.NextDeadline is var at && at <= wire.Now + 1_000_000)
            {
                wire.Client.Begin(at);
                var before = GC.GetAllocatedBytesForCurrentThread();
                tcp.Advance(at);
                tcp.FillOutbox(at);
                allocated[i / 400] += GC.GetAllocatedBytesForCurrentThread() - before;
                departures++;
            }

            wire.Run(1);
        }

        Assert.True(departures > 100, $"{departures} departures show little");

        // a collection elsewhere may end this thread's allocation context, but not in each of five runs
        Assert.Equal(0, allocated.Min());
    }

    private static TcpWire NewWire(List<long> times, int gsoSegments, int bound = Rate, double loss = 0)
    {
        var choice = new TcpChoice { MaxGsoSegments = gsoSegments, TsoRttLog = 0, Wmem = new MemoryLimits(4096, 16384, 4_194_304) };
        var client = new TestApplication { IsQuiet = true };
        var wire = new TcpWire(3, choice, clientApplication: client, serverApplication: new TestApplication { Port = 80, IsQuiet = true })
        {
            Delay = 5_000_000,
            Loss = loss,
            Sent = (time, packet) =>
            {
                if (packet.Length > 1000)
                {
                    times.Add(time);
                }
            },
        };
        client.OnConnected = socket => socket.TrySet(TcpOption.MaximumPacingRate, bound);
        return wire;
    }

    private static void Open(TcpWire wire, int length)
    {
        var left = length;
        var piece = new byte[8_192];
        var client = wire.Client.Application;
        var connected = client.OnConnected;
        SocketAction pour = socket =>
        {
            while (left > 0 && socket.Write(piece.AsSpan(0, Math.Min(piece.Length, left))) is > 0 and var taken)
            {
                left -= taken;
            }
        };
        client.OnWritable = pour;
        client.OnConnected = socket =>
        {
            connected?.Invoke(socket);
            pour(socket);
        };
        wire.Connect();
    }
}
