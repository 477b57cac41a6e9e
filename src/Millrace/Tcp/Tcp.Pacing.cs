using System.Runtime.CompilerServices;
using Millrace.Interop;

namespace Millrace.Tcp;

/// <content>
/// Pacing by TCP itself (net/ipv4/tcp_output.c, tcp_pacing_check and tcp_update_skb_after_send): packets of a connection depart one after
/// the other at its rate. A connection is paced if its algorithm names a rate, or the application has bounded it (SO_MAX_PACING_RATE).
/// </content>
public sealed partial class Tcp<TSettings, TMemory, TSmallQueues, TApplications, TCongestionControl>
{
    /// <summary>What is below TCP, and a packet of many segments, lasts for 2^-10 seconds at the pacing rate (sk_pacing_shift).</summary>
    private const int PacingShift = 10;

    /// <summary>The first segments of a connection go at once (tcp_update_skb_after_send).</summary>
    private const int UnpacedSegments = 10;

    /// <summary>GSO_LEGACY_MAX_SIZE.</summary>
    private const int MaximumGsoSize = 65_536;

    /// <summary>Below so many bytes a second each segment goes by itself (bbr_min_tso_rate).</summary>
    private const long LeastRateOfTwoSegments = 150_000;

    private readonly NativeTable<Pacer> pacers;
    private readonly DepartureQueue departures;

    public override long PacingRateOf(int index) => PacingRate(ref connections[index], index);

    /// <summary>From now on departures of the connection are reckoned.</summary>
    private void BeginPacing(int index, ref TcpConnection connection)
    {
        if (!connection.Has(TcpTraits.Paced))
        {
            connection.Traits |= TcpTraits.Paced;
            pacers[index] = new Pacer { MaximumRate = long.MaxValue };
        }
    }

    /// <summary>Bytes a second, as an unsigned number of 32 bits like that of the socket option; all of them set for no bound.</summary>
    private void SetMaximumPacingRate(int index, ref TcpConnection connection, int value)
    {
        if (value != -1 || connection.Has(TcpTraits.Paced))
        {
            BeginPacing(index, ref connection);
            pacers[index].MaximumRate = value == -1 ? long.MaxValue : (uint)value;
            List(index);
        }
    }

    private int MaximumPacingRate(int index) =>
        connections[index].Has(TcpTraits.Paced) && pacers[index].MaximumRate is not long.MaxValue and var rate ? (int)(uint)rate : -1;

    /// <summary>Whether the next packet must wait; its time brings the connection back.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool IsTooEarly(int index)
    {
        ref var pacer = ref pacers[index];
        if (pacer.DepartsAt <= now || pacer.Quantum > 0)
        {
            return false;
        }

        departures.Set(index, pacer.DepartsAt);
        return true;
    }

    /// <summary>A packet of data departs, and says when the next may.</summary>
    /// <param name="length">Bytes of payload.</param>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Depart(int index, ref TcpConnection connection, int segments, int length)
    {
        ref var pacer = ref pacers[index];
        var rate = PacingRate(ref connection, index);
        if (pacer.DepartsAt <= now || pacer.Quantum <= 0)
        {
            pacer.Credit = now - pacer.DepartsAt;
            pacer.DepartsAt = Math.Max(pacer.DepartsAt, now);
            pacer.Quantum = TsoSegments(ref connection, rate) * connection.Mss;
        }

        pacer.Quantum -= length;
        if (pacer.Sent < UnpacedSegments)
        {
            pacer.Sent += segments;
            return;
        }

        if (rate is 0 or long.MaxValue)
        {
            return;
        }

        // who comes late makes up for it, half of each packet's time at most
        var time = length * Second / rate;
        var credit = Math.Clamp(pacer.Credit, 0, time / 2);
        pacer.Credit -= credit;
        pacer.DepartsAt += time - credit;
    }

    private void RunDepartures()
    {
        while (departures.TryTake(now, out var index))
        {
            List(index);
        }
    }

    private void EndPacing(int index, ref TcpConnection connection)
    {
        if (connection.Has(TcpTraits.Paced))
        {
            departures.Cancel(index);
        }
    }

    /// <summary>The algorithm's rate, or cwnd over the smoothed round trip, times 2 or what is set, 1.2 (net/ipv4/tcp_input.c, tcp_update_pacing_rate).</summary>
    private long PacingRate(ref TcpConnection connection, int index)
    {
        var rate = UnboundedRate(ref connection);
        return connection.Has(TcpTraits.Paced) ? Math.Min(rate, pacers[index].MaximumRate) : rate;
    }

    private long UnboundedRate(ref TcpConnection connection)
    {
        if (connection.Has(TcpTraits.Transfer) && TransferOf(ref connection).Congestion.PacingRate is > 0 and var rate)
        {
            return rate;
        }

        if (connection.Rtt.Smoothed == 0)
        {
            return long.MaxValue;
        }

        var isSlowStart = connection.Congestion.Length < connection.Congestion.SlowStartThreshold / 2;
        long window = Math.Max(connection.Congestion.Length, connection.SndMax - connection.SndUna);
        return (long)(isSlowStart ? settings.PacingSlowStartRatio : settings.PacingRatio) * window * (Second / Microsecond / 100) / connection.Rtt.Smoothed;
    }

    /// <summary>
    /// Segments that go as one packet: a millisecond's worth at the rate, and more to who is near, to whom bursts do no harm (tcp_tso_autosize).
    /// </summary>
    private int TsoSegments(ref TcpConnection connection, long rate)
    {
        var bytes = rate >> PacingShift;
        var nearest = connection.Has(TcpTraits.Transfer) ? TransferOf(ref connection).MinimumRtt : connection.Rtt.Smoothed;
        var distance = nearest >> settings.TsoRttLog;
        if (settings.TsoRttLog > 0 && nearest > 0 && distance < 32)
        {
            bytes += MaximumGsoSize >> distance;
        }

        var least = TCongestionControl.NeedsRateSamples && rate < LeastRateOfTwoSegments ? 1 : settings.MinTsoSegs;
        return Math.Max((int)Math.Min(bytes, MaximumGsoSize) / connection.Mss, least);
    }
}
