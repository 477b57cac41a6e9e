using Millrace.Headers;
using Millrace.Sockets;

namespace Millrace.Tcp;

/// <content>Connections from SYN to ESTABLISHED on the passive side (RFC 9293 §3.10.7.2).</content>
public sealed partial class Tcp<TSettings, TMemory, TSmallQueues, TApplications, TCongestionControl>
{
    /// <summary>A segment for no connection: a SYN for a listener, or it is reset (RFC 9293 §3.10.7.1).</summary>
    private Verdict ArriveWithoutConnection(ref TcpSegment segment, uint hash)
    {
        if (segment.IsReset)
        {
            return Verdict.Drop(DropReason.NoSocket);
        }

        if (!network.IsLocal(segment.Key.Local))
        {
            // broadcast or multicast: never answered, or the answer would come from no host (RFC 9293 §3.9.2.3)
            return Verdict.Drop(DropReason.NoSocket);
        }

        var listener = listenerOfPort[segment.Key.LocalPort] - 1;
        if (listener < 0 || segment.IsAck || !segment.IsSyn)
        {
            if (listener >= 0 && segment.IsAck && !segment.IsSyn && TryArriveByCookie(listener, ref segment, hash, out var verdict))
            {
                return verdict;
            }

            if (listener >= 0 && !segment.IsAck)
            {
                // neither SYN nor ACK nor RST: no connection of any kind sends this
                return Verdict.Drop(DropReason.TcpFlags);
            }

            ReplyReset(ref segment);
            return Verdict.Drop(DropReason.NoSocket);
        }

        if (segment.IsFin)
        {
            return Verdict.Drop(DropReason.TcpFlags);
        }

        return ArriveSyn(listener, ref segment, hash);
    }

    private Verdict ArriveSyn(int listener, ref TcpSegment segment, uint hash, SequenceNumber? iss = null)
    {
        ref var accepting = ref listeners[listener];

        // half-open connections never take the places that applications have been promised
        var isFull = accepting.Pending > accepting.Backlog || freeConnectionCount <= freeSlotCount;
        var answersByCookie = settings.SynCookies != 0 && (isFull || settings.SynCookies == CookiesAlways) && iss is null;
        if (answersByCookie)
        {
            counters.TCPReqQFullDoCookies++;
        }
        else if (isFull)
        {
            counters.TCPReqQFullDrop++;
            counters.ListenDrops++;
            return Verdict.Drop(DropReason.TcpListenOverflow);
        }

        if (!MayAccept(in accepting))
        {
            // what Linux does when the accept queue is full
            counters.ListenOverflows++;
            counters.ListenDrops++;
            return Verdict.Drop(DropReason.TcpListenOverflow);
        }

        if (answersByCookie)
        {
            AnswerByCookie(ref accepting, ref segment);
            return Verdict.Consumed;
        }

        if (!TryAllocateConnection(in segment.Key, hash, out var index))
        {
            counters.TCPReqQFullDrop++;
            counters.ListenDrops++;
            return Verdict.Drop(DropReason.TcpListenOverflow);
        }

        ref var connection = ref connections[index];
        EnterSynReceived(listener, ref connection);
        StartSending(ref connection, iss);
        TakeSyn(ref connection, ref segment);
        var opensEarly = JudgeFastOpen(listener, ref connection, ref segment);
        Demand(index, TcpPending.Syn);
        return opensEarly ? AcceptFastOpen(index, ref connection, ref segment) : Verdict.Consumed;
    }

    private void EnterSynReceived(int listener, ref TcpConnection connection)
    {
        listeners[listener].Pending++;
        connection.State = TcpStateTable.Next(TcpState.Listen, TcpEvent.Syn);
        connection.Listener = listener;
        connection.Application = (ushort)listeners[listener].Application;
        if (listeners[listener].Options is { WindowClamp: > 0 } or { MaximumSegment: > 0 })
        {
            ref var own = ref OwnOptions(connections.IndexOf(ref connection), ref connection);
            own.WindowClamp = listeners[listener].Options.WindowClamp;
            own.MaximumSegment = (ushort)listeners[listener].Options.MaximumSegment;
        }

        InheritBuffers(in listeners[listener].Options, ref connection);
    }

    /// <summary>Takes over what the peer's SYN says, and settles what both ends do.</summary>
    private void TakeSyn(ref TcpConnection connection, ref TcpSegment segment)
    {
        var isFirst = connection.AdvertisedMss == 0;
        connection.Irs = segment.Sequence;
        connection.RcvNxt = segment.Sequence + 1;
        connection.RcvWup = connection.RcvNxt;
        connection.SndWl1 = segment.Sequence;

        // the window of a SYN is never scaled (RFC 7323 §2.2)
        connection.SndWnd = segment.Window;
        connection.MaxWindow = segment.Window;
        connection.MssClamp = segment.Options.MaximumSegmentSize == 0 ? (ushort)DefaultMss : segment.Options.MaximumSegmentSize;
        if (AskedSegment(ref connection) is > 0 and var most)
        {
            connection.MssClamp = (ushort)Math.Min((int)connection.MssClamp, most);
        }

        if (isFirst)
        {
            StartReceiving(ref connection);
        }

        var scales = settings.WindowScaling && segment.Options.HasWindowScale;
        connection.SendWindowScale = scales ? segment.Options.WindowScale : (byte)0;
        connection.ReceiveWindowScale = scales ? connection.ReceiveWindowScale : (byte)0;
        connection.Set(TcpTraits.Timestamps, settings.Timestamps && segment.Options.HasTimestamps);
        if (connection.Has(TcpTraits.Timestamps))
        {
            connection.TsRecent = segment.Options.TimestampValue;
            connection.TsRecentSecond = (uint)(now / Second);
        }

        connection.Set(TcpTraits.Ecn, NegotiatesEcn(ref segment));
        connection.Set(TcpTraits.Sack, settings.Sack && segment.Options.HasSackPermitted);
        SynchronizeMss(ref connection);
        connection.RcvMss = (ushort)Math.Clamp(Math.Min(connection.AdvertisedMss, connection.RcvWnd / 2), MinimumRcvMss, DefaultMss);
    }

    /// <summary>The SYN came again: the SYN-ACK goes again, within the rate of answers.</summary>
    private Verdict RepeatSynAck(int index, ref TcpConnection connection)
    {
        if (TryAnswerInvalid(ref connection, ref counters.TCPACKSkippedSeq))
        {
            counters.TCPSynRetrans++;
            counters.RetransSegs++;
            CountRepeated(index, ref connection, segments: 1, length: 0);
            Demand(index, TcpPending.Syn);
        }

        return Verdict.Consumed;
    }

    /// <summary>Fifth, in SYN-RECEIVED: the handshake is over if the segment acknowledges our SYN.</summary>
    private bool TryEstablish(int index, ref TcpConnection connection, ref TcpSegment segment, out DropReason reason)
    {
        reason = DropReason.NotSpecified;
        if (segment.Acknowledgment <= connection.SndUna || segment.Acknowledgment > connection.SndMax)
        {
            ReplyReset(ref segment);
            reason = DropReason.TcpInvalidAckSequence;
            return false;
        }

        if (connection.Listener != None)
        {
            if (!MayAccept(in listeners[connection.Listener]) || !TryTakeSlot(connection.Application, out var slot))
            {
                counters.ListenOverflows++;
                counters.ListenDrops++;
                reason = DropReason.TcpListenOverflow;
                if (settings.AbortOnOverflow)
                {
                    ReplyReset(ref segment);
                    Transit(ref connection, TcpEvent.Abort);
                    Finish(index, TcpCloseReason.Aborted);
                }

                // if not, the peer believes itself connected, and will come again
                return false;
            }

            listeners[connection.Listener].Pending--;
            connection.Listener = None;
            connection.Slot = slot;
            counters.PassiveOpens++;
            applications.Opened(connection.Application, slot, new TcpSocket(this, index));
            if (connection.State == TcpState.Closed)
            {
                // the application will not have it
                reason = DropReason.TcpClose;
                return false;
            }
        }

        Transit(ref connection, segment.IsSyn ? TcpEvent.SynAck : TcpEvent.AckOfSyn);
        Establish(index, ref connection, ref segment);
        if (connection.Has(TcpTraits.FinQueued))
        {
            Transit(ref connection, TcpEvent.Close);
            List(index);
        }

        return true;
    }

    /// <summary>Both SYNs are acknowledged.</summary>
    private void Establish(int index, ref TcpConnection connection, ref TcpSegment segment)
    {
        // one timeout of a second is no sign of congestion yet (tcp_init_transfer; RFC 5681 §3.1 is stricter)
        var window = connection.Retransmits > 1 ? 1 : settings.InitialCongestionWindow;
        connection.SndUna = connection.Iss + 1;
        connection.SndNxt = SequenceNumber.Max(connection.SndNxt, connection.SndUna);
        connection.Retransmits = 0;
        connection.Backoff = 0;
        StopRetransmission(ref connection);
        if (!connection.Has(TcpTraits.SynRetransmitted) && connection.SynSentAt != 0)
        {
            Measure(ref connection, microseconds - connection.SynSentAt);
        }
        else if (connection.Has(TcpTraits.Timestamps) && segment.Options.TimestampEcho != 0)
        {
            Measure(ref connection, (uint)(TimestampNow(ref connection) - segment.Options.TimestampEcho) * (Millisecond / Microsecond));
        }
        else if (connection.Has(TcpTraits.SynRetransmitted))
        {
            connection.Rtt.FallBack();
        }

        StartKeepAlive(index, ref connection);
        if ((connection.FastOpen & FastOpenTraits.Accepted) != 0)
        {
            EndFastOpen(index, ref connection);
            return;
        }

        notices |= TcpNotices.Connected;
        connection.SndSml = connection.SndUna;
        TakeFirstWindow(ref connection, ref segment);
        StartTransfer(index, ref connection, window);
    }

    /// <summary>
    /// The first scaled window is the first that bounds segments: that of a SYN may say a thousandth of it, and the congestion window,
    /// which is bytes here, would start with as little.
    /// </summary>
    private void TakeFirstWindow(ref TcpConnection connection, ref TcpSegment segment)
    {
        if (!segment.IsSyn && segment.Window << connection.SendWindowScale > connection.MaxWindow)
        {
            connection.MaxWindow = segment.Window << connection.SendWindowScale;
            SynchronizeMss(ref connection);
        }
    }

    /// <summary>The windows that data starts with.</summary>
    /// <param name="window">Segments.</param>
    private void StartTransfer(int index, ref TcpConnection connection, int window)
    {
        if (TCongestionControl.IsPaced)
        {
            BeginPacing(index, ref connection);
        }

        connection.Congestion.Start(window * connection.Mss);
        if (NeedsTransfer(ref connection))
        {
            TryBeginTransfer(ref connection);
        }

        GrowSendBuffer(ref connection);
        RaiseReceiveBuffer(ref connection);
        StartReceiveSpace(ref connection);
    }

    private bool TryTakeSlot(int application, out int slot)
    {
        slot = None;
        if (freeSlotCounts[application] == 0)
        {
            return false;
        }

        slot = freeSlots[application][--freeSlotCounts[application]];
        freeSlotCount--;
        return true;
    }
}
