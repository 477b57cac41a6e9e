using Millrace.Memory;
using Millrace.Sockets;

namespace Millrace.Tests.Tcp;

/// <summary>Long transfers over a bottleneck that drops what its buffer has no room for, in virtual time.</summary>
public sealed class BottleneckTests(ITestOutputHelper output)
{
    private static readonly TcpChoice Wide = new()
    {
        SocketFrames = 24_576,
        OutboxCapacity = 4096,
        Wmem = new MemoryLimits(4096, 16384, 33_554_432),
    };

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void CUBIC_fills_a_path_of_100_megabits_and_100_milliseconds_with_a_buffer_of_one_bandwidth_delay_product(int seed)
    {
        const long Bandwidth = 100_000_000 / 8;
        using var wire = NewWire(seed, Bandwidth, delay: 50_000_000, Bandwidth / 10);
        Connect(wire, 1);
        wire.Run(5_000);
        var before = wire.Server.Application.TotalRead;
        wire.Run(40_000);
        var share = (wire.Server.Application.TotalRead - before) / (40.0 * Bandwidth * 1448 / 1500);
        output.WriteLine($"{share:P1} of the path, {wire.Overflows} overflows, {Describe(wire)}");
        Assert.InRange(share, 0.90, 1.0);
        Assert.True(wire.Overflows > 0, "the buffer never overflowed, so this shows nothing of recovery");
        Assert.Equal(0, wire.Client.Tcp.Counters.TCPTimeouts);
    }

    [Fact]
    public void Two_CUBIC_flows_share_a_bottleneck_within_a_tenth()
    {
        const long Bandwidth = 20_000_000 / 8;
        using var wire = NewWire(5, Bandwidth, delay: 20_000_000, Bandwidth / 25);
        var read = Connect(wire, 2);
        wire.Run(30_000);
        var before = read.ToArray();
        wire.Run(600_000);
        var shares = read.Select((total, i) => total - before[i]).ToArray();
        output.WriteLine($"{shares[0]} and {shares[1]} bytes, {wire.Overflows} overflows, {Describe(wire)}");
        Assert.InRange((double)shares[0] / shares[1], 0.9, 1.1);
        Assert.InRange(shares.Sum() / (600.0 * Bandwidth * 1448 / 1500), 0.9, 1.0);
    }

    private static TcpWire NewWire(int seed, long bandwidth, long delay, long buffer) =>
        new(seed, Wide, clientApplication: new TestApplication { IsQuiet = true }, serverApplication: new TestApplication { Port = 80, IsQuiet = true })
        {
            Bandwidth = bandwidth,
            Buffer = buffer,
            Delay = delay,
        };

    /// <summary>Opens connections over which as much is written as goes.</summary>
    /// <returns>Bytes that were acknowledged or wait to be, by connection.</returns>
    private static long[] Connect(TcpWire wire, int count)
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

            // the second begins later, as flows do
            wire.Run(i == 0 ? 300 : 0);
        }

        return written;
    }

    private static string Describe(TcpWire wire)
    {
        var counters = wire.Client.Tcp.Counters;
        return $"{counters.OutSegs} segments, {counters.RetransSegs} again, {counters.TCPSackRecovery} recoveries, {counters.TCPTimeouts} timeouts, "
            + $"{counters.TCPLossProbes} probes, {counters.TCPDSACKRecv} duplicates";
    }
}
