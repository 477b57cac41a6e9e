namespace Millrace.Tcp;

/// <summary>
/// How much more than the rate times the time is acknowledged at once (net/ipv4/tcp_bbr.c, bbr_update_ack_aggregation): radio links and receivers that
/// merge segments acknowledge in bursts, and a window without room for one would stand still between them.
/// </summary>
internal struct BbrAggregation
{
    /// <summary>Round trips of each of the two windows of the maximum (bbr_extra_acked_win_rtts).</summary>
    private const int WindowRounds = 5;

    /// <summary>Segments after which an epoch ends in any case (bbr_ack_epoch_acked_reset_thresh).</summary>
    private const long MostSegments = 1 << 20;

    /// <summary>What is added to the window is at most what goes in so many microseconds (bbr_extra_acked_max_us).</summary>
    private const long MostMicroseconds = 100_000;

    // microseconds, of a clock that comes round
    private const uint LongestEpoch = int.MaxValue;

    private long older;
    private long newer;
    private long acknowledged;
    private uint since;
    private int rounds;

    /// <summary>A new epoch begins now.</summary>
    public void Begin(uint at)
    {
        since = at;
        acknowledged = 0;
    }

    /// <param name="bandwidth">Bytes a microsecond times 2^24.</param>
    public void Take(in CongestionSample sample, long bandwidth, int window, bool isRoundStart, bool isFull)
    {
        ref readonly var rate = ref sample.Rate;
        if (sample.Acknowledged <= 0 || rate.IntervalDelivered < 0 || rate.Interval <= 0)
        {
            return;
        }

        if (isRoundStart && ++rounds >= (isFull ? WindowRounds : 1))
        {
            rounds = 0;
            (older, newer) = (newer, 0);
        }

        var time = rate.DeliveredAt - since;
        var expected = (long)(((UInt128)bandwidth * time) >> Bbr.BandwidthShift);
        if (acknowledged <= expected || time > LongestEpoch || acknowledged + sample.Acknowledged >= MostSegments * sample.SegmentSize)
        {
            Begin(rate.DeliveredAt);
            expected = 0;
        }

        acknowledged += sample.Acknowledged;
        newer = Math.Max(newer, Math.Min(acknowledged - expected, window));
    }

    /// <summary>Bytes of window for it.</summary>
    public readonly long Extra(long bandwidth) => Math.Min(Math.Max(older, newer), (bandwidth * MostMicroseconds) >> Bbr.BandwidthShift);
}
