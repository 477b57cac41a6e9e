using System.Runtime.CompilerServices;
using Millrace.Headers;

namespace Millrace.Tcp;

/// <summary>
/// Dynamic right-sizing of a receive buffer: what the application takes in a round trip, and how long that is at a receiver
/// (net/ipv4/tcp_input.c, rcvq_space and rcv_rtt_est).
/// </summary>
internal struct ReceiveSpace
{
    private const int RttShift = 3;

    /// <summary>Bytes the application took in a round trip, the most until now.</summary>
    public int Space;

    /// <summary>When the measurement under way began, in microseconds modulo 2^32.</summary>
    public uint Since;

    /// <summary>What the application had taken then.</summary>
    public SequenceNumber Copied;

    /// <summary>Eight round trips in microseconds; 0 before the first sample.</summary>
    public int Rtt;

    // microseconds modulo 2^32, odd; 0 for not yet
    private uint windowSince;
    private SequenceNumber windowEnd;
    private uint lastEcho;

    /// <summary>Data came in order: a round trip has passed when all that one window allowed has come.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void MeasureByWindow(SequenceNumber next, int window, long now)
    {
        if (windowSince == 0 || next >= windowEnd)
        {
            EndWindow(next, window, now);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void EndWindow(SequenceNumber next, int window, long now)
    {
        if (windowSince != 0)
        {
            // an upper bound, so only ever the least counts
            var sample = Scaled(Math.Max((uint)(now / 1000) - windowSince, 1));
            Rtt = Rtt == 0 ? sample : Math.Min(Rtt, sample);
        }

        windowEnd = next + window;
        windowSince = (uint)(now / 1000) | 1;
    }

    /// <summary>A full segment echoes a timestamp.</summary>
    /// <param name="milliseconds">Since the timestamp was sent.</param>
    /// <param name="isQueueEmpty">Else the peer may have waited for the application.</param>
    public void MeasureByTimestamp(uint echo, long milliseconds, bool isQueueEmpty)
    {
        if (echo == lastEcho)
        {
            return;
        }

        lastEcho = echo;
        var sample = milliseconds * 1000;
        if (sample <= 0 || sample > int.MaxValue)
        {
            return;
        }

        if (Rtt == 0 || Scaled(sample) < Rtt)
        {
            Rtt = Scaled(sample);
        }
        else if (isQueueEmpty)
        {
            Rtt = (int)Math.Min(Rtt + sample - (Rtt >> RttShift), int.MaxValue);
        }
    }

    private static int Scaled(long microseconds) => (int)Math.Min(microseconds << RttShift, int.MaxValue);
}
