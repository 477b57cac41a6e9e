using System.Runtime.CompilerServices;
using Millrace.Headers;
using Millrace.Memory;

namespace Millrace.Tcp;

/// <content>Fifth: the acknowledgment and the window of a segment (RFC 9293 §3.10.7.4, RFC 5681).</content>
public sealed partial class Tcp<TSettings, TMemory, TSmallQueues, TApplications, TCongestionControl>
{
    /// <returns>False if the segment is to be dropped.</returns>
    private bool Acknowledge(int index, ref TcpConnection connection, ref TcpSegment segment, out DropReason reason)
    {
        reason = DropReason.NotSpecified;
        var acknowledgment = segment.Acknowledgment;
        if (acknowledgment > connection.SndMax)
        {
            Challenge(index, ref connection);
            reason = DropReason.TcpAckUnsentData;
            return false;
        }

        if (acknowledgment < connection.SndUna)
        {
            if (acknowledgment < connection.SndUna - connection.MaxWindow)
            {
                // RFC 5961 §5.2
                Challenge(index, ref connection);
                reason = DropReason.TcpOldAck;
                return false;
            }

            if (segment.Options.SackCount > 0 && connection.Has(TcpTraits.Sack))
            {
                // it was overtaken, and still says something
                AcknowledgeDisturbed(index, ref connection, ref segment, isUpdate: false);
            }

            return true;
        }

        connection.ProbesOut = 0;
        connection.KeepAliveProbesOut = 0;
        var isUpdate = UpdateSendWindow(ref connection, ref segment);
        if (connection.Has(TcpTraits.MoreFollows) && (isUpdate || acknowledgment > connection.SndUna))
        {
            // an acknowledgment pushes by the socket's own flags (tcp_data_snd_check)
            connection.Traits &= ~TcpTraits.MoreFollows;
        }

        if (connection.Has(TcpTraits.Disturbed) || IsEcho(ref connection, ref segment) || (segment.Options.SackCount > 0 && connection.Has(TcpTraits.Sack)))
        {
            AcknowledgeDisturbed(index, ref connection, ref segment, isUpdate);
        }
        else if (acknowledgment > connection.SndUna)
        {
            AcknowledgeNew(index, ref connection, segment.Acknowledgment, segment.Options.TimestampEcho);
        }
        else if (!isUpdate && segment.Length == 0 && connection.SndMax > connection.SndUna)
        {
            AcknowledgeDisturbed(index, ref connection, ref segment, isUpdate: false);
        }

        AdjustProbeTimer(index, ref connection);
        if (!connection.SendNext.IsNone || connection.IsFinDue)
        {
            List(index);
        }

        return true;
    }

    /// <summary>SND.WND (RFC 9293 §3.10.7.4, with Linux's tcp_may_update_window).</summary>
    private bool UpdateSendWindow(ref TcpConnection connection, ref TcpSegment segment)
    {
        var window = segment.Window << connection.SendWindowScale;
        if (segment.IsSyn)
        {
            window = segment.Window;
        }

        if (segment.Acknowledgment <= connection.SndUna
            && segment.Sequence <= connection.SndWl1
            && (segment.Sequence != connection.SndWl1 || (window <= connection.SndWnd && window != 0)))
        {
            return false;
        }

        connection.SndWl1 = segment.Sequence;
        if (window == connection.SndWnd)
        {
            return false;
        }

        connection.SndWnd = window;
        if (window > connection.MaxWindow)
        {
            var wasBound = connection.MaxWindow < 2 * connection.MssClamp;
            connection.MaxWindow = window;
            if (wasBound)
            {
                SynchronizeMss(ref connection);
            }
        }

        return true;
    }

    /// <param name="echo">TSecr of the segment; 0 if it has none, or echoes none.</param>
    private void AcknowledgeNew(int index, ref TcpConnection connection, SequenceNumber acknowledgment, uint echo)
    {
        var flight = connection.SndMax - connection.SndUna;
        var count = acknowledgment - connection.SndUna;
        connection.SndUna = acknowledgment;
        connection.SndNxt = SequenceNumber.Max(connection.SndNxt, acknowledgment);
        var sentAt = FreeAcknowledged(ref connection);
        connection.Retransmits = 0;
        var rtt = MeasureAcknowledged(ref connection, echo, sentAt);
        GrowWindow(ref connection, count, rtt, connection.LossState == LossState.Loss || IsCongestionLimited(ref connection, flight));
        if (connection.LossState != LossState.Open)
        {
            GoOnWithoutMarks(ref connection);
        }

        AfterAcknowledged(index, ref connection, acknowledgment, restartsTimer: true);
    }

    /// <summary>After a timeout of a connection of which nobody knows what is lost: a segment a round trip goes again.</summary>
    private static void GoOnWithoutMarks(ref TcpConnection connection)
    {
        if (connection.SndMax - connection.SndUna <= connection.Congestion.Length)
        {
            connection.LossState = LossState.Open;
        }
        else
        {
            connection.Pending |= TcpPending.Retransmit;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void AfterAcknowledged(int index, ref TcpConnection connection, SequenceNumber acknowledgment, bool restartsTimer)
    {
        if (connection.SndUna == connection.SndMax)
        {
            StopRetransmission(ref connection);
        }
        else if (restartsTimer)
        {
            StartRetransmission(index, ref connection);
        }

        GrowSendBuffer(ref connection);
        if (connection.Has(TcpTraits.WantsWritable) && IsWritable(ref connection))
        {
            connection.Traits &= ~TcpTraits.WantsWritable;
            notices |= TcpNotices.Writable;
        }

        if (connection.Has(TcpTraits.FinQueued) && acknowledgment > connection.WriteSequence)
        {
            FinAcknowledged(index, ref connection);
        }
        else if ((connection.Pending & TcpPending.Retransmit) != 0)
        {
            List(index);
        }
    }

    /// <returns>The round trip in microseconds, -1 if the acknowledgment says nothing of it.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int MeasureAcknowledged(ref TcpConnection connection, uint echo, uint sentAt)
    {
        // a segment that was sent twice says nothing (Karn and Partridge, RFC 6298 §3), unless by its timestamp
        if (sentAt != 0)
        {
            // the lowest bit of the time is set to tell it from none, so it may lie one ahead
            var rtt = Math.Max((int)(microseconds - sentAt), 1);
            Measure(ref connection, rtt);
            return rtt;
        }

        if (connection.Has(TcpTraits.Timestamps) && echo != 0)
        {
            var elapsed = TimestampNow(ref connection) - echo;
            if (elapsed < int.MaxValue / 1000)
            {
                var rtt = (int)(Math.Max(elapsed, 1) * (Millisecond / Microsecond));
                Measure(ref connection, rtt);
                return rtt;
            }
        }

        return -1;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Measure(ref TcpConnection connection, long microseconds)
    {
        connection.Rtt.Sample(microseconds, settings.RtoMinMilliseconds * 1000, RtoMax);

        // only a sample ends it (RFC 6298 §5.7, tcp_ack_update_rtt)
        connection.Backoff = 0;
    }

    /// <summary>Microseconds.</summary>
    private int RtoMax => settings.RtoMaxMilliseconds * 1000;

    /// <summary>A window that was not used says nothing of the network (RFC 7661; tcp_is_cwnd_limited).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsCongestionLimited(ref TcpConnection connection, int flight) =>
        connection.Congestion.IsSlowStart
            ? connection.Congestion.Length < 2L * flight
            : connection.Has(TcpTraits.CongestionLimited);

    /// <summary>How much of SND.NXT − SND.UNA there may be now: the window, and what has left the network.</summary>
    private static long CongestionAllowance(ref TcpConnection connection) => (long)connection.Congestion.Length + connection.LeftOut;
}
