using Millrace.Tcp;

namespace Millrace.Tests.Tcp.Pacing;

/// <summary>What pacing and BBR are made of, each beside a plain oracle or by itself.</summary>
public sealed class PartsTests
{
    [Fact]
    public void The_queue_of_departures_gives_each_in_the_order_of_its_last_time()
    {
        var random = new Random(5);
        var queue = new DepartureQueue(64);
        var oracle = new Dictionary<int, long>();
        for (var step = 0; step < 20_000; step++)
        {
            var index = random.Next(64);
            switch (random.Next(4))
            {
                case 0 or 1:
                    oracle[index] = random.Next(1_000) + step;
                    queue.Set(index, oracle[index]);
                    break;
                case 2:
                    oracle.Remove(index);
                    queue.Cancel(index);
                    break;
                default:
                    var isDue = oracle.Values.Any(at => at <= step);
                    Assert.Equal(isDue, queue.TryTake(step, out var taken));
                    if (isDue)
                    {
                        Assert.Equal(oracle.Values.Min(), oracle[taken]);
                        oracle.Remove(taken);
                    }

                    break;
            }

            Assert.Equal(oracle.Count == 0 ? long.MaxValue : oracle.Values.Min(), queue.Next);
        }
    }

    [Fact]
    public void The_windowed_maximum_is_a_value_of_the_window_and_not_less_than_the_largest_of_its_last_quarter()
    {
        var random = new Random(6);
        var maximum = default(WindowedMaximum);
        var values = new List<long>();
        for (uint at = 0; at < 5_000; at++)
        {
            values.Add(random.Next(at % 400 < 50 ? 1_000 : 100));
            maximum.Add(40, at, values[^1]);
            Assert.Contains(maximum.Value, values.TakeLast(41));
            Assert.True(maximum.Value >= values.TakeLast(10).Max(), $"{maximum.Value} at {at}");
        }
    }

    [Theory]
    [InlineData(0.30, true)]
    [InlineData(0.10, false)]
    public void A_policer_is_found_by_two_intervals_of_heavy_loss_at_one_rate_and_only_then(double loss, bool isFound)
    {
        var policer = default(BbrPolicer);
        var rate = new RateSample { DeliveredAt = 1_000_000 };
        var foundAfter = 0;
        for (var round = 1; round <= 40; round++)
        {
            // 100 kB a round trip of 10 ms are let through
            rate.Delivered += 100_000;
            rate.DeliveredAt += 10_000;
            rate.NewlyLost = (int)(100_000 * loss);
            rate.Lost += rate.NewlyLost;
            policer.Take(in rate, isRoundStart: true, isProbing: true, rate.NewlyLost);
            foundAfter = foundAfter == 0 && policer.IsFound ? round : foundAfter;
        }

        Assert.Equal(isFound, policer.IsFound);
        if (isFound)
        {
            Assert.InRange(foundAfter, 8, 12);
            Assert.Equal(10_000_000, (policer.Bandwidth * 1_000_000) >> Bbr.BandwidthShift, tolerance: 1_000_000.0);

            // and after 48 round trips it looks again
            var isOver = false;
            for (var round = 0; round < 60 && !isOver; round++)
            {
                isOver = policer.Take(in rate, isRoundStart: true, isProbing: true, newlyLost: 0);
            }

            Assert.True(isOver && !policer.IsFound);
        }
    }

    [Fact]
    public void Acknowledgments_that_come_in_bursts_widen_the_window_by_one_of_them()
    {
        var aggregation = default(BbrAggregation);
        const long Bandwidth = 1L << Bbr.BandwidthShift;
        var rate = new RateSample { DeliveredAt = 0, Interval = 40_000 };
        for (var burst = 0; burst < 20; burst++)
        {
            // a byte a microsecond, acknowledged every 40 ms
            rate.DeliveredAt += 40_000;
            rate.Delivered += 40_000;
            rate.IntervalDelivered = 40_000;
            aggregation.Take(new CongestionSample { Acknowledged = 40_000, SegmentSize = 1_000, RateSamples = new(in rate) }, Bandwidth, 200_000, isRoundStart: true, isFull: true);
        }

        Assert.InRange(aggregation.Extra(Bandwidth), 39_000, 41_000);
    }
}
