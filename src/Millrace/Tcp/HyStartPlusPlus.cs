using Millrace.Headers;

namespace Millrace.Tcp;

/// <summary>
/// When slow start ends before it loses (RFC 9406): when the least round trip of a round is an eighth longer than that of the one before. Then
/// conservative slow start grows by a quarter for five rounds, and goes back if round trips turn out to be short. Times are microseconds.
/// </summary>
internal struct HyStartPlusPlus
{
    // RFC 9406 §4.3
    private const int MinimumRttThreshold = 4_000;
    private const int MaximumRttThreshold = 16_000;
    private const int MinimumRttDivisor = 8;
    private const int RttSamples = 8;
    private const int CssGrowthDivisor = 4;
    private const int CssRounds = 5;

    /// <summary>L: segments that one acknowledgment lets the window grow by where nothing paces.</summary>
    private const int LimitUnpaced = 8;

    private SequenceNumber windowEnd;
    private int lastRoundMinimum;
    private int currentRoundMinimum;
    private int samples;

    /// <summary>The least round trip when conservative slow start began; 0 in slow start.</summary>
    private int cssBaseline;
    private int cssRounds;

    /// <summary>Slow start has ended, by this or by a loss.</summary>
    public bool IsDone { get; private set; }

    public void Reset(in CongestionSample sample)
    {
        this = default;
        lastRoundMinimum = int.MaxValue;
        currentRoundMinimum = int.MaxValue;
        windowEnd = sample.SndNxt;
    }

    public void End() => IsDone = true;

    /// <summary>Bytes that the window grows by for so many acknowledged (§4.2).</summary>
    public readonly int GrowthOf(int acknowledged, in CongestionSample sample)
    {
        if (IsDone)
        {
            return acknowledged;
        }

        var growth = Math.Min(acknowledged, LimitUnpaced * sample.SegmentSize);
        return cssBaseline != 0 ? growth / CssGrowthDivisor : growth;
    }

    /// <summary>Whether five rounds of conservative slow start are over.</summary>
    public bool IsOver(int rtt, in CongestionSample sample)
    {
        if (sample.SndUna > windowEnd)
        {
            windowEnd = sample.SndNxt;
            lastRoundMinimum = currentRoundMinimum;
            currentRoundMinimum = int.MaxValue;
            samples = 0;
            if (cssBaseline != 0 && ++cssRounds >= CssRounds)
            {
                IsDone = true;
                return true;
            }
        }

        currentRoundMinimum = Math.Min(currentRoundMinimum, rtt);
        if (++samples < RttSamples || lastRoundMinimum == int.MaxValue)
        {
            return false;
        }

        if (cssBaseline == 0)
        {
            var threshold = Math.Clamp(lastRoundMinimum / MinimumRttDivisor, MinimumRttThreshold, MaximumRttThreshold);
            if (currentRoundMinimum >= lastRoundMinimum + threshold)
            {
                cssBaseline = currentRoundMinimum;
                cssRounds = 0;
            }
        }
        else if (currentRoundMinimum < cssBaseline)
        {
            // it was jitter: slow start goes on
            cssBaseline = 0;
        }

        return false;
    }
}
