using Millrace.Headers;
using Millrace.Memory;

namespace Millrace.Tcp;

/// <content>What is lost: by time, by what was sacked beyond, by duplicates, or by a timeout (RFC 8985, RFC 6675, RFC 6582, RFC 6298).</content>
public sealed partial class Tcp<TSettings, TMemory, TSmallQueues, TApplications, TCongestionControl>
{
    /// <summary>Bytes that the acknowledgment at hand has shown to be lost.</summary>
    private int newlyLost;

    private void MarkLost(ref TcpScoreboard board, Frame frame)
    {
        var before = board.Lost - board.Retransmitted;
        scoreboard.MarkLost(ref board, frame);
        newlyLost += Math.Max(board.Lost - board.Retransmitted - before, 0);
    }

    /// <summary>tcp_identify_packet_loss.</summary>
    private void IdentifyLosses(int index, ref TcpConnection connection, ref TcpTransfer<TCongestionControl> transfer, ref AckFacts facts)
    {
        ref var board = ref transfer.Board;
        if (connection.SndUna == connection.SndMax)
        {
            return;
        }

        if (!connection.Has(TcpTraits.Sack))
        {
            var isFirst = connection.LossState < LossState.Recovery && board.SackedSegments >= transfer.Reordering;
            if ((isFirst || (connection.LossState == LossState.Recovery && facts.Is(AckFlags.Advanced))) && !connection.SendHead.IsNone
                && !scoreboard.Has(connection.SendHead, SendMarks.Lost))
            {
                MarkLost(ref board, connection.SendHead);
            }

            return;
        }

        var copies = board.Retransmitted;
        if (!settings.Rack)
        {
            MarkOvertaken(ref connection, ref transfer);
        }
        else if (LookForLosses(index, ref connection, ref transfer))
        {
            facts.Flags |= AckFlags.TimerSet;
        }

        if (board.Retransmitted < copies)
        {
            counters.TCPLostRetransmit++;
            facts.Flags |= AckFlags.CopyLost;
        }
    }

    /// <summary>Without RACK: what lies so many segments below the highest that was sacked is lost (tcp_update_scoreboard with tcp_fack).</summary>
    private void MarkOvertaken(ref TcpConnection connection, ref TcpTransfer<TCongestionControl> transfer)
    {
        ref var board = ref transfer.Board;
        if (board.SackedSegments == 0)
        {
            return;
        }

        var limit = board.HighestSacked - (transfer.Reordering * connection.Mss);
        while (!board.TimeFirst.IsNone && !scoreboard.Has(board.TimeFirst, SendMarks.EverRetransmitted)
            && EndOf(ref arena.Metadata(board.TimeFirst)) <= limit)
        {
            MarkLost(ref board, board.TimeFirst);
        }
    }

    /// <summary>Duplicates of a peer without the option count as if each had sacked a segment (tcp_add_reno_sack).</summary>
    private static void AddDuplicates(ref TcpConnection connection, ref TcpScoreboard board, ref AckFacts facts)
    {
        if (facts.Duplicates == 0)
        {
            return;
        }

        // one segment at least has not arrived, or it would be acknowledged (tcp_limit_reno_sacked)
        var flight = connection.SndMax - connection.SndUna;
        var most = Math.Max((flight - Math.Max(board.Lost, connection.Mss)) / connection.Mss, 0);
        var segments = Math.Min(board.SackedSegments + facts.Duplicates, Math.Max(most, board.SackedSegments));
        facts.Delivered += (segments - board.SackedSegments) * connection.Mss;
        board.SackedSegments = segments;
        board.Sacked = segments * connection.Mss;
    }

    private static void ForgetDuplicates(ref TcpScoreboard board)
    {
        board.Sacked = 0;
        board.SackedSegments = 0;
    }

    /// <summary>What is acknowledged stands for the hole, and for duplicates beyond it (tcp_remove_reno_sacks).</summary>
    private static void RemoveDuplicates(ref TcpConnection connection, ref TcpScoreboard board, ref AckFacts facts)
    {
        facts.Delivered += Math.Max(facts.Segments - board.SackedSegments, 1) * connection.Mss;
        board.SackedSegments = Math.Max(board.SackedSegments - Math.Max(facts.Segments - 1, 0), 0);
        board.Sacked = board.SackedSegments * connection.Mss;
    }

    /// <summary>The retransmission timer expired: all in flight is lost, but for what RACK says is too young (tcp_enter_loss).</summary>
    private void EnterLoss(ref TcpConnection connection, ref TcpTransfer<TCongestionControl> transfer)
    {
        var isNew = connection.LossState < LossState.Recovery;
        var lost = transfer.Board.Lost - transfer.Board.Retransmitted;
        MarkTimedOut(ref connection, ref transfer);
        NoteLost(ref connection, Math.Max(transfer.Board.Lost - transfer.Board.Retransmitted - lost, 0));
        if (connection.LossState <= LossState.Disorder || transfer.HighSequence <= connection.SndUna
            || (connection.LossState == LossState.Loss && connection.Retransmits == 0))
        {
            // once for a segment, however often it times out (RFC 5681 §3.1)
            transfer.PriorThreshold = CurrentThreshold(ref connection);
            transfer.PriorWindow = connection.Congestion.Length;
            connection.Congestion.SlowStartThreshold = ReducedThreshold(ref connection);
            BeginUndo(ref connection, ref transfer);
        }

        if (connection.LossState <= LossState.Disorder && transfer.Board.SackedSegments >= settings.Reordering)
        {
            // so much was sacked that waiting for what was out of order was waiting too long
            transfer.Reordering = (ushort)Math.Min((int)transfer.Reordering, settings.Reordering);
        }

        connection.Congestion.Length = Pipe(ref connection, ref transfer.Board) + connection.Mss;
        connection.Congestion.Credit = 0;
        connection.LossState = LossState.Loss;
        transfer.HighSequence = connection.SndMax;
        transfer.Flags &= ~(TransferFlags.Probing | TransferFlags.TriesNewData);
        transfer.Set(TransferFlags.Frto, settings.Frto && (isNew || connection.Retransmits > 0));
        QueueCwr(ref connection);
        TellCongestion(ref connection, CongestionEvent.TimedOut);
    }

    private void MarkTimedOut(ref TcpConnection connection, ref TcpTransfer<TCongestionControl> transfer)
    {
        ref var board = ref transfer.Board;
        var isSack = connection.Has(TcpTraits.Sack);
        if (!isSack)
        {
            ForgetDuplicates(ref board);
        }
        else if (!connection.SendHead.IsNone && connection.SendHead != connection.SendNext && scoreboard.Has(connection.SendHead, SendMarks.Sacked))
        {
            counters.TCPSACKReneging++;
            scoreboard.Renege(ref board, connection.SendHead, connection.SendNext);
        }

        for (var frame = connection.SendHead; !frame.IsNone && frame != connection.SendNext; frame = NextInSendQueue(frame))
        {
            var isYoung = isSack && settings.Rack && frame != connection.SendHead && RackTimeLeft(ref transfer, frame, 0) > 0;
            if (!isYoung && !scoreboard.Has(frame, SendMarks.Sacked))
            {
                scoreboard.MarkLostLast(ref board, frame);
            }
        }

        // with data in flight it goes with the last of it, or has a timeout of its own
        transfer.Set(TransferFlags.FinLost, connection.SndMax > connection.WriteSequence && connection.SendHead.IsNone);
    }

    /// <summary>In Loss: the timeout may have been spurious (F-RTO, RFC 5682), or all is repaired (tcp_process_loss).</summary>
    private void ProcessLoss(ref TcpConnection connection, ref TcpTransfer<TCongestionControl> transfer, ref TcpSegment segment, ref AckFacts facts)
    {
        var isRecovered = connection.SndUna >= transfer.HighSequence;
        var isAdvanced = facts.Is(AckFlags.Advanced);
        if (isAdvanced && TryUndoLoss(ref connection, ref transfer, ref segment, isSpurious: false))
        {
            return;
        }

        if (transfer.Is(TransferFlags.Frto))
        {
            // §3.1 step 3 b: what did not go again has arrived
            if (facts.Is(AckFlags.Original) && TryUndoLoss(ref connection, ref transfer, ref segment, isSpurious: true))
            {
                return;
            }

            if (connection.SndMax > transfer.HighSequence)
            {
                if (facts.Is(AckFlags.Sacked) || facts.Duplicates > 0)
                {
                    // step 3 a: the loss was real
                    transfer.Flags &= ~TransferFlags.Frto;
                }
            }
            else if (isAdvanced && !isRecovered)
            {
                transfer.HighSequence = connection.SndMax;
                if (!connection.SendNext.IsNone && connection.SndNxt < connection.SndUna + connection.SndWnd)
                {
                    // step 2 b: new data first, and what that brings decides
                    transfer.Flags |= TransferFlags.TriesNewData;
                    facts.Flags |= AckFlags.Retransmits;
                    return;
                }

                transfer.Flags &= ~TransferFlags.Frto;
            }
        }

        if (isRecovered)
        {
            TryUndoRecovery(ref connection, ref transfer, ref segment);
            return;
        }

        if (!connection.Has(TcpTraits.Sack))
        {
            if (connection.SndMax > transfer.HighSequence && facts.Duplicates > 0)
            {
                AddDuplicates(ref connection, ref transfer.Board, ref facts);
            }
            else if (isAdvanced)
            {
                ForgetDuplicates(ref transfer.Board);
            }
        }

        facts.Flags |= AckFlags.Retransmits;
    }

    /// <summary>SND.UNA has reached something that was sacked: the peer has thrown it away, or its next acknowledgment is on its way.</summary>
    private bool IsReneging(int index, ref TcpConnection connection, ref AckFacts facts)
    {
        if (!facts.Is(AckFlags.Advanced) || connection.SendHead.IsNone || connection.SendHead == connection.SendNext
            || !connection.Has(TcpTraits.Sack) || !scoreboard.Has(connection.SendHead, SendMarks.Sacked))
        {
            return false;
        }

        // half a round trip, 10 ms at least (tcp_check_sack_reneging)
        connection.RetransmitTimer = RetransmitTimer.Retransmission;
        connection.RetransmitAt = now + (Math.Max(connection.Rtt.Smoothed / 2L, 10_000) * Microsecond);
        Schedule(index, ref connection);
        facts.Flags |= AckFlags.TimerSet;
        return true;
    }
}
