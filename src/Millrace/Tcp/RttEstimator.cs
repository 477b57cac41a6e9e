using System.Runtime.CompilerServices;

namespace Millrace.Tcp;

/// <summary>Round-trip time and retransmission timeout (RFC 6298, with the lower bounds of Linux), in microseconds.</summary>
internal struct RttEstimator
{
    /// <summary>Initial timeout (RFC 6298 §2.1, TCP_TIMEOUT_INIT).</summary>
    public const int InitialTimeout = 1_000_000;

    /// <summary>The timeout after a SYN that was lost, if there is no sample (RFC 6298 §5.7, TCP_TIMEOUT_FALLBACK).</summary>
    public const int FallbackTimeout = 3_000_000;

    /// <summary>Smoothed round-trip time; 0 without a sample.</summary>
    public int Smoothed;

    public int Deviation;

    /// <summary>The timeout without backoff.</summary>
    public int Timeout;

    public static RttEstimator New() => new() { Timeout = InitialTimeout };

    public void Sample(long measured, int minimumTimeout, int maximumTimeout)
    {
        var sample = (int)Math.Clamp(measured, 1, int.MaxValue / 8);
        if (Smoothed == 0)
        {
            Smoothed = sample;
            Deviation = sample / 2;
        }
        else
        {
            var error = sample - Smoothed;
            Smoothed = Math.Max(1, Smoothed + (error / 8));
            var deviation = Math.Abs(error) - Deviation;

            // a round trip that suddenly shortens is no reason to wait longer (net/ipv4/tcp_input.c, tcp_rtt_estimator)
            Deviation += error < 0 && deviation > 0 ? deviation / 32 : deviation / 4;
        }

        // Linux bounds the variance's part from below, not the sum
        Timeout = (int)Math.Min(Smoothed + (long)Math.Max(4L * Deviation, minimumTimeout), maximumTimeout);
    }

    public void FallBack()
    {
        if (Smoothed == 0)
        {
            Timeout = FallbackTimeout;
        }
    }

    /// <summary>Microseconds with the backoff of RFC 6298 §5.5.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly long BackedOff(int backoff, int maximum) => Math.Min((long)Timeout << Math.Min(backoff, 24), maximum);
}
