namespace Millrace.Tcp;

/// <summary>
/// CUBIC (RFC 9438) as Linux has it (net/ipv4/tcp_cubic.c): beta 717/1024, C 0.4, fast convergence, the Reno-friendly region, and HyStart
/// by ACK trains and delay.
/// </summary>
public struct Cubic : ICongestionControl
{
    private CubicCurve curve;
    private HyStart hyStart;

    /// <summary>HyStart has ended slow start; after a pause it does not do so again before a loss.</summary>
    private bool isFound;

    public readonly int LeastWindow => HyStart.LeastWindow;

    public readonly bool SetsWindow => false;

    public readonly long PacingRate => 0;

    public void Start(ref CongestionWindow window, in CongestionSample sample) => hyStart.Reset(in sample);

    public void Acknowledged(ref CongestionWindow window, in CongestionSample sample)
    {
        if (curve.TryMeasure(in sample, out var delay) && !isFound && window.IsSlowStart
            && hyStart.IsOver(window.Length, delay, curve.LeastDelay, in sample))
        {
            isFound = true;
            window.SlowStartThreshold = window.Length;
        }

        if (sample.MayGrow)
        {
            var left = window.IsSlowStart ? window.SlowStart(sample.Acknowledged) : sample.Acknowledged;
            curve.Grow(ref window, left, in sample);
        }
    }

    public int Reduced(in CongestionWindow window, in CongestionSample sample) => curve.Reduce(in window, in sample);

    public void Happened(CongestionEvent happened, ref CongestionWindow window, in CongestionSample sample)
    {
        switch (happened)
        {
            case CongestionEvent.SendingStarts:
                curve.Pause(in sample);
                break;

            case CongestionEvent.TimedOut:
                this = default;
                hyStart.Reset(in sample);
                break;
        }
    }

    public readonly int Undone(in CongestionWindow window, int before) => Math.Max(window.Length, before);
}
