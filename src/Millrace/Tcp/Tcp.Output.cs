using System.Runtime.CompilerServices;
using Millrace.Headers;
using Millrace.Memory;

namespace Millrace.Tcp;

/// <content>
/// What a connection owes is sent: data as far as the windows allow (RFC 9293 §3.8.6, RFC 5681 §4), then what is left to
/// acknowledge. A full outbox leaves the rest for the next call.
/// </content>
public sealed partial class Tcp<TSettings, TMemory, TSmallQueues, TApplications, TCongestionControl>
{
    /// <summary>Bytes of payload a packet with several segments may have: a network packet's length is 16 bits.</summary>
    private const int MaximumGsoLength = 65_535 - 60 - TcpHeader.MaximumLength;

    /// <returns>False if the outbox, or the reserve of frames, is full.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool Output(int index)
    {
        ref var connection = ref connections[index];
        if (OwesNewDataOnly(ref connection))
        {
            if (!connection.SendNext.IsNone)
            {
                SendNewData(index, ref connection);
            }

            if (connection.SendNext.IsNone)
            {
                connection.Traits &= ~TcpTraits.CongestionLimited;
                return (connection.Pending & TcpPending.Ack) == 0 || TrySendAcknowledgment(index, ref connection);
            }
        }

        return OutputAny(index, ref connection);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool OutputAny(int index, ref TcpConnection connection)
    {
        if (!connection.Has(TcpTraits.InUse))
        {
            return true;
        }

        if ((connection.Pending & TcpPending.Reset) != 0)
        {
            return OutputReset(index, ref connection);
        }

        if ((connection.Pending & TcpPending.Syn) != 0 && !TrySendSyn(index, ref connection))
        {
            return false;
        }

        if (connection.State > TcpState.SynReceived || connection.IsOpenEarly)
        {
            if ((connection.Pending & (TcpPending.Retransmit | TcpPending.TailProbe)) != 0 && !TrySendAgain(index, ref connection))
            {
                return false;
            }

            if ((connection.Pending & TcpPending.Probe) != 0 && !TrySendProbe(index, ref connection))
            {
                return false;
            }

            if (!SendData(index, ref connection))
            {
                return false;
            }

            connection.Pending &= ~TcpPending.Push;
            if (connection.Has(TcpTraits.NotSentLimited))
            {
                TellNotSentRoom(index, ref connection);
            }
        }

        if (connection.State >= TcpState.SynReceived && !SendAcknowledgments(index, ref connection))
        {
            return false;
        }

        if ((connection.Pending & TcpPending.End) != 0)
        {
            Finish(index, connection.CloseReason);
        }

        return true;
    }

    private bool OutputReset(int index, ref TcpConnection connection)
    {
        if (!TrySendControl(ref connection, AcceptableSequence(ref connection), TcpFlags.Rst | TcpFlags.Ack))
        {
            return false;
        }

        counters.OutRsts++;
        Finish(index, connection.CloseReason);
        return true;
    }

    /// <summary>
    /// The sequence number of a segment without payload: the end of what was ever sent, and not SND.NXT, which a timeout has
    /// set back. The peer may have received more than SND.NXT; two ends that both resend would then discard each other's
    /// acknowledgments for ever. No further than the window (tcp_acceptable_seq).
    /// </summary>
    private static SequenceNumber AcceptableSequence(ref TcpConnection connection)
    {
        var windowEnd = connection.SndUna + connection.SndWnd;
        return connection.SndMax <= windowEnd ? connection.SndMax : SequenceNumber.Max(windowEnd, connection.SndNxt);
    }

    private bool SendAcknowledgments(int index, ref TcpConnection connection)
    {
        while (connection.DuplicateAcksDue > 0)
        {
            if (!TrySendAcknowledgment(index, ref connection))
            {
                return false;
            }

            connection.DuplicateAcksDue--;
        }

        return (connection.Pending & TcpPending.Ack) == 0 || TrySendAcknowledgment(index, ref connection);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool TrySendAcknowledgment(int index, ref TcpConnection connection) => settings.Sack && HasBlocks(ref connection)
        ? TrySendSelective(index, ref connection, AcceptableSequence(ref connection))
        : connection.Has(TcpTraits.DemandCwr | TcpTraits.Urgent)
        ? TrySendUrgent(index, ref connection, AcceptableSequence(ref connection), connection.Has(TcpTraits.DemandCwr) ? TcpFlags.Ack | TcpFlags.Ece : TcpFlags.Ack)
        : TrySendControl(ref connection, AcceptableSequence(ref connection), TcpFlags.Ack);

    /// <summary>Sends from SND.NXT on while windows and outbox allow.</summary>
    private bool SendData(int index, ref TcpConnection connection)
    {
        RestartAfterIdle(ref connection);
        connection.Traits &= ~TcpTraits.CongestionLimited;
        while (!connection.SendNext.IsNone)
        {
            var frame = connection.SendNext;
            ref var metadata = ref arena.Metadata(frame);
            if (metadata.Holders != Holders.RetransmitQueue)
            {
                // sent before, and still in a device's hands: its timer will come again
                counters.TCPSpuriousRtxHostQueues++;
                StartRetransmission(index, ref connection);
                return true;
            }

            var skip = connection.SndNxt - new SequenceNumber(metadata.Sequence);
            if (PayloadLengthOf(ref metadata) - skip > connection.Mss && !TrySplit(ref connection, frame, skip + connection.Mss))
            {
                StartRetransmission(index, ref connection);
                return true;
            }

            var length = PayloadLengthOf(ref metadata) - skip;
            if (!MaySend(index, ref connection, length) || (connection.Has(TcpTraits.Paced) && IsTooEarly(index)))
            {
                return true;
            }

            if (outbox.Room == 0)
            {
                return false;
            }

            if (!TrySendFrom(index, ref connection, frame, skip, length))
            {
                return true;
            }
        }

        return !connection.IsFinDue || connection.SndNxt != connection.WriteSequence || SendFin(index, ref connection);
    }

    /// <summary>The tests of tcp_write_xmit: congestion window, the peer's window, Nagle.</summary>
    private bool MaySend(int index, ref TcpConnection connection, int length)
    {
        var inFlight = connection.InFlight;
        if (inFlight > 0 && inFlight + length > CongestionAllowance(ref connection))
        {
            connection.Traits |= TcpTraits.CongestionLimited;
            return false;
        }

        if (inFlight + length > connection.SndWnd)
        {
            // only whole segments fill the rest of a window (RFC 9293 §3.8.6.2.1); one that never opens is probed
            if (inFlight == 0)
            {
                StartProbing(index, ref connection);
            }

            return false;
        }

        if (length >= connection.Mss || !IsHeldBack(index, ref connection, length))
        {
            return true;
        }

        if (inFlight == 0)
        {
            // corked: nothing comes that would ask again, so it goes after a timeout (tcp_check_probe_timer)
            StartProbing(index, ref connection);
        }

        return false;
    }

    /// <summary>Sends one frame, or as many full ones behind it as may go as one packet.</summary>
    /// <returns>False if so much is below TCP that a completed transmit must come first.</returns>
    private bool TrySendFrom(int index, ref TcpConnection connection, Frame head, int skip, int length)
    {
        var first = connection.SndNxt;
        var segments = 1;
        var last = head;
        var total = length;
        if (maxGsoSegments > 1 && length == connection.Mss && skip == 0 && !IsUrgent(index, ref connection))
        {
            (last, segments, total) = Extend(index, ref connection, head, length, Math.Min(maxGsoSegments, TsoSegments(ref connection, PacingRate(ref connection, index))));
        }

        var isRepeated = first < connection.SndMax;
        if (IsThrottled(index, ref connection, segments * Arena.FrameTruesize, isRepeated))
        {
            return false;
        }

        var next = NextInSendQueue(last);
        var flags = TcpFlags.Ack | (next.IsNone ? TcpFlags.Psh : TcpFlags.None);
        var carriesFin = next.IsNone && connection.Has(TcpTraits.FinQueued) && connection.InFlight + total < connection.SndWnd;
        if (carriesFin)
        {
            flags |= TcpFlags.Fin;
        }

        if (connection.Has(TcpTraits.Ecn))
        {
            flags |= EcnFlags(ref connection, isRepeated);
        }

        Transmit(index, ref connection, head, last, first, total, segments, flags);
        if (isRepeated)
        {
            CountRepeated(index, ref connection, segments, total);
        }

        MarkSent(head, last, isRepeated ? 0 : microseconds | 1);
        connection.SendNext = next;
        if (connection.Has(TcpTraits.Disturbed))
        {
            KeepMarks(ref connection, head, last, total);
        }

        connection.SndNxt += total + (carriesFin ? 1 : 0);
        if (total % connection.Mss != 0)
        {
            connection.SndSml = connection.SndNxt;
        }

        AfterSend(index, ref connection, segments, isRepeated);
        return true;
    }

    /// <summary>Counts how far a packet with several segments may reach: whole frames, all full but the last.</summary>
    private (Frame Last, int Segments, int Length) Extend(int index, ref TcpConnection connection, Frame head, int length, int most)
    {
        var last = head;
        var segments = 1;
        var total = length;
        var isNew = connection.SndNxt >= connection.SndMax;
        var room = Math.Min(Math.Min(connection.SndWnd, CongestionAllowance(ref connection)) - connection.InFlight, MaximumGsoLength);
        while (segments < most)
        {
            var next = NextInSendQueue(last);
            if (next.IsNone)
            {
                break;
            }

            ref var metadata = ref arena.Metadata(next);
            var added = PayloadLengthOf(ref metadata);
            var isNewToo = new SequenceNumber(metadata.Sequence) >= connection.SndMax;
            if (metadata.Holders != Holders.RetransmitQueue || added > connection.Mss || total + added > room || isNew != isNewToo)
            {
                break;
            }

            var isFull = added == connection.Mss;
            if (!isFull && (IsHeldBack(index, ref connection, total + added) || (!NextInSendQueue(next).IsNone && !isFull)))
            {
                break;
            }

            last = next;
            segments++;
            total += added;
            if (!isFull)
            {
                break;
            }
        }

        return (last, segments, total);
    }

    private void MarkSent(Frame head, Frame last, uint at)
    {
        for (var frame = head; ; frame = NextInSendQueue(frame))
        {
            arena.Metadata(frame).SentAt = at;
            if (frame == last)
            {
                return;
            }
        }
    }

    private void AfterSend(int index, ref TcpConnection connection, int segments, bool isRepeated)
    {
        connection.SndMax = SequenceNumber.Max(connection.SndMax, connection.SndNxt);
        connection.LastSentAt = now;
        connection.Ack.Sent(now);
        counters.OutSegs += segments;
        if (isRepeated)
        {
            counters.RetransSegs += segments;
            if (connection.LossState == LossState.Loss)
            {
                counters.TCPSlowStartRetrans += segments;
            }
        }

        if (connection.RetransmitTimer < RetransmitTimer.Retransmission)
        {
            StartRetransmission(index, ref connection);
        }
    }

    private bool SendFin(int index, ref TcpConnection connection)
    {
        var isRepeated = connection.SndNxt < connection.SndMax;
        if (!isRepeated && connection.InFlight >= connection.SndWnd)
        {
            if (connection.InFlight == 0)
            {
                StartProbing(index, ref connection);
            }

            return true;
        }

        if (!TrySendControl(ref connection, connection.SndNxt, TcpFlags.Fin | TcpFlags.Ack))
        {
            return false;
        }

        connection.SndNxt += 1;
        counters.OutSegs--;
        AfterSend(index, ref connection, segments: 1, isRepeated);
        return true;
    }
}
