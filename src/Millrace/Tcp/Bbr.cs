namespace Millrace.Tcp;

/// <summary>
/// BBR, the first version, as Linux has it (net/ipv4/tcp_bbr.c; Cardwell, Cheng, Gunn, Yeganeh and Jacobson, 2016): a model of the path, its
/// bandwidth (the best rate of ten round trips) and its shortest round trip (of ten seconds), gives rate and window. A loss says little to it.
/// For <c>[Tcp(CongestionControl = typeof(Bbr))]</c>.
/// </summary>
public partial struct Bbr : ICongestionControl
{
    /// <summary>A bandwidth is bytes a microsecond times 2^24 (BW_SCALE), a gain is times 2^8 (BBR_SCALE).</summary>
    internal const int BandwidthShift = 24;
    internal const int GainShift = 8;
    internal const int Unit = 1 << GainShift;

    /// <summary>2/ln 2: the least gain at which a round trip's rate doubles; and its inverse, which empties in one what that has filled.</summary>
    private const int HighGain = (Unit * 2885 / 1000) + 1;
    private const int DrainGain = Unit * 1000 / 2885;

    /// <summary>Two bandwidth-delay products, because acknowledgments come late and together.</summary>
    private const int WindowGain = 2 * Unit;

    /// <summary>One part in so many percent is left free, so that queues shorten (bbr_pacing_margin_percent).</summary>
    private const int MarginPercent = 1;
    private const uint BandwidthRounds = 10;
    private const long MinimumRttWindow = 10_000_000_000;
    private const long ProbeRttTime = 200_000_000;
    private const int LeastSegments = 4;
    private const int InitialSegments = 10;
    private const int NoRtt = int.MaxValue;

    private BbrMode mode;
    private bool isRoundStart;
    private bool isConserving;
    private bool isIdleRestart;
    private bool hasSeenRtt;
    private LossState priorState;
    private int pacingGain;
    private int windowGain;
    private long pacingRate;

    private WindowedMaximum bandwidths;
    private uint rounds;
    private long nextRoundDelivered;

    private int minimumRtt;
    private long minimumRttAt;

    /// <summary>The window before a recovery, or before PROBE_RTT.</summary>
    private int priorWindow;

    private BbrPolicer policer;
    private BbrAggregation aggregation;

    // what the modes go by
    private bool isFull;
    private bool isProbeRoundDone;
    private int fullRounds;
    private long fullBandwidth;
    private int cycle;
    private uint cycleAt;

    /// <summary>When PROBE_RTT may end, in nanoseconds; 0 before what was in flight has drained.</summary>
    private long probeRttUntil;

    // packets that were sent while this much was delivered were held back by PROBE_RTT, and not by the path
    private long limitedFrom;
    private long limitedUntil;

    public static bool IsPaced => true;

    public static bool NeedsRateSamples => true;

    /// <summary>From the handshake on.</summary>
    public readonly int LeastWindow => 0;

    public readonly bool SetsWindow => true;

    public readonly long PacingRate => pacingRate;

    /// <summary>What it is at, for tests and tools.</summary>
    public readonly BbrMode Mode => mode;

    /// <summary>The gain of its rate, in 256ths.</summary>
    public readonly int PacingGain => pacingGain;

    /// <summary>Bytes a second that it takes the path for.</summary>
    public readonly long BytesPerSecondOfPath => (Bandwidth * 1_000_000) >> BandwidthShift;

    /// <summary>The shortest round trip in microseconds; <see cref="int.MaxValue"/> before the first.</summary>
    public readonly int MinimumRttMicroseconds => minimumRtt;

    /// <summary>Whether it goes by what a policer lets pass.</summary>
    public readonly bool IsPoliced => policer.IsFound;

    private readonly long Bandwidth => policer.IsFound ? policer.Bandwidth : bandwidths.Value;

    /// <summary>At a gain, less what is left free (bbr_rate_bytes_per_sec).</summary>
    internal static long BytesPerSecond(long bandwidth, int gain) =>
        ((bandwidth * gain) >> GainShift) * (1_000_000 / 100 * (100 - MarginPercent)) >> BandwidthShift;

    public void Start(ref CongestionWindow window, in CongestionSample sample)
    {
        window.SlowStartThreshold = CongestionWindow.NoThreshold;
        priorState = LossState.Open;
        minimumRtt = sample.SmoothedRttMicroseconds > 0 ? sample.SmoothedRttMicroseconds : NoRtt;
        minimumRttAt = sample.Now;
        aggregation.Begin(sample.Rate.DeliveredAt);
        BeginPacing(in window, in sample);
        EnterStartup();
    }

    public void Acknowledged(ref CongestionWindow window, in CongestionSample sample)
    {
        TakeBandwidth(in sample);
        aggregation.Take(in sample, Bandwidth, window.Length, isRoundStart, isFull);
        TakeCycle(in sample);
        CheckFull(in sample);
        CheckDrain(ref window, in sample);
        TakeMinimumRtt(ref window, in sample);
        SetGains();
        SetPacingRate(Bandwidth, pacingGain, in window, in sample);
        SetWindow(ref window, in sample);
    }

    public int Reduced(in CongestionWindow window, in CongestionSample sample)
    {
        SaveWindow(in window);
        return window.SlowStartThreshold;
    }

    public void Happened(CongestionEvent happened, ref CongestionWindow window, in CongestionSample sample)
    {
        switch (happened)
        {
            case CongestionEvent.TimedOut:
                priorState = LossState.Loss;
                fullBandwidth = 0;
                isRoundStart = true;
                policer.Take(in sample.Rate, isRoundStart, mode == BbrMode.ProbeBandwidth, newlyLost: 1);
                break;

            case CongestionEvent.SendingStarts when sample.Rate.IsApplicationLimited || IsSelfLimited(sample.Rate.Delivered):
                isIdleRestart = true;
                aggregation.Begin(sample.Rate.DeliveredAt);
                if (mode == BbrMode.ProbeBandwidth)
                {
                    SetPacingRate(Bandwidth, Unit, in window, in sample);
                }
                else if (mode == BbrMode.ProbeRtt)
                {
                    CheckProbeRttDone(ref window, in sample);
                }

                break;
        }
    }

    /// <summary>Nothing was lost: what was taken for a full path, or a policer, may have been the disorder.</summary>
    public int Undone(in CongestionWindow window, int before)
    {
        fullBandwidth = 0;
        fullRounds = 0;
        policer = default;
        return window.Length;
    }

    /// <summary>Until a round trip is known, a window a millisecond.</summary>
    private void BeginPacing(in CongestionWindow window, in CongestionSample sample)
    {
        hasSeenRtt = sample.SmoothedRttMicroseconds > 0;
        var rtt = hasSeenRtt ? sample.SmoothedRttMicroseconds : 1_000;
        pacingRate = BytesPerSecond(((long)window.Length << BandwidthShift) / rtt, HighGain);
    }

    /// <summary>It may fall only when the path is known to be full: the first samples are small.</summary>
    private void SetPacingRate(long bandwidth, int gain, in CongestionWindow window, in CongestionSample sample)
    {
        if (!hasSeenRtt && sample.SmoothedRttMicroseconds > 0)
        {
            BeginPacing(in window, in sample);
        }

        var rate = BytesPerSecond(bandwidth, gain);
        if (rate > 0 && (isFull || rate > pacingRate))
        {
            pacingRate = rate;
        }
    }

    /// <summary>bbr_update_bw.</summary>
    private void TakeBandwidth(in CongestionSample sample)
    {
        ref readonly var rate = ref sample.Rate;
        isRoundStart = false;
        if (rate.IntervalDelivered < 0 || rate.Interval <= 0)
        {
            return;
        }

        if (rate.PriorDelivered >= nextRoundDelivered)
        {
            nextRoundDelivered = rate.Delivered;
            rounds++;
            isRoundStart = true;
            isConserving = false;
        }

        if (policer.Take(in rate, isRoundStart, mode == BbrMode.ProbeBandwidth, rate.NewlyLost))
        {
            EnterProbeBandwidth(in sample);
        }

        // what the application did not fill may be less than the path takes, but not more
        var bandwidth = (rate.IntervalDelivered << BandwidthShift) / rate.Interval;
        if (!(rate.IsLimited || IsSelfLimited(rate.PriorDelivered)) || bandwidth >= bandwidths.Value)
        {
            bandwidths.Add(BandwidthRounds, rounds, bandwidth);
        }
    }

    /// <summary>bbr_bdp, in bytes, rounded up.</summary>
    private readonly long Product(long bandwidth, int gain, in CongestionSample sample) => minimumRtt == NoRtt
        ? InitialSegments * sample.SegmentSize
        : (long)((((UInt128)bandwidth * (uint)minimumRtt * (uint)gain >> GainShift) + ((1 << BandwidthShift) - 1)) >> BandwidthShift);

    /// <summary>Room for three packets of many segments beside the product: one in each end, one on the way (bbr_quantization_budget).</summary>
    private readonly long WithRoom(long window, in CongestionSample sample)
    {
        var pair = 2L * sample.SegmentSize;
        window += 3 * PacketGoal(in sample);
        window = (window + pair - 1) / pair * pair;

        // the phase that probes must be able to have more in flight, however small the product
        return window + (mode == BbrMode.ProbeBandwidth && cycle == 0 ? pair : 0);
    }

    /// <summary>bbr_tso_segs_goal, in bytes.</summary>
    private readonly long PacketGoal(in CongestionSample sample)
    {
        const int LargestPacket = 65_536 - 1 - 320;
        var least = pacingRate < 150_000 ? 1 : 2;
        return Math.Max(Math.Min(pacingRate >> 10, LargestPacket) / sample.SegmentSize, least) * sample.SegmentSize;
    }

    private readonly long InFlightAt(long bandwidth, int gain, in CongestionSample sample) => WithRoom(Product(bandwidth, gain, in sample), in sample);

    /// <summary>What will be in the network when the next packet departs: acknowledgments go on until then (bbr_packets_in_net_at_edt).</summary>
    private readonly long InNetworkAtDeparture(long inFlight, in CongestionSample sample)
    {
        var wait = Math.Max(sample.Rate.DepartsAt - sample.Now, 0) / 1_000;
        var delivered = (Bandwidth * wait) >> BandwidthShift;
        return Math.Max(inFlight + (pacingGain > Unit ? PacketGoal(in sample) : 0) - delivered, 0);
    }

    private void SaveWindow(in CongestionWindow window) =>
        priorWindow = priorState < LossState.Recovery && mode != BbrMode.ProbeRtt ? window.Length : Math.Max(priorWindow, window.Length);

    /// <summary>bbr_set_cwnd.</summary>
    private void SetWindow(ref CongestionWindow window, in CongestionSample sample)
    {
        var least = LeastSegments * sample.SegmentSize;
        if (sample.Acknowledged > 0 && !IsSetByRecovery(ref window, in sample))
        {
            var target = WithRoom(Product(Bandwidth, windowGain, in sample) + (isFull ? aggregation.Extra(Bandwidth) : 0), in sample);
            long length = window.Length;
            if (isFull)
            {
                length = Math.Min(length + sample.Acknowledged, target);
            }
            else if (length < target || sample.Rate.Delivered < InitialSegments * sample.SegmentSize)
            {
                length += sample.Acknowledged;
            }

            window.Length = (int)Math.Clamp(length, least, CongestionWindow.Most);
        }

        if (mode == BbrMode.ProbeRtt)
        {
            window.Length = Math.Min(window.Length, least);
        }
    }

    /// <summary>
    /// In the first round trip of a recovery as much goes as arrives, and afterwards the window is as it was (bbr_set_cwnd_to_recover_or_restore).
    /// </summary>
    private bool IsSetByRecovery(ref CongestionWindow window, in CongestionSample sample)
    {
        var length = Math.Max(window.Length - sample.Rate.NewlyLost, sample.SegmentSize);
        if (sample.State == LossState.Recovery && priorState != LossState.Recovery)
        {
            isConserving = true;
            nextRoundDelivered = sample.Rate.Delivered;
            length = sample.InFlight + sample.Acknowledged;
        }
        else if (priorState >= LossState.Recovery && sample.State < LossState.Recovery)
        {
            length = Math.Max(length, priorWindow);
            isConserving = false;
        }

        priorState = sample.State;
        window.Length = isConserving ? Math.Max(length, sample.InFlight + sample.Acknowledged) : length;
        return isConserving;
    }
}
