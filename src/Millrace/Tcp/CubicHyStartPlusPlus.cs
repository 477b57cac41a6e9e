namespace Millrace.Tcp;

/// <summary>CUBIC (RFC 9438) whose slow start ends by HyStart++ (RFC 9406), for <c>[Tcp(CongestionControl = typeof(CubicHyStartPlusPlus))]</c>.</summary>
public struct CubicHyStartPlusPlus : ICongestionControl
{
    private CubicCurve curve;
    private HyStartPlusPlus hyStart;

    public readonly int LeastWindow => HyStart.LeastWindow;

    public readonly bool SetsWindow => false;

    public readonly long PacingRate => 0;

    public void Start(ref CongestionWindow window, in CongestionSample sample) => hyStart.Reset(in sample);

    public void Acknowledged(ref CongestionWindow window, in CongestionSample sample)
    {
        var isMeasured = curve.TryMeasure(in sample, out var delay);
        if (!sample.MayGrow)
        {
            return;
        }

        var left = sample.Acknowledged;
        if (window.IsSlowStart)
        {
            left = window.SlowStart(hyStart.GrowthOf(left, in sample));
            if (isMeasured && !hyStart.IsDone && hyStart.IsOver(delay, in sample))
            {
                window.SlowStartThreshold = window.Length;
            }
        }

        curve.Grow(ref window, left, in sample);
    }

    public int Reduced(in CongestionWindow window, in CongestionSample sample)
    {
        hyStart.End();
        return curve.Reduce(in window, in sample);
    }

    public void Happened(CongestionEvent happened, ref CongestionWindow window, in CongestionSample sample)
    {
        switch (happened)
        {
            case CongestionEvent.SendingStarts:
                curve.Pause(in sample);
                break;

            case CongestionEvent.TimedOut:
                // only the first slow start of a connection has it (RFC 9406 §4.3): the threshold of a later one is known
                this = default;
                hyStart.End();
                break;
        }
    }

    public readonly int Undone(in CongestionWindow window, int before) => Math.Max(window.Length, before);
}
