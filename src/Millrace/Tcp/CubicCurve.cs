namespace Millrace.Tcp;

/// <summary>CUBIC's congestion avoidance and reduction (RFC 9438 §4; net/ipv4/tcp_cubic.c, bictcp_update), whatever its slow start.</summary>
/// <remarks>The curve is reckoned in segments and in 1024ths of a second, in whole numbers; every acknowledgment is a point of it.</remarks>
internal struct CubicCurve
{
    private const int BetaScale = 1024;
    private const int Beta = 717;

    /// <summary>C of RFC 9438 §4.1, times 1024: 0.4.</summary>
    private const int ScaledC = 410;

    /// <summary>Times are 2^-10 seconds here (BICTCP_HZ).</summary>
    private const int TimeShift = 10;

    /// <summary>Segments of the Reno-friendly window: one for each window / 8 times this that is acknowledged: 3 × (1 − β) / (1 + β) a window.</summary>
    private const int FriendlyScale = 8 * (BetaScale + Beta) / 3 / (BetaScale - Beta);

    /// <summary>Segments of the window before the last reduction; 0 before the first (W_max).</summary>
    private int lastMaximum;

    /// <summary>The plateau, in segments.</summary>
    private int origin;

    /// <summary>Time from the epoch's start to the plateau, in 2^-10 s.</summary>
    private int k;

    /// <summary>When the epoch began, in 2^-10 s modulo 2^32, odd; 0 for not yet.</summary>
    private uint epochStart;

    /// <summary>Bytes acknowledged, and the window in segments, of a Reno beside.</summary>
    private int friendlyAcknowledged;
    private int friendlyWindow;

    /// <summary>The shortest round trip in microseconds, 0 before the first.</summary>
    public int LeastDelay { get; private set; }

    /// <summary>Takes note of a round trip, if there is one that says something.</summary>
    public bool TryMeasure(in CongestionSample sample, out int delay)
    {
        delay = Math.Max(sample.RttMicroseconds, 1);

        // right after a recovery round trips say more of the recovery
        if (sample.RttMicroseconds < 0
            || (epochStart != 0 && (int)((uint)Ticks(sample.Now / 1000) - epochStart) < 1 << TimeShift))
        {
            return false;
        }

        if (LeastDelay == 0 || delay < LeastDelay)
        {
            LeastDelay = delay;
        }

        return true;
    }

    /// <summary>So many bytes were acknowledged in congestion avoidance.</summary>
    public void Grow(ref CongestionWindow window, int acknowledged, in CongestionSample sample)
    {
        if (acknowledged > 0)
        {
            var each = SegmentsEach(window.Length / sample.SegmentSize, acknowledged, in sample);
            window.Avoid(acknowledged, each * (long)sample.SegmentSize, sample.SegmentSize);
        }
    }

    /// <summary>The new threshold.</summary>
    public int Reduce(in CongestionWindow window, in CongestionSample sample)
    {
        epochStart = 0;
        var segments = window.Length / sample.SegmentSize;

        // fast convergence (RFC 9438 §4.7): who has lost earlier than the last time leaves room
        lastMaximum = segments < lastMaximum ? (int)((long)segments * (BetaScale + Beta) / (2 * BetaScale)) : segments;
        return (int)Math.Max((long)window.Length * Beta / BetaScale, 2 * sample.SegmentSize);
    }

    /// <summary>A pause is no time of growth (RFC 9438 §5.8).</summary>
    public void Pause(in CongestionSample sample) =>
        epochStart = epochStart == 0 ? 0 : (epochStart + (uint)Ticks(sample.IdleMicroseconds)) | 1;

    private static long Ticks(long microseconds) => (microseconds << TimeShift) / 1_000_000;

    /// <summary>How many segments must be acknowledged for one of growth (RFC 9438 §4.2 to §4.5).</summary>
    private int SegmentsEach(int window, int acknowledged, in CongestionSample sample)
    {
        window = Math.Max(window, 1);
        var time = (uint)Ticks(sample.Now / 1000);
        if (epochStart == 0)
        {
            epochStart = time | 1;
            friendlyAcknowledged = 0;
            friendlyWindow = window;
            k = lastMaximum > window ? (int)CubeRoot(((ulong)(lastMaximum - window) << (4 * TimeShift)) / ScaledC) : 0;
            origin = Math.Max(lastMaximum, window);
        }

        friendlyAcknowledged = (int)Math.Min((long)friendlyAcknowledged + acknowledged, 1 << 30);
        var elapsed = Math.Max((int)(time - epochStart), 0) + Ticks(LeastDelay);
        var target = Curve(elapsed);
        var each = target > window ? window / (target - window) : 100L * window;

        // the first growth after a slow start that lost nothing must not creep
        each = lastMaximum == 0 ? Math.Min(each, 20) : each;
        return (int)Math.Max(Math.Min(each, Friendly(window, sample.SegmentSize)), 2);
    }

    /// <summary>W_cubic in segments at a time of the epoch (RFC 9438 §4.2, figure 1).</summary>
    private readonly long Curve(long time)
    {
        // two minutes are beyond every window, and their cube fits
        var offset = (ulong)Math.Min(Math.Abs(time - k), 1 << 17);
        var delta = (long)((ScaledC * offset * offset * offset) >> (4 * TimeShift));
        return time < k ? origin - delta : origin + delta;
    }

    /// <summary>The same for a Reno of the same reduction (RFC 9438 §4.3).</summary>
    private long Friendly(int window, int segmentSize)
    {
        var each = Math.Max((long)window * FriendlyScale >> 3, 1) * segmentSize;
        var growths = friendlyAcknowledged / each;
        friendlyAcknowledged -= (int)(growths * each);
        friendlyWindow += (int)growths;
        return friendlyWindow > window ? window / (friendlyWindow - window) : long.MaxValue;
    }

    /// <summary>The cube root, rounded down.</summary>
    internal static uint CubeRoot(ulong value)
    {
        ulong root = 0;
        for (var bit = 21; bit >= 0; bit--)
        {
            var candidate = root | (1UL << bit);
            if ((UInt128)candidate * candidate * candidate <= value)
            {
                root = candidate;
            }
        }

        return (uint)root;
    }
}
