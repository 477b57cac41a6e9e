namespace Millrace.Tcp;

/// <summary>The congestion window of a connection, in bytes (RFC 5681 §2; tp->snd_cwnd, snd_ssthresh and snd_cwnd_cnt).</summary>
public struct CongestionWindow
{
    internal const int Most = 1 << 30;

    /// <summary>A threshold that no window reaches (TCP_INFINITE_SSTHRESH).</summary>
    public const int NoThreshold = int.MaxValue;

    /// <summary>cwnd.</summary>
    public int Length;

    /// <summary>ssthresh.</summary>
    public int SlowStartThreshold;

    /// <summary>Bytes acknowledged towards the next growth in congestion avoidance.</summary>
    public int Credit;

    public readonly bool IsSlowStart => Length < SlowStartThreshold;

    /// <summary>The handshake is over.</summary>
    public void Start(int length)
    {
        Length = length;
        SlowStartThreshold = NoThreshold;
        Credit = 0;
    }

    /// <summary>
    /// Slow start up to the threshold. An acknowledgment that covers several segments counts whole, as in Linux (RFC 3465, without its
    /// limit).
    /// </summary>
    /// <returns>Bytes that are left for congestion avoidance.</returns>
    public int SlowStart(int acknowledged)
    {
        var growth = Math.Min(acknowledged, SlowStartThreshold - Length);
        Grow(growth);
        return acknowledged - growth;
    }

    /// <summary>Grows by a segment for so many acknowledged bytes (tcp_cong_avoid_ai).</summary>
    /// <param name="per">Bytes a segment of growth; the window's length is RFC 5681's congestion avoidance.</param>
    public void Avoid(int acknowledged, long per, int segmentSize)
    {
        if (Credit >= per)
        {
            Credit = 0;
            Grow(segmentSize);
        }

        Credit = (int)Math.Min((long)Credit + acknowledged, Most);
        if (Credit >= per)
        {
            var growths = (int)(Credit / per);
            Credit -= (int)(growths * per);
            Grow((long)growths * segmentSize);
        }
    }

    /// <summary>RFC 5681 §3.1, both phases.</summary>
    public void Acknowledge(int acknowledged, int segmentSize)
    {
        if (IsSlowStart)
        {
            acknowledged = SlowStart(acknowledged);
        }

        if (acknowledged > 0)
        {
            Avoid(acknowledged, Length, segmentSize);
        }
    }

    private void Grow(long count) => Length = (int)Math.Min(Length + count, Most);
}
