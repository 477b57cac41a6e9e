using Millrace.Headers;
using Millrace.Memory;

namespace Millrace.Tcp;

/// <content>What is sent again, and what is sent to find out whether the peer is there (RFC 6298, RFC 9293 §3.8).</content>
public sealed partial class Tcp<TSettings, TMemory, TSmallQueues, TApplications, TCongestionControl>
{
    /// <summary>Up to 255, where it stays: a peer that shuts its window and answers may be probed for days.</summary>
    private static void Count(ref byte count) => count += (byte)(count < byte.MaxValue ? 1 : 0);

    /// <summary>The retransmission timer expired (RFC 6298 §5.4 to §5.6).</summary>
    private void RetransmissionTimedOut(int index, ref TcpConnection connection)
    {
        counters.TCPTimeouts++;
        if (connection.State is TcpState.SynSent or TcpState.SynReceived)
        {
            SynTimedOut(index, ref connection);
            return;
        }

        if (connection.Retransmits == 0)
        {
            connection.RetransmitsSince = now;
        }
        else if (!IsHeldByPeer(ref connection) && connection.RetransmitsSince.Elapsed(now) >= GiveUpAfter(index, ref connection))
        {
            Abandon(index, ref connection);
            return;
        }

        if (connection.Has(TcpTraits.Orphan) && TryDropOrphan(index, ref connection))
        {
            return;
        }

        SuspectPath(index, ref connection);
        counters.TCPRenoRecoveryFail += connection.LossState == LossState.Recovery && !connection.Has(TcpTraits.Sack) ? 1 : 0;
        counters.TCPSackRecoveryFail += connection.LossState == LossState.Recovery && connection.Has(TcpTraits.Sack) ? 1 : 0;
        if (TryDisturb(ref connection))
        {
            ref var transfer = ref TransferOf(ref connection);
            EnterLoss(ref connection, ref transfer);
            connection.LeftOut = transfer.Board.LeftOut;
        }
        else
        {
            connection.Congestion.SlowStartThreshold = connection.Retransmits == 0 ? ReducedThreshold(ref connection) : connection.Congestion.SlowStartThreshold;
            connection.Congestion.Length = connection.Mss;
            connection.LossState = LossState.Loss;
        }

        Count(ref connection.Retransmits);
        Count(ref connection.Backoff);
        connection.Pending |= TcpPending.Retransmit;
        StartRetransmission(index, ref connection);
        BoundByUserTimeout(index, ref connection, connection.RetransmitsSince.Elapsed(now));
        if (connection.Retransmits > 1 && !connection.SendHead.IsNone
            && arena.Metadata(connection.SendHead).Holders != Holders.RetransmitQueue)
        {
            // a peer that was lent the frame may have it, and its acknowledgment be lost: ask for another
            connection.Pending |= TcpPending.Probe;
        }

        List(index);
    }

    /// <summary>A peer that shut its window on data in flight and still answers is not dead (tcp_rtx_probe0_timed_out).</summary>
    private bool IsHeldByPeer(ref TcpConnection connection) =>
        connection.SndWnd == 0 && !connection.Has(TcpTraits.Orphan)
        && connection.LastReceivedAt.Elapsed(now) <= 2L * settings.RtoMaxMilliseconds * Millisecond;

    private void SynTimedOut(int index, ref TcpConnection connection)
    {
        var isActive = connection.State == TcpState.SynSent;
        var linear = isActive ? settings.SynLinearTimeouts : 0;

        // once more if the application has the connection already (tcp_fastopen_synack_timer)
        var most = linear + (isActive ? Options(index).SynCount : settings.SynAckRetries + (connection.IsOpenEarly ? 1 : 0));
        var userTimeout = (long)UserTimeoutOf(index) * (Millisecond / Microsecond);
        var (isOver, repeats) = isActive ? (connection.Retransmits >= most, true) : JudgeSynAck(ref connection, most);
        if (isOver
            || (userTimeout > 0 && connection.Retransmits > 0 && microseconds - connection.SynSentAt >= userTimeout))
        {
            counters.AttemptFails++;
            Transit(ref connection, TcpEvent.Abort);
            Finish(index, connection.SoftError);
            return;
        }

        Count(ref connection.Retransmits);
        if (connection.Retransmits > linear)
        {
            Count(ref connection.Backoff);
        }

        StartRetransmission(index, ref connection);
        BoundByUserTimeout(index, ref connection, (microseconds - connection.SynSentAt) * Microsecond);
        if (repeats)
        {
            counters.TCPSynRetrans++;
            counters.RetransSegs++;
            connection.Traits |= TcpTraits.SynRetransmitted;
            CountRepeated(index, ref connection, segments: 1, length: 0);
            Demand(index, TcpPending.Syn);
        }
    }

    private void Abandon(int index, ref TcpConnection connection)
    {
        counters.TCPAbortOnTimeout++;
        Transit(ref connection, TcpEvent.Abort);
        Finish(index, connection.SoftError);
    }

    /// <summary>Nanoseconds from the first timeout on, after which a connection is given up (tcp_write_timeout).</summary>
    private long GiveUpAfter(int index, ref TcpConnection connection)
    {
        var userTimeout = UserTimeoutOf(index);
        return userTimeout > 0 ? userTimeout * Millisecond
            : ModelTimeout(connection.Has(TcpTraits.Orphan) ? OrphanRetries(ref connection) : settings.Retries2);
    }

    /// <summary>What so many timeouts and one more take if the first is the shortest (net/ipv4/tcp_timer.c, tcp_model_timeout).</summary>
    private long ModelTimeout(int retries)
    {
        long total = 0;
        long timeout = settings.RtoMinMilliseconds;
        for (var i = 0; i <= retries; i++)
        {
            total += timeout;
            timeout = Math.Min(timeout * 2, settings.RtoMaxMilliseconds);
        }

        return total * Millisecond;
    }

    /// <summary>A timeout does not end later than the application waits (tcp_clamp_rto_to_user_timeout).</summary>
    /// <param name="elapsed">Nanoseconds that it has waited.</param>
    private void BoundByUserTimeout(int index, ref TcpConnection connection, long elapsed)
    {
        var userTimeout = UserTimeoutOf(index);
        if (userTimeout > 0)
        {
            var left = Math.Max((userTimeout * Millisecond) - elapsed, Millisecond);
            connection.RetransmitAt = now + Math.Min(left, connection.Rtt.BackedOff(connection.Backoff, RtoMax) * Microsecond);
            Schedule(index, ref connection);
        }
    }

    /// <summary>A closed window is probed (RFC 9293 §3.8.6.1).</summary>
    private void StartProbing(int index, ref TcpConnection connection)
    {
        if (connection.RetransmitTimer == RetransmitTimer.None)
        {
            connection.RetransmitTimer = RetransmitTimer.Probe;
            connection.RetransmitAt = now + (Math.Max(connection.Rtt.BackedOff(connection.Backoff, RtoMax), settings.RtoMinMilliseconds * 1000) * Microsecond);
            Schedule(index, ref connection);
        }
    }

    private void ProbeTimedOut(int index, ref TcpConnection connection)
    {
        if (connection.Backoff == 0)
        {
            connection.RetransmitsSince = now;
        }

        // a peer that answers is probed for ever, unless nobody waits for it any more (tcp_probe_timer)
        var isOrphan = connection.Has(TcpTraits.Orphan);
        var userTimeout = UserTimeoutOf(index);
        var most = isOrphan ? OrphanRetries(ref connection) : settings.Retries2;
        if (connection.ProbesOut >= most
            || (isOrphan && !IsBelowLongestTimeout(ref connection) && connection.Backoff >= most)
            || (userTimeout > 0 && connection.RetransmitsSince.Elapsed(now) >= userTimeout * Millisecond))
        {
            Abandon(index, ref connection);
            return;
        }

        if (isOrphan && TryDropOrphan(index, ref connection))
        {
            return;
        }

        Count(ref connection.ProbesOut);
        Count(ref connection.Backoff);
        connection.RetransmitTimer = RetransmitTimer.None;
        connection.RetransmitAt = Never;
        StartProbing(index, ref connection);
        BoundByUserTimeout(index, ref connection, connection.RetransmitsSince.Elapsed(now));
        Demand(index, TcpPending.Probe);
    }

    /// <summary>A window that has opened needs no probe; one that stays closed was answered, so the next probe has time.</summary>
    private void AdjustProbeTimer(int index, ref TcpConnection connection)
    {
        if (connection.RetransmitTimer != RetransmitTimer.Probe)
        {
            return;
        }

        var length = connection.SendNext.IsNone ? 1 : Math.Min(PayloadLengthOf(ref arena.Metadata(connection.SendNext)), connection.Mss);
        if (connection.InFlight + length <= connection.SndWnd)
        {
            connection.Backoff = 0;
            StopRetransmission(ref connection);
            List(index);
        }
    }

    /// <summary>
    /// A probe: a piece that the window has room for, else an acknowledgment of a byte already acknowledged, which the peer
    /// must answer.
    /// </summary>
    private bool TrySendProbe(int index, ref TcpConnection connection)
    {
        var room = connection.SndWnd - connection.InFlight;
        if (connection.RetransmitTimer == RetransmitTimer.Probe && room > 0 && !connection.SendNext.IsNone && outbox.Room > 0)
        {
            var frame = connection.SendNext;
            ref var metadata = ref arena.Metadata(frame);
            var skip = connection.SndNxt - new SequenceNumber(metadata.Sequence);
            if (PayloadLengthOf(ref metadata) - skip <= room || TrySplit(ref connection, frame, skip + room))
            {
                connection.Pending &= ~TcpPending.Probe;
                if (metadata.Holders == Holders.RetransmitQueue)
                {
                    // what goes has the other timer (tcp_send_probe0)
                    connection.ProbesOut = 0;
                    connection.Backoff = 0;
                    TrySendFrom(index, ref connection, frame, skip, PayloadLengthOf(ref metadata) - skip);
                }

                return true;
            }
        }

        if (IsUrgent(index, ref connection) && !TrySendUrgent(index, ref connection, connection.SndUna, TcpFlags.Ack))
        {
            return false;
        }

        if (!TrySendUrgent(index, ref connection, connection.SndUna - 1, TcpFlags.Ack))
        {
            return false;
        }

        counters.TCPWinProbe++;
        connection.Pending &= ~TcpPending.Probe;
        return true;
    }
}
