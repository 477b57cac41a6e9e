using System.Runtime.CompilerServices;
using Millrace.Headers;
using Millrace.Memory;

namespace Millrace.Tcp;

/// <content>
/// An acknowledgment while something is lost or feared to be (net/ipv4/tcp_input.c, tcp_ack and tcp_fastretrans_alert). Nothing of this
/// is looked at while <see cref="TcpTraits.Disturbed"/> is not set and nothing is acknowledged twice or selectively.
/// </content>
public sealed partial class Tcp<TSettings, TMemory, TSmallQueues, TApplications, TCongestionControl>
{
    private readonly SendScoreboard scoreboard;

    /// <summary>From now on it is known of each frame in flight what became of it.</summary>
    /// <returns>False if there is no room for that (<see cref="ITcpSettings.Transfers"/>).</returns>
    private bool TryDisturb(ref TcpConnection connection)
    {
        if (connection.Has(TcpTraits.Disturbed))
        {
            return true;
        }

        if (!TryBeginTransfer(ref connection))
        {
            return false;
        }

        if (connection.Has(TcpTraits.Disturbed))
        {
            return true;
        }

        connection.Traits |= TcpTraits.Disturbed;
        scoreboard.Begin(ref TransferOf(ref connection).Board, connection.SendHead, connection.SendNext, connection.SndMax);
        return true;
    }

    /// <summary>Nothing in flight has a mark any more: acknowledgments are plain again.</summary>
    private static void Settle(ref TcpConnection connection, ref TcpTransfer<TCongestionControl> transfer)
    {
        ref var board = ref transfer.Board;
        connection.LeftOut = board.LeftOut;
        if (connection.LossState == LossState.Open && connection.SndUna >= board.End && !transfer.Is(TransferFlags.Probing)
            && (board.Sacked | board.Lost | board.Retransmitted) == 0 && !TCongestionControl.NeedsRateSamples)
        {
            connection.Traits &= ~TcpTraits.Disturbed;
        }
    }

    /// <summary>Bytes in flight: what was sent, without what has left the network, and what went again (tcp_packets_in_flight).</summary>
    private static int Pipe(ref TcpConnection connection) => Math.Max(connection.SndNxt - connection.SndUna - connection.LeftOut, 0);

    private static int Pipe(ref TcpConnection connection, ref TcpScoreboard board) =>
        Math.Max(connection.SndNxt - connection.SndUna - board.LeftOut, 0);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void AcknowledgeDisturbed(int index, ref TcpConnection connection, ref TcpSegment segment, bool isUpdate)
    {
        var acknowledgment = segment.Acknowledgment;
        var isNew = acknowledgment > connection.SndUna;
        if (!TryDisturb(ref connection))
        {
            if (isNew)
            {
                AcknowledgeNew(index, ref connection, acknowledgment, segment.Options.TimestampEcho);
            }

            return;
        }

        ref var transfer = ref TransferOf(ref connection);
        ref var board = ref transfer.Board;
        var facts = new AckFacts { PriorUna = connection.SndUna };
        facts.Flags |= segment.PayloadLength > 0 ? AckFlags.Data : AckFlags.None;
        facts.Flags |= IsEcho(ref connection, ref segment) ? AckFlags.Ece : AckFlags.None;
        facts.Flags |= isUpdate ? AckFlags.WindowUpdate : AckFlags.None;
        facts.Flags |= isNew ? AckFlags.Advanced | AckFlags.RestartsTimer : AckFlags.None;
        var flight = connection.SndMax - connection.SndUna;
        newlyLost = 0;
        if (TCongestionControl.NeedsRateSamples)
        {
            BeginRate(ref connection);
        }

        if (isNew)
        {
            connection.SndUna = acknowledgment;
            connection.SndNxt = SequenceNumber.Max(connection.SndNxt, acknowledgment);
        }

        if (segment.Options.SackCount > 0 && connection.Has(TcpTraits.Sack))
        {
            TakeSacks(ref connection, ref transfer, ref segment, ref facts);
        }

        if (isNew)
        {
            FreeMarked(ref connection, ref transfer, ref facts);
            connection.Retransmits = 0;
        }
        else if (segment.Length == 0 && acknowledgment == connection.SndUna && connection.SndMax > connection.SndUna
            && !facts.Is(AckFlags.WindowUpdate | AckFlags.Duplicate))
        {
            facts.Duplicates = Math.Max((int)segment.Metadata.WirePackets, 1);
        }

        var rtt = MeasureDisturbed(ref connection, ref transfer, ref segment, ref facts);
        WidenRack(ref connection, ref transfer);
        if (transfer.Is(TransferFlags.Probing))
        {
            TakeProbeAnswer(ref connection, ref transfer, ref facts, acknowledgment);
        }

        if (connection.LossState != LossState.Open || !facts.Is(AckFlags.Data | AckFlags.WindowUpdate | AckFlags.Advanced)
            || facts.Is(AckFlags.Sacked | AckFlags.Duplicate | AckFlags.Ece))
        {
            Alert(index, ref connection, ref transfer, ref segment, ref facts);
        }

        connection.LeftOut = board.LeftOut;
        if (TCongestionControl.NeedsRateSamples)
        {
            GenerateRate(index, ref connection, ref transfer, ref facts, flight);
        }

        ControlWindow(ref connection, ref transfer, ref facts, flight, rtt);
        if (isNew)
        {
            AfterAcknowledged(index, ref connection, acknowledgment, restartsTimer: facts.Is(AckFlags.RestartsTimer) && !facts.Is(AckFlags.TimerSet));
        }

        if (facts.Is(AckFlags.Retransmits) && (!board.LostFirst.IsNone || transfer.Is(TransferFlags.FinLost | TransferFlags.TriesNewData)))
        {
            connection.Pending |= TcpPending.Retransmit;
        }

        Settle(ref connection, ref transfer);
        List(index);
    }

    /// <summary>The window shrinks in proportion to what is delivered (RFC 6937), or may grow.</summary>
    private void ControlWindow(
        ref TcpConnection connection, ref TcpTransfer<TCongestionControl> transfer, ref AckFacts facts, int flight, int rtt)
    {
        var isReduced = !transfer.Congestion.SetsWindow && connection.LossState is LossState.Cwr or LossState.Recovery;
        if (isReduced)
        {
            ReduceWindow(ref connection, ref transfer, facts.Delivered, facts.Is(AckFlags.Advanced));
        }

        // where much was reordered what is delivered counts in any order (tcp_may_raise_cwnd)
        var mayGrow = !isReduced
            && (facts.Is(AckFlags.Advanced) || (facts.Is(AckFlags.Sacked) && transfer.Reordering > settings.Reordering))
            && (connection.LossState == LossState.Loss || IsCongestionLimited(ref connection, flight));
        TellAcknowledged(ref connection, facts.Delivered, rtt, mayGrow);
    }

    /// <summary>What the state of loss recovery makes of it (tcp_fastretrans_alert).</summary>
    private void Alert(
        int index, ref TcpConnection connection, ref TcpTransfer<TCongestionControl> transfer, ref TcpSegment segment, ref AckFacts facts)
    {
        var isSack = connection.Has(TcpTraits.Sack);
        if (facts.Is(AckFlags.Ece))
        {
            transfer.PriorThreshold = 0;
        }

        if (IsReneging(index, ref connection, ref facts))
        {
            return;
        }

        if (connection.LossState == LossState.Open)
        {
            transfer.RetransmitStamp = 0;
        }
        else if (connection.SndUna >= transfer.HighSequence && !TryLeave(ref connection, ref transfer, ref segment))
        {
            return;
        }

        switch (connection.LossState)
        {
            case LossState.Recovery:
                if (!facts.Is(AckFlags.Advanced))
                {
                    if (!isSack)
                    {
                        AddDuplicates(ref connection, ref transfer.Board, ref facts);
                    }
                }
                else if (TryUndoPartial(ref connection, ref transfer, ref segment))
                {
                    return;
                }

                if (TryUndoByDsack(ref connection, ref transfer))
                {
                    KeepOpen(ref connection, ref transfer);
                }

                IdentifyLosses(index, ref connection, ref transfer, ref facts);
                if (connection.LossState != LossState.Recovery)
                {
                    if (transfer.Board.Lost == 0)
                    {
                        return;
                    }

                    EnterRecovery(ref connection, ref transfer, ref facts);
                }

                break;

            case LossState.Loss:
                ProcessLoss(ref connection, ref transfer, ref segment, ref facts);
                IdentifyLosses(index, ref connection, ref transfer, ref facts);
                if (connection.LossState != LossState.Open && !facts.Is(AckFlags.CopyLost))
                {
                    return;
                }

                GoOnOpen(index, ref connection, ref transfer, ref facts, identifies: false);
                break;

            default:
                GoOnOpen(index, ref connection, ref transfer, ref facts, identifies: true);
                break;
        }

        facts.Flags |= connection.LossState >= LossState.Recovery ? AckFlags.Retransmits : AckFlags.None;
    }

    /// <summary>Open, Disorder or CWR: either something is lost, or it may all be disorder.</summary>
    private void GoOnOpen(
        int index, ref TcpConnection connection, ref TcpTransfer<TCongestionControl> transfer, ref AckFacts facts, bool identifies)
    {
        if (!connection.Has(TcpTraits.Sack))
        {
            if (facts.Is(AckFlags.Advanced))
            {
                ForgetDuplicates(ref transfer.Board);
            }

            AddDuplicates(ref connection, ref transfer.Board, ref facts);
        }

        if (connection.LossState <= LossState.Disorder)
        {
            TryUndoByDsack(ref connection, ref transfer);
        }

        if (identifies || transfer.Board.Lost == 0)
        {
            IdentifyLosses(index, ref connection, ref transfer, ref facts);
        }

        if (transfer.Board.Lost > 0)
        {
            EnterRecovery(ref connection, ref transfer, ref facts);
            return;
        }

        if (!HasCopies(ref connection, ref transfer.Board))
        {
            transfer.RetransmitStamp = 0;
        }

        if (facts.Is(AckFlags.Ece))
        {
            EnterCwr(ref connection, ref transfer);
        }

        if (connection.LossState != LossState.Cwr)
        {
            KeepOpen(ref connection, ref transfer);
        }
    }

    /// <summary>All that was in flight when the trouble began is acknowledged.</summary>
    /// <returns>False if the state is to be held, and nothing more is to be done.</returns>
    private bool TryLeave(ref TcpConnection connection, ref TcpTransfer<TCongestionControl> transfer, ref TcpSegment segment)
    {
        switch (connection.LossState)
        {
            case LossState.Cwr when connection.SndUna != transfer.HighSequence:
                EndReduction(ref connection, ref transfer);
                SetState(ref connection, ref transfer, LossState.Open);
                return true;

            case LossState.Recovery:
                if (!connection.Has(TcpTraits.Sack))
                {
                    ForgetDuplicates(ref transfer.Board);
                }

                if (TryUndoRecovery(ref connection, ref transfer, ref segment))
                {
                    return false;
                }

                EndReduction(ref connection, ref transfer);
                return true;

            default:
                return true;
        }
    }

    private void EnterRecovery(ref TcpConnection connection, ref TcpTransfer<TCongestionControl> transfer, ref AckFacts facts)
    {
        counters.TCPRenoRecovery += connection.Has(TcpTraits.Sack) ? 0 : 1;
        counters.TCPSackRecovery += connection.Has(TcpTraits.Sack) ? 1 : 0;
        transfer.PriorThreshold = 0;
        BeginUndo(ref connection, ref transfer);
        if (connection.LossState is not (LossState.Cwr or LossState.Recovery))
        {
            transfer.PriorThreshold = facts.Is(AckFlags.Ece) ? 0 : CurrentThreshold(ref connection);
            BeginReduction(ref connection, ref transfer);
        }

        SetState(ref connection, ref transfer, LossState.Recovery);
    }

    private void SetState(ref TcpConnection connection, ref TcpTransfer<TCongestionControl> transfer, LossState state)
    {
        connection.LossState = state;
        transfer.Congestion.Happened(CongestionEvent.StateChanged, ref connection.Congestion, Sample(ref connection));
    }

    /// <summary>Open if nothing is out of order, else Disorder (tcp_try_keep_open).</summary>
    private void KeepOpen(ref TcpConnection connection, ref TcpTransfer<TCongestionControl> transfer)
    {
        var state = (transfer.Board.Sacked | transfer.Board.Lost) != 0 || HasCopies(ref connection, ref transfer.Board) ? LossState.Disorder : LossState.Open;
        if (connection.LossState != state)
        {
            SetState(ref connection, ref transfer, state);
            transfer.HighSequence = connection.SndMax;
        }
    }

    /// <summary>tcp_any_retrans_done.</summary>
    private bool HasCopies(ref TcpConnection connection, ref TcpScoreboard board) =>
        board.Retransmitted > 0 || (!connection.SendHead.IsNone && connection.SendHead != connection.SendNext
            && scoreboard.Has(connection.SendHead, SendMarks.EverRetransmitted));
}
