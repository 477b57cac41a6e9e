namespace Millrace.Tcp;

/// <summary>
/// How much may be in flight. An algorithm is a struct within the connection; it is told what happened and keeps
/// <see cref="Window"/>. All amounts are bytes.
/// </summary>
internal interface ICongestionControl
{
    /// <summary>cwnd.</summary>
    int Window { get; }

    /// <summary>ssthresh.</summary>
    int SlowStartThreshold { get; }

    /// <summary>The handshake is over.</summary>
    void Start(int initialWindow);

    /// <summary>New data was acknowledged while nothing is known to be lost, or after a timeout.</summary>
    void Acknowledged(int count, int mss, long now);

    /// <summary>A third duplicate acknowledgment.</summary>
    void EnterRecovery(int inFlight, int mss, long now);

    /// <summary>A further duplicate: a segment has left the network.</summary>
    void Duplicate(int mss);

    /// <summary>An acknowledgment below the recovery point.</summary>
    void PartialAcknowledged(int count, int mss);

    /// <summary>The recovery point is acknowledged.</summary>
    void LeaveRecovery(int inFlight, int mss);

    /// <summary>The retransmission timer expired.</summary>
    /// <param name="isFirst">It is the first time for this segment, so that the threshold counts once (RFC 5681 §3.1).</param>
    void TimedOut(int inFlight, int mss, bool isFirst, long now);

    /// <summary>Nothing was sent for longer than a timeout (RFC 5681 §4.1).</summary>
    void Restart(int initialWindow);
}

/// <summary>Slow start and congestion avoidance (RFC 5681) with NewReno's recovery (RFC 6582).</summary>
internal struct NewReno : ICongestionControl
{
    private int acknowledged;

    public int Window { get; private set; }

    public int SlowStartThreshold { get; private set; }

    public void Start(int initialWindow)
    {
        Window = initialWindow;
        SlowStartThreshold = int.MaxValue;
        acknowledged = 0;
    }

    public void Acknowledged(int count, int mss, long now)
    {
        if (Window < SlowStartThreshold)
        {
            // an acknowledgment that covers several segments counts whole, as in Linux (RFC 3465, without its limit)
            var growth = Math.Min(count, SlowStartThreshold - Window);
            Window = Grown(growth);
            count -= growth;
            if (count == 0)
            {
                return;
            }
        }

        acknowledged += count;
        if (acknowledged >= Window)
        {
            acknowledged -= Window;
            Window = Grown(mss);
        }
    }

    public void EnterRecovery(int inFlight, int mss, long now)
    {
        SlowStartThreshold = Halved(inFlight, mss);
        Window = SlowStartThreshold + (3 * mss);
        acknowledged = 0;
    }

    public void Duplicate(int mss) => Window = Grown(mss);

    public void PartialAcknowledged(int count, int mss) => Window = Math.Max(mss, Window - count + (count >= mss ? mss : 0));

    public void LeaveRecovery(int inFlight, int mss) =>
        Window = Math.Min(SlowStartThreshold, Math.Max(inFlight, mss) + mss);

    public void TimedOut(int inFlight, int mss, bool isFirst, long now)
    {
        if (isFirst)
        {
            SlowStartThreshold = Halved(inFlight, mss);
        }

        Window = mss;
        acknowledged = 0;
    }

    public void Restart(int initialWindow) => Window = Math.Min(Window, initialWindow);

    private static int Halved(int inFlight, int mss) => Math.Max(inFlight / 2, 2 * mss);

    private readonly int Grown(int count) => (int)Math.Min((long)Window + count, 1 << 30);
}
