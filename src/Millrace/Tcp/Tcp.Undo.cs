using Millrace.Headers;

namespace Millrace.Tcp;

/// <content>What was done for a loss that was none is taken back: by D-SACK (RFC 3708) or by timestamps (Eifel, RFC 3522, RFC 4015).</content>
public sealed partial class Tcp<TSettings, TMemory, TSmallQueues, TApplications, TCongestionControl>
{
    private const int MostRackSteps = 255;

    /// <summary>Recoveries for which a wider reordering window stays (TCP_RACK_RECOVERY_THRESH).</summary>
    private const int RackPersistence = 16;

    private static void BeginUndo(ref TcpConnection connection, ref TcpTransfer<TCongestionControl> transfer)
    {
        transfer.UndoMarker = connection.SndUna;
        transfer.Flags |= TransferFlags.MayUndo;
        transfer.UndoRetransmitted = transfer.Board.Retransmitted > 0 ? SegmentsOf(ref connection, transfer.Board.Retransmitted) : -1;
    }

    private static int SegmentsOf(ref TcpConnection connection, int length) => (length + connection.Mss - 1) / connection.Mss;

    /// <summary>The copies were all superfluous, or what is acknowledged was sent before the first of them (tcp_may_undo).</summary>
    private static bool MayUndo(ref TcpConnection connection, ref TcpTransfer<TCongestionControl> transfer, ref TcpSegment segment) =>
        transfer.Is(TransferFlags.MayUndo) && (transfer.UndoRetransmitted == 0 || WasDelayed(ref connection, ref transfer, ref segment));

    private static bool WasDelayed(ref TcpConnection connection, ref TcpTransfer<TCongestionControl> transfer, ref TcpSegment segment) =>
        transfer.RetransmitStamp != 0 && connection.Has(TcpTraits.Timestamps) && segment.Options.HasTimestamps && segment.Options.TimestampEcho != 0
        && (int)(segment.Options.TimestampEcho - transfer.RetransmitStamp) < 0;

    private void Undo(ref TcpConnection connection, ref TcpTransfer<TCongestionControl> transfer, bool unmarksLost)
    {
        if (unmarksLost)
        {
            scoreboard.UnmarkLost(ref transfer.Board, connection.SendHead, connection.SendNext);
            transfer.Flags &= ~TransferFlags.FinLost;
        }

        if (transfer.PriorThreshold != 0)
        {
            connection.Congestion.Length = transfer.Congestion.Undone(in connection.Congestion, transfer.PriorWindow);
            connection.Congestion.SlowStartThreshold = Math.Max(connection.Congestion.SlowStartThreshold, transfer.PriorThreshold);
            connection.Traits &= ~TcpTraits.QueueCwr;
        }

        transfer.Flags = (transfer.Flags & ~TransferFlags.MayUndo) | TransferFlags.RackAdvanced;
    }

    /// <summary>All of the recovery is acknowledged.</summary>
    /// <returns>Whether the state is held until something above is acknowledged, which keeps a peer without the option from starting another.</returns>
    private bool TryUndoRecovery(ref TcpConnection connection, ref TcpTransfer<TCongestionControl> transfer, ref TcpSegment segment)
    {
        if (MayUndo(ref connection, ref transfer, ref segment))
        {
            counters.TCPLossUndo += connection.LossState == LossState.Loss ? 1 : 0;
            counters.TCPFullUndo += connection.LossState == LossState.Loss ? 0 : 1;
            Undo(ref connection, ref transfer, unmarksLost: false);
        }
        else if (transfer.RackPersists > 0)
        {
            transfer.RackPersists--;
        }

        if (connection.SndUna == transfer.HighSequence && !connection.Has(TcpTraits.Sack))
        {
            transfer.RetransmitStamp = HasCopies(ref connection, ref transfer.Board) ? transfer.RetransmitStamp : 0;
            return true;
        }

        SetState(ref connection, ref transfer, LossState.Open);
        return false;
    }

    /// <summary>The peer has reported a duplicate of each copy.</summary>
    private bool TryUndoByDsack(ref TcpConnection connection, ref TcpTransfer<TCongestionControl> transfer)
    {
        if (!transfer.Is(TransferFlags.MayUndo) || transfer.UndoRetransmitted != 0)
        {
            return false;
        }

        transfer.RackPersists = (byte)Math.Min(RackPersistence, transfer.RackPersists + 1);
        counters.TCPDSACKUndo++;
        Undo(ref connection, ref transfer, unmarksLost: false);
        return true;
    }

    /// <summary>A part is acknowledged that was only late.</summary>
    private bool TryUndoPartial(ref TcpConnection connection, ref TcpTransfer<TCongestionControl> transfer, ref TcpSegment segment)
    {
        if (!transfer.Is(TransferFlags.MayUndo) || !WasDelayed(ref connection, ref transfer, ref segment))
        {
            return false;
        }

        // what went again before the acknowledgment came is still to be heard of
        NoteReordering(ref connection, ref transfer, segment.Acknowledgment, ref counters.TCPTSReorder);
        if (transfer.Board.Retransmitted > 0)
        {
            return true;
        }

        if (!HasCopies(ref connection, ref transfer.Board))
        {
            transfer.RetransmitStamp = 0;
        }

        counters.TCPPartialUndo++;
        Undo(ref connection, ref transfer, unmarksLost: true);
        KeepOpen(ref connection, ref transfer);
        return true;
    }

    /// <param name="isSpurious">F-RTO has found that the timeout was.</param>
    private bool TryUndoLoss(ref TcpConnection connection, ref TcpTransfer<TCongestionControl> transfer, ref TcpSegment segment, bool isSpurious)
    {
        if (!isSpurious && !MayUndo(ref connection, ref transfer, ref segment))
        {
            return false;
        }

        counters.TCPLossUndo++;
        counters.TCPSpuriousRTOs += isSpurious ? 1 : 0;
        Undo(ref connection, ref transfer, unmarksLost: true);
        connection.Retransmits = 0;
        transfer.Flags &= ~TransferFlags.Frto;
        if (isSpurious || connection.Has(TcpTraits.Sack))
        {
            SetState(ref connection, ref transfer, LossState.Open);
        }

        return true;
    }
}
