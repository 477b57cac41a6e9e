namespace Millrace.Tcp;

/// <summary>Slow start, congestion avoidance and half the window after a loss (RFC 5681; net/ipv4/tcp_cong.c, tcp_reno).</summary>
public struct NewReno : ICongestionControl
{
    public readonly int LeastWindow => int.MaxValue;

    public readonly bool SetsWindow => false;

    public readonly long PacingRate => 0;

    public readonly void Start(ref CongestionWindow window, in CongestionSample sample)
    {
    }

    public readonly void Acknowledged(ref CongestionWindow window, in CongestionSample sample)
    {
        if (sample.MayGrow)
        {
            window.Acknowledge(sample.Acknowledged, sample.SegmentSize);
        }
    }

    public readonly int Reduced(in CongestionWindow window, in CongestionSample sample) => Math.Max(window.Length / 2, 2 * sample.SegmentSize);

    public readonly void Happened(CongestionEvent happened, ref CongestionWindow window, in CongestionSample sample)
    {
    }

    public readonly int Undone(in CongestionWindow window, int before) => Math.Max(window.Length, before);
}
