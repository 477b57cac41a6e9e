using Millrace.Headers;
using Millrace.Tcp;

namespace Millrace.Tests.Tcp;

public sealed class HyStartPlusPlusTests
{
    private const int Mss = 1000;

    [Fact]
    public void Longer_round_trips_slow_the_growth_to_a_quarter_and_end_it_after_five_rounds()
    {
        var (cubic, window) = Started();
        var sent = new SequenceNumber(0);
        Round(ref cubic, ref window, ref sent, 50_000);
        Assert.Equal(32 * Mss, window.Length);
        Round(ref cubic, ref window, ref sent, 70_000);

        // the first eight of the round doubled, the rest of it and all that follows grows by a quarter
        var before = window.Length;
        Assert.InRange(before, (32 + 8) * Mss, 48 * Mss);
        for (var i = 0; i < 4; i++)
        {
            Assert.True(window.IsSlowStart, $"slow start has ended after {i} rounds");
            before = window.Length;
            Round(ref cubic, ref window, ref sent, 70_000);
            Assert.InRange(window.Length, before * 1.2, before * 1.3);
        }

        Round(ref cubic, ref window, ref sent, 70_000);
        Assert.False(window.IsSlowStart);
    }

    [Fact]
    public void Round_trips_that_get_short_again_were_jitter()
    {
        var (cubic, window) = Started();
        var sent = new SequenceNumber(0);
        Round(ref cubic, ref window, ref sent, 50_000);
        Round(ref cubic, ref window, ref sent, 70_000);
        Round(ref cubic, ref window, ref sent, 50_000);
        var before = window.Length;
        Round(ref cubic, ref window, ref sent, 50_000);
        Assert.Equal(2 * before, window.Length);
        Assert.True(window.IsSlowStart);
    }

    [Fact]
    public void A_slow_start_after_a_loss_does_without()
    {
        var (cubic, window) = Started();
        var sent = new SequenceNumber(0);
        window.SlowStartThreshold = cubic.Reduced(in window, new CongestionSample { SegmentSize = Mss });
        window.Length = Mss;
        Round(ref cubic, ref window, ref sent, 50_000);
        Round(ref cubic, ref window, ref sent, 90_000);
        Assert.Equal(4 * Mss, window.Length);
    }

    [Fact]
    public void An_acknowledgment_of_many_segments_counts_as_eight()
    {
        var (cubic, window) = Started();
        cubic.Acknowledged(ref window, new CongestionSample { SegmentSize = Mss, Acknowledged = 16 * Mss, RttMicroseconds = 50_000, MayGrow = true });
        Assert.Equal(24 * Mss, window.Length);
    }

    private static (CubicHyStartPlusPlus Cubic, CongestionWindow Window) Started()
    {
        var (cubic, window) = (default(CubicHyStartPlusPlus), default(CongestionWindow));
        window.Start(16 * Mss);
        cubic.Start(ref window, new CongestionSample { SegmentSize = Mss });
        return (cubic, window);
    }

    /// <summary>A window is sent and acknowledged segment by segment.</summary>
    private static void Round(ref CubicHyStartPlusPlus cubic, ref CongestionWindow window, ref SequenceNumber una, int rtt)
    {
        var segments = window.Length / Mss;
        for (var i = 0; i < segments; i++)
        {
            una += Mss;
            cubic.Acknowledged(ref window, new CongestionSample
            {
                Now = 1_000_000_000, SegmentSize = Mss, Acknowledged = Mss, RttMicroseconds = rtt, MayGrow = true, SndUna = una, SndNxt = una + window.Length,
            });
        }
    }
}
