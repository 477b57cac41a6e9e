using System.Runtime.InteropServices;
using System.Runtime.CompilerServices;

namespace Millrace.Tcp;

/// <summary>When an acknowledgment may wait (RFC 1122 §4.2.3.2, RFC 5681 §4.2), by Linux's rules. Times are microseconds.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 2)]
internal struct DelayedAck
{
    public const int Minimum = 40_000;
    public const int Maximum = 200_000;
    private const int Most = 500_000;
    private const int MaximumQuick = 16;

    /// <summary>The delay, estimated from the time between segments; 0 before the first.</summary>
    public int Timeout;

    /// <summary>When the last data came.</summary>
    public Moment LastDataAt;

    /// <summary>Acknowledgments that go without delay yet.</summary>
    public byte Quick;

    /// <summary>The application answers what it receives, so an answer may carry the acknowledgment.</summary>
    public bool IsInteractive;

    public readonly bool IsQuick => Quick > 0 && !IsInteractive;

    /// <summary>Data came.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Received(long now, int window, int segmentLength, int retransmissionTimeout)
    {
        var since = LastDataAt.Elapsed(now);
        if (Timeout != 0 && since <= Minimum / 2 * 1000L)
        {
            Timeout = (Timeout >> 1) + (Minimum / 2);
        }
        else
        {
            ReceivedLate(since / 1000, window, segmentLength, retransmissionTimeout);
        }

        LastDataAt = now;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void ReceivedLate(long since, int window, int segmentLength, int retransmissionTimeout)
    {
        if (Timeout == 0)
        {
            GoQuick(window, segmentLength);
            Timeout = Minimum;
        }
        else
        {
            if (since < Timeout)
            {
                Timeout = Math.Min((Timeout / 2) + (int)since, retransmissionTimeout);
            }
            else if (since > retransmissionTimeout)
            {
                // a pause longer than a timeout: the sender may be in slow start again
                GoQuick(window, segmentLength);
            }
        }
    }

    /// <summary>Out of order, or after an error: the sender must hear at once.</summary>
    public void EnterQuick(int window, int segmentLength)
    {
        GoQuick(window, segmentLength);
        IsInteractive = false;
        Timeout = Minimum;
    }

    /// <summary>Data was sent: if soon after data that came, the two ends converse.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Sent(long now)
    {
        if (!IsInteractive && LastDataAt.IsSet && LastDataAt.Elapsed(now) / 1000 < Timeout)
        {
            IsInteractive = true;
        }
    }

    /// <summary>An acknowledgment went out.</summary>
    public void Acknowledged()
    {
        if (Quick > 0 && --Quick == 0)
        {
            Timeout = Minimum;
        }
    }

    /// <summary>The timer expired before anything could carry the acknowledgment.</summary>
    public void Expired(int retransmissionTimeout)
    {
        if (IsInteractive)
        {
            IsInteractive = false;
            Timeout = Minimum;
        }
        else
        {
            Timeout = Math.Min(Timeout * 2, retransmissionTimeout);
        }
    }

    /// <summary>Microseconds an acknowledgment may wait now (net/ipv4/tcp_output.c, tcp_send_delayed_ack).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly int Delay(int smoothedRtt)
    {
        var delay = Math.Max(Timeout, Minimum);
        if (delay > Minimum)
        {
            var most = IsInteractive ? Maximum : Most;
            if (smoothedRtt > 0)
            {
                most = Math.Min(most, Math.Max(smoothedRtt, Minimum));
            }

            delay = Math.Min(delay, most);
        }

        return Math.Min(delay, Maximum);
    }

    private void GoQuick(int window, int segmentLength) =>
        Quick = Math.Max(Quick, (byte)Math.Clamp(window / (2 * Math.Max(segmentLength, 1)), 2, MaximumQuick));
}
