namespace Millrace.Tcp;

/// <summary>
/// BBR's long-term bandwidth (net/ipv4/tcp_bbr.c, bbr_lt_bw_sampling): a policer with a bucket lets bursts through and then drops, so the best
/// rate of late is not what it lets pass. Two intervals of losses at the same rate say that there is one, and BBR then goes at that rate.
/// </summary>
internal struct BbrPolicer
{
    /// <summary>Round trips of an interval (bbr_lt_intvl_min_rtts).</summary>
    private const int LeastRounds = 4;

    /// <summary>Of 256, what is lost of an interval that counts: a fifth (bbr_lt_loss_thresh).</summary>
    private const int LossThreshold = 50;

    /// <summary>Two rates are the same within an eighth, or 4 kbit/s (bbr_lt_bw_ratio, bbr_lt_bw_diff).</summary>
    private const int RatioShift = 3;
    private const long LeastDifference = 4_000 / 8;

    /// <summary>Round trips for which it goes at that rate (bbr_lt_bw_max_rtts).</summary>
    private const int MostRounds = 48;

    private bool isSampling;
    private int rounds;
    private uint since;
    private long lastDelivered;
    private long lastLost;

    /// <summary>Of the interval before, bytes a microsecond times 2^24.</summary>
    public long Bandwidth { get; private set; }

    /// <summary>Whether it counts.</summary>
    public bool IsFound { get; private set; }

    /// <returns>Whether it has counted for long enough: what the path takes is to be looked for again.</returns>
    public bool Take(in RateSample rate, bool isRoundStart, bool isProbing, int newlyLost)
    {
        if (IsFound)
        {
            if (!isProbing || !isRoundStart || ++rounds < MostRounds)
            {
                return false;
            }

            this = default;
            return true;
        }

        if (!isSampling)
        {
            if (newlyLost == 0)
            {
                return false;
            }

            // from a loss to a loss, so that the bucket is as empty at the end as it was
            BeginInterval(in rate);
            isSampling = true;
        }

        rounds += isRoundStart ? 1 : 0;
        if (rate.IsLimited || rounds > 4 * LeastRounds)
        {
            this = default;
            return false;
        }

        var delivered = rate.Delivered - lastDelivered;
        var time = (int)(rate.DeliveredAt - since);
        if (rounds >= LeastRounds && newlyLost > 0 && delivered > 0 && time >= 1_000 && (rate.Lost - lastLost) << 8 >= LossThreshold * delivered)
        {
            EndInterval((delivered << Bbr.BandwidthShift) / time, in rate);
        }

        return false;
    }

    private void BeginInterval(in RateSample rate)
    {
        since = rate.DeliveredAt;
        lastDelivered = rate.Delivered;
        lastLost = rate.Lost;
        rounds = 0;
    }

    private void EndInterval(long bandwidth, in RateSample rate)
    {
        var difference = Math.Abs(bandwidth - Bandwidth);
        if (Bandwidth != 0 && (difference <= Bandwidth >> RatioShift || Bbr.BytesPerSecond(difference, Bbr.Unit) <= LeastDifference))
        {
            Bandwidth = (bandwidth + Bandwidth) / 2;
            IsFound = true;
            rounds = 0;
            return;
        }

        Bandwidth = bandwidth;
        BeginInterval(in rate);
    }
}
