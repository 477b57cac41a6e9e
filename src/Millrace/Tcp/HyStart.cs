using Millrace.Headers;

namespace Millrace.Tcp;

/// <summary>
/// When slow start ends before it loses (Ha and Rhee, 2011; net/ipv4/tcp_cubic.c, hystart_update): acknowledgments come in one train for half
/// of the shortest round trip, or round trips grow by an eighth. Times are microseconds.
/// </summary>
internal struct HyStart
{
    /// <summary>Segments of the window below which nothing is judged.</summary>
    public const int LeastWindow = 16;

    private const int LeastSamples = 8;

    /// <summary>What lies between two acknowledgments of a train at most.</summary>
    private const uint TrainGap = 2_000;
    private const int LeastDelayGrowth = 4_000;
    private const int MostDelayGrowth = 16_000;

    private SequenceNumber roundEnd;
    private uint roundStart;
    private uint lastAcknowledgment;
    private int roundDelay;
    private int samples;

    public void Reset(in CongestionSample sample)
    {
        roundStart = (uint)(sample.Now / 1000);
        lastAcknowledgment = roundStart;
        roundEnd = sample.SndNxt;
        roundDelay = int.MaxValue;
        samples = 0;
    }

    /// <param name="window">In bytes.</param>
    public bool IsOver(int window, int delay, int leastDelay, in CongestionSample sample)
    {
        if (sample.SndUna > roundEnd)
        {
            Reset(in sample);
        }

        if (window < LeastWindow * sample.SegmentSize)
        {
            return false;
        }

        return IsTrain(window, leastDelay, in sample) || IsDelayed(delay, leastDelay);
    }

    private bool IsTrain(int window, int leastDelay, in CongestionSample sample)
    {
        var now = (uint)(sample.Now / 1000);
        if (now - lastAcknowledgment > TrainGap)
        {
            return false;
        }

        lastAcknowledgment = now;

        // what one end or the other lets go in super-packets comes later: four of 64 KB at twice the window a round trip, a millisecond at most
        var late = Math.Min((2L << 16) * sample.SmoothedRttMicroseconds / window, 1_000);
        return (int)(now - roundStart) > (leastDelay + late) / 2;
    }

    private bool IsDelayed(int delay, int leastDelay)
    {
        roundDelay = Math.Min(roundDelay, delay);
        if (samples < LeastSamples)
        {
            samples++;
            return false;
        }

        return roundDelay > leastDelay + Math.Clamp(leastDelay / 8, LeastDelayGrowth, MostDelayGrowth);
    }
}
