using Millrace.Headers;

namespace Millrace.Tcp;

/// <summary>
/// CUBIC (RFC 9438) as Linux has it (net/ipv4/tcp_cubic.c): beta 717/1024, C 0.4, fast convergence, the Reno-friendly region, and HyStart
/// by ACK trains and delay.
/// </summary>
/// <remarks>The curve is reckoned in segments and in 1024ths of a second, in whole numbers; every acknowledgment is a point of it.</remarks>
public struct Cubic : ICongestionControl
{
    private const int BetaScale = 1024;
    private const int Beta = 717;

    /// <summary>C of RFC 9438 §4.1, times 1024: 0.4.</summary>
    private const int ScaledC = 410;

    /// <summary>Times are 2^-10 seconds here (BICTCP_HZ).</summary>
    private const int TimeShift = 10;

    /// <summary>Segments of the Reno-friendly window: one for each window / 8 times this that is acknowledged: 3 × (1 − β) / (1 + β) a window.</summary>
    private const int FriendlyScale = 8 * (BetaScale + Beta) / 3 / (BetaScale - Beta);

    private HyStart hyStart;

    /// <summary>HyStart has ended slow start; after a pause it does not do so again before a loss.</summary>
    private bool isFound;

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
    private int leastDelay;

    public readonly int LeastWindow => HyStart.LeastWindow;

    public readonly bool SetsWindow => false;

    public readonly long PacingRate => 0;

    public void Start(ref CongestionWindow window, in CongestionSample sample) => hyStart.Reset(in sample);

    public void Acknowledged(ref CongestionWindow window, in CongestionSample sample)
    {
        Measure(ref window, in sample);
        if (!sample.MayGrow)
        {
            return;
        }

        var left = sample.Acknowledged;
        if (window.IsSlowStart)
        {
            left = window.SlowStart(left);
        }

        if (left > 0)
        {
            window.Avoid(left, SegmentsEach(window.Length / sample.SegmentSize, left, in sample) * (long)sample.SegmentSize, sample.SegmentSize);
        }
    }

    public int Reduced(in CongestionWindow window, in CongestionSample sample)
    {
        epochStart = 0;
        var segments = window.Length / sample.SegmentSize;

        // fast convergence (RFC 9438 §4.7): who has lost earlier than the last time leaves room
        lastMaximum = segments < lastMaximum ? (int)((long)segments * (BetaScale + Beta) / (2 * BetaScale)) : segments;
        return (int)Math.Max((long)window.Length * Beta / BetaScale, 2 * sample.SegmentSize);
    }

    public void Happened(CongestionEvent happened, ref CongestionWindow window, in CongestionSample sample)
    {
        switch (happened)
        {
            case CongestionEvent.SendingStarts when epochStart != 0:
                // a pause is no time of growth (RFC 9438 §5.8)
                epochStart = (epochStart + (uint)Ticks(sample.IdleMicroseconds)) | 1;
                break;

            case CongestionEvent.TimedOut:
                this = default;
                hyStart.Reset(in sample);
                break;
        }
    }

    public readonly int Undone(in CongestionWindow window, int before) => Math.Max(window.Length, before);

    private static long Ticks(long microseconds) => (microseconds << TimeShift) / 1_000_000;

    private void Measure(ref CongestionWindow window, in CongestionSample sample)
    {
        if (sample.RttMicroseconds < 0)
        {
            return;
        }

        // right after a recovery round trips say more of the recovery
        if (epochStart != 0 && (int)((uint)Ticks(sample.Now / 1000) - epochStart) < 1 << TimeShift)
        {
            return;
        }

        var delay = Math.Max(sample.RttMicroseconds, 1);
        if (leastDelay == 0 || delay < leastDelay)
        {
            leastDelay = delay;
        }

        if (!isFound && window.IsSlowStart && hyStart.IsOver(window.Length, delay, leastDelay, in sample))
        {
            isFound = true;
            window.SlowStartThreshold = window.Length;
        }
    }

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
        var elapsed = Math.Max((int)(time - epochStart), 0) + Ticks(leastDelay);
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
