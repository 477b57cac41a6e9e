using Millrace.Headers;
using Millrace.Tcp;

namespace Millrace.Tests.Tcp;

public sealed class CubicTests
{
    private const int Mss = 1000;
    private const long Millisecond = 1_000_000;

    [Theory]
    [InlineData(100, 100)]
    [InlineData(1_000, 20)]
    [InlineData(10_000, 100)]
    public void The_window_follows_the_curve_of_RFC_9438(int maximum, int rtt)
    {
        var cubic = default(Cubic);
        var window = default(CongestionWindow);
        window.Start(maximum * Mss);
        long now = 5_000 * Millisecond;
        cubic.Start(ref window, Sample(now));
        window.SlowStartThreshold = cubic.Reduced(in window, Sample(now));
        window.Length = window.SlowStartThreshold;
        Assert.InRange(window.Length, maximum * Mss * 0.699, maximum * Mss * 0.701);

        var start = window.Length / (double)Mss;
        var k = Math.Cbrt((maximum - start) / 0.4);
        for (var at = 0L; at < (long)((k + 4) * 1000); at++)
        {
            // a round trip acknowledges a window
            now += Millisecond;
            cubic.Acknowledged(ref window, Sample(now, Math.Max(window.Length / rtt, 1), rtt * 1000, mayGrow: true));
            var time = (at + rtt) / 1000.0;
            var cubicWindow = (0.4 * Math.Pow(time - k, 3)) + maximum;
            var friendly = start + (3 * 0.3 / 1.7 * at / rtt);
            var wanted = Math.Max(cubicWindow, friendly);
            Assert.True(
                Math.Abs((window.Length / (double)Mss) - wanted) < (0.03 * wanted) + 3,
                $"{window.Length / Mss} segments after {at} ms, the RFC says {wanted:F1} (K {k:F2})");
        }
    }

    [Fact]
    public void Who_loses_earlier_than_the_last_time_leaves_room()
    {
        var cubic = default(Cubic);
        var window = default(CongestionWindow);
        window.Start(100 * Mss);
        cubic.Start(ref window, Sample(0));
        cubic.Reduced(in window, Sample(0));
        window.Length = 80 * Mss;
        window.SlowStartThreshold = cubic.Reduced(in window, Sample(0));
        window.Length = window.SlowStartThreshold;

        // the plateau is at 80 × (1 + 0.7) / 2 = 68 segments, 12 above; it is reached after ∛(12 / 0.4) = 3.1 s and left after twice as long
        var now = 10_000 * Millisecond;
        for (var i = 0; i < 3_100; i++, now += Millisecond)
        {
            cubic.Acknowledged(ref window, Sample(now, window.Length / 500, 500_000, mayGrow: true));
        }

        Assert.InRange(window.Length / Mss, 65, 69);
    }

    [Fact]
    public void A_window_that_may_not_grow_does_not()
    {
        var cubic = default(Cubic);
        var window = default(CongestionWindow);
        window.Start(10 * Mss);
        cubic.Start(ref window, Sample(0));
        cubic.Acknowledged(ref window, Sample(Millisecond, 5 * Mss, 1_000, mayGrow: false));
        Assert.Equal(10 * Mss, window.Length);
        cubic.Acknowledged(ref window, Sample(Millisecond, 5 * Mss, 1_000, mayGrow: true));
        Assert.Equal(15 * Mss, window.Length);
    }

    [Fact]
    public void HyStart_ends_slow_start_when_round_trips_grow()
    {
        var (cubic, window) = (default(Cubic), default(CongestionWindow));
        window.Start(20 * Mss);
        cubic.Start(ref window, Sample(0));
        var now = 100 * Millisecond;
        var una = new SequenceNumber(0);
        for (var round = 0; round < 2; round++)
        {
            for (var i = 0; i < 10; i++, now += 10 * Millisecond)
            {
                una += Mss;
                cubic.Acknowledged(ref window, Sample(now, Mss, round == 0 ? 100_000 : 120_000, mayGrow: true, una, una + window.Length));
            }

            Assert.Equal(round == 1, !window.IsSlowStart);
            una += 100 * Mss;
        }
    }

    [Fact]
    public void HyStart_ends_slow_start_when_a_train_lasts_for_half_a_round_trip()
    {
        var (cubic, window) = (default(Cubic), default(CongestionWindow));
        window.Start(40 * Mss);
        cubic.Start(ref window, Sample(0));
        var now = 100 * Millisecond;
        cubic.Acknowledged(ref window, Sample(now, Mss, 100_000, mayGrow: true, new SequenceNumber(1000), new SequenceNumber(1_000_000)));
        var began = now;
        while (window.IsSlowStart)
        {
            now += Millisecond;
            cubic.Acknowledged(ref window, Sample(now, Mss, 100_000, mayGrow: true, new SequenceNumber(1000), new SequenceNumber(1_000_000)));
            Assert.True(now - began < 60 * Millisecond, "slow start goes on");
        }

        Assert.InRange((now - began) / Millisecond, 50, 52);
    }

    [Fact]
    public void The_cube_root_is_the_integer_below()
    {
        var random = new Random(7);
        for (var i = 0; i < 2_000; i++)
        {
            var value = (ulong)random.NextInt64() >> random.Next(63);
            UInt128 root = CubicCurve.CubeRoot(value);
            Assert.True(root * root * root <= value && (root + 1) * (root + 1) * (root + 1) > value, $"{root} of {value}");
        }
    }

    private static CongestionSample Sample(
        long now, int acknowledged = 0, int rtt = -1, bool mayGrow = false, SequenceNumber una = default, SequenceNumber next = default) => new()
    {
        Now = now,
        SegmentSize = Mss,
        Acknowledged = acknowledged,
        RttMicroseconds = rtt,
        SmoothedRttMicroseconds = Math.Max(rtt, 0),
        MayGrow = mayGrow,
        SndUna = una,
        SndNxt = next,
    };
}
