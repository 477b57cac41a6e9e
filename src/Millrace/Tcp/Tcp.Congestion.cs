using System.Runtime.CompilerServices;

namespace Millrace.Tcp;

/// <content>What the congestion control is told (RFC 5681; net/ipv4/tcp_cong.c).</content>
public sealed partial class Tcp<TSettings, TMemory, TSmallQueues, TApplications, TCongestionControl>
{
    private const long MinimumRttWindow = 300 * Second;

    /// <summary>So many bytes were acknowledged.</summary>
    /// <param name="rtt">Microseconds, -1 for none.</param>
    private void GrowWindow(ref TcpConnection connection, int acknowledged, int rtt, bool mayGrow)
    {
        if (connection.Has(TcpTraits.Transfer))
        {
            TellAcknowledged(ref connection, acknowledged, rtt, mayGrow);
        }
        else if (mayGrow)
        {
            connection.Congestion.Acknowledge(acknowledged, connection.Mss);
            if (NeedsTransfer(ref connection))
            {
                TryBeginTransfer(ref connection);
            }
        }
    }

    private static bool NeedsTransfer(ref TcpConnection connection) =>
        connection.Congestion.Length >= (long)default(TCongestionControl).LeastWindow * connection.Mss;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void TellAcknowledged(ref TcpConnection connection, int acknowledged, int rtt, bool mayGrow)
    {
        ref var transfer = ref TransferOf(ref connection);
        if (rtt > 0)
        {
            NoteRtt(ref transfer, rtt);
        }

        transfer.Congestion.Acknowledged(
            ref connection.Congestion,
            new CongestionSample
            {
                Now = now,
                SegmentSize = connection.Mss,
                InFlight = Pipe(ref connection),
                Acknowledged = acknowledged,
                RttMicroseconds = rtt,
                SmoothedRttMicroseconds = connection.Rtt.Smoothed,
                SndUna = connection.SndUna,
                SndNxt = connection.SndMax,
                MayGrow = mayGrow,
                State = connection.LossState,
                Entropy = entropy,
                RateSamples = RateOf(ref connection),
            });
    }

    /// <summary>The shortest round trip of five minutes (tcp_min_rtt_wlen); in Linux the three best of the time take turns, here a new one begins.</summary>
    private void NoteRtt(ref TcpTransfer<TCongestionControl> transfer, int rtt)
    {
        if (rtt <= transfer.MinimumRtt || transfer.MinimumRttAt.Elapsed(now) > MinimumRttWindow)
        {
            transfer.MinimumRtt = rtt;
            transfer.MinimumRttAt = now;
        }
    }

    /// <summary>What is known beside any acknowledgment.</summary>
    private CongestionSample Sample(ref TcpConnection connection, long idleMicroseconds = 0) => new()
    {
        Now = now,
        SegmentSize = connection.Mss,
        InFlight = Pipe(ref connection),
        RttMicroseconds = -1,
        SmoothedRttMicroseconds = connection.Rtt.Smoothed,
        SndUna = connection.SndUna,
        SndNxt = connection.SndMax,
        State = connection.LossState,
        IdleMicroseconds = idleMicroseconds,
        Entropy = entropy,
        RateSamples = RateOf(ref connection),
    };

    /// <summary>The threshold after a loss.</summary>
    private int ReducedThreshold(ref TcpConnection connection) => connection.Has(TcpTraits.Transfer)
        ? TransferOf(ref connection).Congestion.Reduced(in connection.Congestion, Sample(ref connection))
        : Math.Max(connection.Congestion.Length / 2, 2 * connection.Mss);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void TellSendingStarts(ref TcpConnection connection) => TransferOf(ref connection).Congestion.Happened(
        CongestionEvent.SendingStarts, ref connection.Congestion, Sample(ref connection, connection.LastSentAt.Elapsed(now) / Microsecond));

    private void TellCongestion(ref TcpConnection connection, CongestionEvent happened)
    {
        if (connection.Has(TcpTraits.Transfer))
        {
            TransferOf(ref connection).Congestion.Happened(happened, ref connection.Congestion, Sample(ref connection));
        }
    }

    /// <summary>After a pause longer than a timeout the window that was is not to be trusted (RFC 5681 §4.1).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void RestartAfterIdle(ref TcpConnection connection)
    {
        if (connection.SndNxt == connection.SndMax && connection.InFlight == 0 && connection.LastSentAt.IsSet
            && !connection.SendNext.IsNone)
        {
            if (connection.Has(TcpTraits.Transfer))
            {
                TellSendingStarts(ref connection);
            }

            if (!default(TCongestionControl).SetsWindow && settings.SlowStartAfterIdle && connection.LastSentAt.Elapsed(now) > connection.Rtt.Timeout * Microsecond)
            {
                RestartWindow(ref connection);
            }
        }
    }

    /// <summary>It halves with each timeout that the pause lasted, down to what a connection starts with (tcp_cwnd_restart).</summary>
    private void RestartWindow(ref TcpConnection connection)
    {
        ref var window = ref connection.Congestion;
        var least = Math.Min(window.Length, settings.InitialCongestionWindow * connection.Mss);
        window.SlowStartThreshold = CurrentThreshold(ref connection);
        var timeout = connection.Rtt.Timeout * Microsecond;
        for (var pause = connection.LastSentAt.Elapsed(now) - timeout; pause > 0 && window.Length > least; pause -= timeout)
        {
            window.Length /= 2;
        }

        window.Length = Math.Max(window.Length, least);
    }
}
