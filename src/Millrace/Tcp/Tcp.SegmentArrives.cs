using Millrace.Headers;
using Millrace.Memory;
using Millrace.Sockets;

namespace Millrace.Tcp;

/// <content>A segment arrives for a connection that has seen the peer's SYN (RFC 9293 §3.10.7.4).</content>
public sealed partial class Tcp<TSettings, TMemory, TSmallQueues, TApplications, TCongestionControl>
{
    /// <summary>Seconds in 24 days, after which a recent timestamp says nothing (RFC 7323 §5.5).</summary>
    private const uint PawsIdle = 24 * 24 * 3600;

    /// <summary>
    /// Header prediction (Van Jacobson): the next segment in order, no other flags, the window as it was. Then it is either
    /// pure data or a pure acknowledgment, and all tests of acceptability are known to pass.
    /// </summary>
    private static bool IsPredicted(ref TcpConnection connection, ref TcpSegment segment) =>
        (segment.Flags & ~TcpFlags.Psh) == TcpFlags.Ack
        && segment.Sequence == connection.RcvNxt
        && segment.Acknowledgment <= connection.SndMax
        && segment.Acknowledgment >= connection.SndUna
        && segment.Window << connection.SendWindowScale == connection.SndWnd
        && connection.OutOfOrder.IsEmpty
        && segment.PayloadLength <= ReceiveWindow(ref connection)
        && segment.Options.HasTimestamps == connection.Has(TcpTraits.Timestamps)
        && (!segment.Options.HasTimestamps || (int)(segment.Options.TimestampValue - connection.TsRecent) >= 0)
        && !connection.Has(TcpTraits.PeerFinSeen | TcpTraits.Orphan | TcpTraits.Urgent);

    private Verdict ArrivePredicted(int index, ref TcpConnection connection, ref TcpSegment segment)
    {
        NoteTimestamp(ref connection, ref segment);
        if (!Acknowledge(index, ref connection, ref segment, out var reason))
        {
            return Verdict.Drop(reason);
        }

        if (segment.PayloadLength == 0)
        {
            counters.TCPPureAcks++;
            return Verdict.Consumed;
        }

        counters.TCPHPHits++;
        return ArriveData(index, ref connection, ref segment);
    }

    private Verdict ArriveSynchronized(int index, ref TcpConnection connection, ref TcpSegment segment)
    {
        if (connection.State == TcpState.SynReceived && segment.IsSyn && !segment.IsAck && segment.Sequence == connection.SndWl1)
        {
            // the peer's SYN again, which alone has set SND.WL1 until now: ours got lost
            return RepeatSynAck(index, ref connection);
        }

        if (!IsAcceptable(index, ref connection, ref segment, out var reason))
        {
            return Verdict.Drop(reason);
        }

        if (segment.IsReset)
        {
            return ArriveReset(index, ref connection, ref segment);
        }

        if (segment.IsSyn)
        {
            // RFC 5961 §4; a SYN-ACK that crosses ours in a simultaneous open only acknowledges (RFC 9293 §3.5, figure 8)
            if (connection.State != TcpState.SynReceived || !segment.IsAck || segment.Sequence != connection.RcvNxt - 1)
            {
                counters.TCPSYNChallenge++;
                Challenge(index, ref connection);
                return Verdict.Drop(DropReason.TcpInvalidSyn);
            }
        }

        if (!segment.IsAck)
        {
            return Verdict.Drop(DropReason.TcpFlags);
        }

        if (connection.State == TcpState.SynReceived && IsAcceptDeferred(ref connection, ref segment))
        {
            return Verdict.Consumed;
        }

        if (connection.State == TcpState.SynReceived && !TryEstablish(index, ref connection, ref segment, out reason))
        {
            return Verdict.Drop(reason);
        }

        if (!Acknowledge(index, ref connection, ref segment, out reason))
        {
            return Verdict.Drop(reason);
        }

        NoteTimestamp(ref connection, ref segment);
        if (connection.Has(TcpTraits.Detached))
        {
            // our FIN was acknowledged last: LAST-ACK or CLOSING has ended
            return Verdict.Consumed;
        }

        if ((segment.Flags & TcpFlags.Urg) != 0 || connection.Has(TcpTraits.Urgent))
        {
            ArriveUrgent(index, ref connection, ref segment);
        }

        return ArriveText(index, ref connection, ref segment);
    }

    /// <summary>Seventh and eighth: the text and the FIN of a segment.</summary>
    private Verdict ArriveText(int index, ref TcpConnection connection, ref TcpSegment segment)
    {
        if (segment.Length == 0 || segment.IsSyn)
        {
            if (segment.IsSyn)
            {
                // a SYN-ACK that crossed ours is old text, and answered as such (tcp_data_queue)
                Demand(index, TcpPending.Ack);
            }

            return Verdict.Consumed;
        }

        if (connection.Has(TcpTraits.Orphan) && segment.PayloadLength > 0 && segment.Sequence + segment.PayloadLength > connection.RcvNxt)
        {
            // nobody will read it (RFC 9293 §3.10.4, RFC 2525 §2.17)
            counters.TCPAbortOnData++;
            Transit(ref connection, TcpEvent.Abort);
            ReplyReset(ref segment);
            Finish(index, TcpCloseReason.Closed);
            return Verdict.Drop(DropReason.TcpAbortOnData);
        }

        if (connection.Has(TcpTraits.PeerClosed) && segment.Sequence >= connection.RcvNxt)
        {
            // behind the peer's FIN there is nothing (tcp_rcv_state_process)
            return Verdict.Drop(DropReason.TcpOldData);
        }

        if (connection.Has(TcpTraits.PeerClosed))
        {
            DemandDuplicateAck(index, ref connection);
            return Verdict.Drop(DropReason.TcpOldData);
        }

        if (segment.IsFin && !connection.Has(TcpTraits.PeerFinSeen) && IsInWindow(ref connection, segment.Sequence + segment.PayloadLength))
        {
            connection.Traits |= TcpTraits.PeerFinSeen;
            connection.PeerFin = segment.Sequence + segment.PayloadLength;
        }

        var mayWait = connection.State == TcpState.Established && connection.OutOfOrder.IsEmpty && (connection.Pending & TcpPending.Ack) == 0;
        var verdict = segment.PayloadLength > 0 ? ArriveData(index, ref connection, ref segment) : Verdict.Consumed;
        if (connection.Has(TcpTraits.PeerFinSeen) && !connection.Has(TcpTraits.PeerClosed))
        {
            if (connection.RcvNxt == connection.PeerFin)
            {
                ReachFin(index, ref connection, mayWait);
            }
            else if (segment.PayloadLength == 0)
            {
                DemandDuplicateAck(index, ref connection);
            }
        }

        return verdict;
    }

    /// <param name="mayWait">
    /// Nothing else asks for an acknowledgment at once: then that of data and FIN waits for what the application says to them, and the
    /// connection counts as interactive (tcp_fin). A FIN before any data has no time to wait for.
    /// </param>
    private void ReachFin(int index, ref TcpConnection connection, bool mayWait)
    {
        connection.RcvNxt += 1;
        connection.Traits |= TcpTraits.PeerClosed;
        notices |= TcpNotices.PeerClosed;
        ReleaseOutOfOrder(ref connection);

        // the peer is done, and with it what it should know of duplicates (tcp_fin, tcp_sack_reset)
        TryTakeDuplicate(index, ref connection, out _, out _);
        if (mayWait && connection.Ack.Timeout > 0 && connection.RcvNxt - connection.RcvWup <= connection.RcvMss)
        {
            connection.Pending &= ~TcpPending.Ack;
            connection.Ack.IsInteractive = true;
            DelayAck(index, ref connection);
        }
        else
        {
            Demand(index, TcpPending.Ack);
        }

        Transit(ref connection, TcpEvent.Fin);
        if (connection.State == TcpState.TimeWait)
        {
            EnterTimeWait(index, ref connection);
        }
    }

    /// <summary>First: sequence numbers and timestamps (RFC 9293 §3.10.7.4, RFC 7323 §5.3).</summary>
    private bool IsAcceptable(int index, ref TcpConnection connection, ref TcpSegment segment, out DropReason reason)
    {
        reason = DropReason.NotSpecified;
        if (IsPawsReject(ref connection, ref segment) && !segment.IsReset)
        {
            counters.PAWSEstab++;
            AnswerInvalid(index, ref connection, segment.Length > 0 && !segment.IsSyn, ref counters.TCPACKSkippedPAWS);
            reason = DropReason.TcpPaws;
            return false;
        }

        if (segment.End < connection.RcvWup || segment.Sequence > connection.RcvNxt + ReceiveWindow(ref connection))
        {
            reason = segment.End < connection.RcvWup ? DropReason.TcpOldSequence : DropReason.TcpInvalidSequence;
            if (!segment.IsReset)
            {
                NoteDuplicate(index, ref connection, segment.Sequence, SequenceNumber.Min(segment.End, connection.RcvNxt));
                AnswerInvalid(index, ref connection, segment.Length > 0 && !segment.IsSyn, ref counters.TCPACKSkippedSeq);
            }

            return false;
        }

        return true;
    }

    private bool IsPawsReject(ref TcpConnection connection, ref TcpSegment segment) =>
        connection.Has(TcpTraits.Timestamps)
        && segment.Options.HasTimestamps
        && (int)(connection.TsRecent - segment.Options.TimestampValue) > 0
        && (uint)(now / Second) - connection.TsRecentSecond < PawsIdle;

    /// <summary>TS.Recent (RFC 7323 §4.3 (2)): from a segment that covers the last acknowledgment sent.</summary>
    private void NoteTimestamp(ref TcpConnection connection, ref TcpSegment segment)
    {
        if (connection.Has(TcpTraits.Timestamps) && segment.Options.HasTimestamps && segment.Sequence <= connection.RcvWup
            && !IsPawsReject(ref connection, ref segment))
        {
            connection.TsRecent = segment.Options.TimestampValue;
            connection.TsRecentSecond = (uint)(now / Second);
        }
    }

    /// <summary>Second: a reset counts only at RCV.NXT; elsewhere in the window it is asked about (RFC 5961 §3.2).</summary>
    private Verdict ArriveReset(int index, ref TcpConnection connection, ref TcpSegment segment)
    {
        if (segment.Sequence != connection.RcvNxt)
        {
            Challenge(index, ref connection);
            return Verdict.Drop(DropReason.TcpReset);
        }

        var isHandshake = connection.State == TcpState.SynReceived;
        if (isHandshake)
        {
            counters.AttemptFails++;
        }
        else if (connection.State is TcpState.Established or TcpState.CloseWait)
        {
            counters.EstabResets++;
        }

        var wasOpen = !isHandshake || connection.IsOpenEarly;
        HoldReset(ref connection);
        Transit(ref connection, TcpEvent.Abort);
        Finish(index, wasOpen ? TcpCloseReason.Reset : TcpCloseReason.Refused);
        return Verdict.Consumed;
    }

    /// <summary>An acknowledgment that asks whether the peer meant it (RFC 5961), within the rate.</summary>
    private void Challenge(int index, ref TcpConnection connection)
    {
        if (TryAnswerInvalid(ref connection, ref counters.TCPACKSkippedChallenge) && TryCountChallenge())
        {
            counters.TCPChallengeACK++;
            Demand(index, TcpPending.Ack);
        }
    }

    /// <summary>
    /// The limit of all connections, by full seconds of the clock (net/ipv4/tcp_input.c, tcp_send_challenge_ack). A constant limit
    /// would let an outsider count, by which he finds connections (CVE-2016-5696): it is drawn anew each second, from half to one and a half.
    /// </summary>
    private bool TryCountChallenge()
    {
        if (settings.ChallengeAckLimit == int.MaxValue)
        {
            return true;
        }

        var second = now / Second;
        if (second != challengeSecond)
        {
            challengeSecond = second;
            var limit = Math.Max(1, settings.ChallengeAckLimit / (workers?.Group.Count ?? 1));
            challengesLeft = ((limit + 1L) >> 1) + entropy.Next(limit);
        }

        return challengesLeft-- > 0;
    }

    /// <summary>Data that is not acceptable is always answered; what carries none could be one half of a loop of answers.</summary>
    private void AnswerInvalid(int index, ref TcpConnection connection, bool hasData, ref long skipped)
    {
        if (hasData || TryAnswerInvalid(ref connection, ref skipped))
        {
            DemandDuplicateAck(index, ref connection);
        }
    }

    private bool TryAnswerInvalid(ref TcpConnection connection, ref long skipped)
    {
        if (connection.OutOfWindowAnsweredAt.IsSet && connection.OutOfWindowAnsweredAt.Elapsed(now) < settings.InvalidRateLimitMilliseconds * Millisecond)
        {
            skipped++;
            return false;
        }

        connection.OutOfWindowAnsweredAt = now;
        return true;
    }
}
