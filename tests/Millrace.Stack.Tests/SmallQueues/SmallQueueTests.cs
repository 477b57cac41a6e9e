using System.Globalization;
using Millrace.Headers;
using Millrace.Memory;
using Millrace.Nics;
using Millrace.Stack.Tests.Seeds;
using Millrace.Stack.Tests.SlowReaders;
using Millrace.Tcp;
using Millrace.Testing;

namespace Millrace.Stack.Tests.SmallQueues;

/// <summary>TCP Small Queues over wires with a ring and a bandwidth: the bound holds, the wire stays busy, the ring stays short.</summary>
public sealed class SmallQueueTests(ITestOutputHelper output)
{
    private const long Limit = 4 << 20;
    private const long Microsecond = 1_000;
    private const long Millisecond = 1_000_000;

    public static TheoryData<long, long, WireMode> Wires => new()
    {
        { 10_000_000, 1 * Millisecond, WireMode.Copying },
        { 100_000_000, 100 * Microsecond, WireMode.Copying },
        { 100_000_000, 20 * Millisecond, WireMode.HandOver },
        { 1_000_000_000, 10 * Microsecond, WireMode.HandOver },
        { 1_000_000_000, 1 * Millisecond, WireMode.Copying },
    };

    [Theory]
    [MemberData(nameof(Wires))]
    public void The_wire_stays_busy_and_the_ring_short(long bandwidth, long delay, WireMode mode)
    {
        var length = bandwidth == 10_000_000 ? 3_000_000 : 20_000_000;
        var thrifty = new ChargeLog { LimitOutputBytes = Limit };
        var lavish = new ChargeLog();
        var options = new MemoryWireOptions { Mode = mode, BandwidthBitsPerSecond = bandwidth, DelayNanoseconds = delay };
        var (with, stopped) = SmallQueueTransfer.Run(options, thrifty, length, SenderKind.Thrifty, seed: 1);
        var (without, _) = SmallQueueTransfer.Run(options, lavish, length, SenderKind.Lavish, seed: 1);
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{bandwidth / 1e6} Mbit/s, {delay / 1e6} ms, {mode}: {with:P2} of the wire, stopped {stopped} times, {thrifty.MeanDelayMilliseconds:F3} ms to the wire (most {thrifty.Delay.Most / 1e6:F3}); without: {without:P2}, {lavish.MeanDelayMilliseconds:F3} ms (most {lavish.Delay.Most / 1e6:F3})"));
        Assert.InRange(with, 0.99, 1.0001);

        // where less than a millisecond's worth ever waits there is nothing to stop
        Assert.Equal(lavish.MeanDelayMilliseconds > 1, stopped > 0);
        Assert.True(
            thrifty.MeanDelayMilliseconds < lavish.MeanDelayMilliseconds || stopped == 0,
            $"{thrifty.MeanDelayMilliseconds} ms in the ring with small queues, {lavish.MeanDelayMilliseconds} without");
    }

    [Fact]
    public void A_slow_wires_ring_holds_milliseconds_instead_of_all_that_fits_into_it()
    {
        var (thrifty, lavish) = (new ChargeLog { LimitOutputBytes = Limit }, new ChargeLog());
        var options = new MemoryWireOptions { Mode = WireMode.Copying, BandwidthBitsPerSecond = 10_000_000, DelayNanoseconds = Millisecond };
        SmallQueueTransfer.Run(options, thrifty, 3_000_000, SenderKind.Thrifty, seed: 2);
        SmallQueueTransfer.Run(options, lavish, 3_000_000, SenderKind.Lavish, seed: 2);
        Assert.True(thrifty.MeanDelayMilliseconds * 10 < lavish.MeanDelayMilliseconds, $"{thrifty.MeanDelayMilliseconds} and {lavish.MeanDelayMilliseconds} ms");
    }

    [Fact]
    public void Nothing_is_admitted_beyond_the_limit_on_any_wire()
    {
        long repeated = 0;
        long stopped = 0;
        for (ulong seed = 1; seed <= 40; seed++)
        {
            var random = new Millrace.Testing.Traffic.TrafficRandom(seed);
            var options = new MemoryWireOptions
            {
                Mode = random.Chance(50) ? WireMode.HandOver : WireMode.Copying,
                BandwidthBitsPerSecond = random.Pick<long>([5_000_000, 50_000_000, 400_000_000]),
                DelayNanoseconds = random.Pick<long>([10 * Microsecond, Millisecond, 15 * Millisecond]),
                RingSize = random.Pick<int>([32, 256]),
                Features = random.Chance(50) ? NicFeatures.None : NicFeatures.TransmitChecksum | NicFeatures.ScatterGather | NicFeatures.TcpSegmentation,
                Impairments = new ImpairmentOptions { Loss = random.Pick<double>([0, 0.01, 0.04]), Duplication = 0.01, Reorder = 0.01, ReorderNanoseconds = Millisecond, Seed = seed },
            };
            var log = new ChargeLog { LimitOutputBytes = Limit };
            var (_, times) = SmallQueueTransfer.Run(options, log, 400_000, random.Chance(50) ? SenderKind.Thrifty : SenderKind.ThriftyGso, seed);
            Assert.True(log.Problem is null, $"seed {seed}: {log.Problem}; {options}");
            Assert.Equal(0, log.Charge);
            repeated += log.Repeated;
            stopped += times;
        }

        output.WriteLine($"{repeated} packets were sent again, connections were stopped {stopped} times");
        Assert.True(repeated > 100 && stopped > 100, $"{repeated} packets were sent again and connections stopped {stopped} times: that shows little");
    }

    [Theory]
    [InlineData(WireMode.HandOver)]
    [InlineData(WireMode.Copying)]
    public void Readers_that_never_read_stall_no_sender_though_they_keep_its_frames(WireMode mode)
    {
        const int length = 300_000;
        using var wire = new MemoryWire(new MemoryWireOptions { Mode = mode });
        var (up, down) = SmallQueueTransfer.Plans(length, length);
        using var server = new HoardStack(new() { Nic = wire.A, Entropy = new Entropy(1, 1), Plan = down });
        using var client = new ThriftyFlooder(new() { Nic = wire.B, Entropy = new Entropy(1, 2), Plan = up });
        var network = new VirtualTimeNetwork(client, server);
        network.Settle();
        for (var i = 0; i < 100; i++)
        {
            SmallQueueTransfer.Connect(client.Tcp, 0, 82);
            network.Settle();
        }

        network.RunFor(TimeSpan.FromSeconds(3));
        Assert.True(server.Arena.CountHeldBy(Holders.ReceiveQueue) >= 100, "the readers were not filled");
        SmallQueueTransfer.Connect(client.Tcp, 1, 80);
        network.RunUntil(() => up.Closed == 1 && down.Closed == 1, TimeSpan.FromMinutes(10));
        Assert.Null(up.Problem ?? down.Problem);
        Assert.Equal((1, 1), (up.Finished, down.Finished));
        Assert.Equal(0, client.Stages.SmallQueues.WmemAlloc);
        Assert.Equal(1, client.Stages.SmallQueues.LimitOutputBytes);
        LedgerAssert.Balanced(client);
        LedgerAssert.Balanced(server);
    }
}
