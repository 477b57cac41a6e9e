using System.Runtime.CompilerServices;
using Millrace.Headers;
using Millrace.Memory;

namespace Millrace.Tcp;

/// <content>What is lost goes again (net/ipv4/tcp_output.c, tcp_xmit_retransmit_queue).</content>
public sealed partial class Tcp<TSettings, TMemory, TSmallQueues, TApplications, TCongestionControl>
{
    /// <summary>What came of sending a frame again.</summary>
    private enum Repeated
    {
        Sent,

        /// <summary>Somebody below still has it, or the peer's window has no room: a timer will come again.</summary>
        Held,

        /// <summary>A completed transmit comes back, or the time of departure.</summary>
        Throttled,
        Full,
    }

    /// <returns>False if the outbox is full.</returns>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool TrySendAgain(int index, ref TcpConnection connection)
    {
        if ((connection.Pending & TcpPending.TailProbe) != 0 && !TrySendTailProbe(index, ref connection))
        {
            return false;
        }

        if ((connection.Pending & TcpPending.Retransmit) == 0)
        {
            return true;
        }

        return connection.Has(TcpTraits.Disturbed) ? TrySendLost(index, ref connection) : TrySendFirst(index, ref connection);
    }

    private bool TrySendLost(int index, ref TcpConnection connection)
    {
        ref var transfer = ref TransferOf(ref connection);
        ref var board = ref transfer.Board;
        if (transfer.Is(TransferFlags.TriesNewData))
        {
            if (!SendData(index, ref connection))
            {
                return false;
            }

            transfer.Flags &= ~TransferFlags.TriesNewData;
            if (connection.SndMax > transfer.HighSequence)
            {
                connection.Pending &= ~TcpPending.Retransmit;
                return true;
            }

            transfer.Flags &= ~TransferFlags.Frto;
        }

        var result = Repeated.Sent;
        while (result == Repeated.Sent && !board.LostFirst.IsNone
            && Pipe(ref connection, ref board) + Math.Min(PayloadLengthOf(ref arena.Metadata(board.LostFirst)), connection.Mss) <= connection.Congestion.Length)
        {
            if (connection.Has(TcpTraits.Paced) && IsTooEarly(index))
            {
                result = Repeated.Throttled;
                break;
            }

            var isHead = board.LostFirst == connection.SendHead;
            result = SendAgain(index, ref connection, ref transfer, board.LostFirst);
            if (result == Repeated.Sent && isHead && connection.Retransmits == 0 && connection.RetransmitTimer != RetransmitTimer.Reordering)
            {
                StartRetransmission(index, ref connection);
            }
        }

        connection.LeftOut = board.LeftOut;
        if (result == Repeated.Sent && board.LostFirst.IsNone && transfer.Is(TransferFlags.FinLost))
        {
            result = TryRepeatFin(index, ref connection) ? Repeated.Sent : Repeated.Full;
            transfer.Set(TransferFlags.FinLost, result != Repeated.Sent);
        }

        if (result is Repeated.Sent or Repeated.Held)
        {
            connection.Pending &= ~TcpPending.Retransmit;
        }

        return result != Repeated.Full;
    }

    private Repeated SendAgain(int index, ref TcpConnection connection, ref TcpTransfer<TCongestionControl> transfer, Frame frame)
    {
        var result = Repeat(index, ref connection, frame);
        if (result != Repeated.Sent)
        {
            return result;
        }

        ref var metadata = ref arena.Metadata(frame);
        metadata.SentAt = microseconds | 1;
        if (TCongestionControl.NeedsRateSamples)
        {
            NoteSent(ref connection, frame);
        }

        scoreboard.MarkRetransmitted(ref transfer.Board, frame, connection.SndMax);
        transfer.UndoRetransmitted = Math.Max(transfer.UndoRetransmitted, 0) + 1;
        if (transfer.RetransmitStamp == 0)
        {
            transfer.RetransmitStamp = Math.Max(TimestampNow(ref connection), 1);
        }

        transfer.PrrOut += PayloadLengthOf(ref metadata);
        counters.TCPFastRetrans += connection.LossState == LossState.Loss ? 0 : 1;
        AfterSend(index, ref connection, segments: 1, isRepeated: true);
        return Repeated.Sent;
    }

    /// <summary>The segment at SND.UNA, where it is not known what is lost (<see cref="ITcpSettings.Transfers"/>).</summary>
    private bool TrySendFirst(int index, ref TcpConnection connection)
    {
        var result = Repeated.Held;
        if (connection.SndUna < connection.SndMax)
        {
            result = connection.SendHead.IsNone || connection.SendHead == connection.SendNext
                ? (TryRepeatFin(index, ref connection) ? Repeated.Held : Repeated.Full)
                : Repeat(index, ref connection, connection.SendHead);
        }

        if (result == Repeated.Sent)
        {
            // two transmits: it says nothing of round trips
            arena.Metadata(connection.SendHead).SentAt = 0;
            AfterSend(index, ref connection, segments: 1, isRepeated: true);
        }

        if (result is Repeated.Sent or Repeated.Held)
        {
            connection.Pending &= ~TcpPending.Retransmit;
        }

        return result != Repeated.Full;
    }

    /// <summary>Sends a frame again, a segment of it at most.</summary>
    private Repeated Repeat(int index, ref TcpConnection connection, Frame frame)
    {
        if (outbox.Room == 0)
        {
            return Repeated.Full;
        }

        ref var metadata = ref arena.Metadata(frame);
        if (IsThrottled(index, ref connection, metadata.Truesize, isRepeated: true))
        {
            return Repeated.Throttled;
        }

        if (metadata.Holders != Holders.RetransmitQueue)
        {
            counters.TCPSpuriousRtxHostQueues++;
            return Repeated.Held;
        }

        var start = new SequenceNumber(metadata.Sequence);
        var skip = Math.Max(connection.SndUna - start, 0);
        if (start > connection.SndUna && start >= connection.SndUna + connection.SndWnd)
        {
            return Repeated.Held;
        }

        if (PayloadLengthOf(ref metadata) - skip > connection.Mss && !TrySplit(ref connection, frame, skip + connection.Mss))
        {
            return Repeated.Held;
        }

        var next = NextInSendQueue(frame);
        var flags = TcpFlags.Ack | (next.IsNone ? TcpFlags.Psh : TcpFlags.None);
        if (next.IsNone && connection.Has(TcpTraits.FinQueued) && connection.SndMax > connection.WriteSequence)
        {
            flags |= TcpFlags.Fin;
        }

        flags |= connection.Has(TcpTraits.DemandCwr) ? TcpFlags.Ece : TcpFlags.None;
        Transmit(index, ref connection, frame, frame, start + skip, PayloadLengthOf(ref metadata) - skip, 1, flags);
        CountRepeated(index, ref connection, segments: 1, PayloadLengthOf(ref metadata) - skip);
        return Repeated.Sent;
    }

    private bool TryRepeatFin(int index, ref TcpConnection connection)
    {
        if (connection.SndMax <= connection.WriteSequence)
        {
            return true;
        }

        if (!TrySendControl(ref connection, connection.WriteSequence, TcpFlags.Fin | TcpFlags.Ack))
        {
            return false;
        }

        counters.OutSegs--;
        CountRepeated(index, ref connection, segments: 1, length: 0);
        AfterSend(index, ref connection, segments: 1, isRepeated: true);
        return true;
    }

    /// <summary>New data goes out while it is kept in mind what becomes of each frame.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void KeepMarks(ref TcpConnection connection, Frame head, Frame last, int length)
    {
        ref var transfer = ref TransferOf(ref connection);
        transfer.PrrOut += length;
        for (var frame = head; ; frame = NextInSendQueue(frame))
        {
            scoreboard.Append(ref transfer.Board, frame);
            if (TCongestionControl.NeedsRateSamples)
            {
                NoteSent(ref connection, frame);
            }

            if (frame == last)
            {
                return;
            }
        }
    }

    /// <summary>What is longer than a segment may be now is lost, and says nothing of congestion: the window stays (tcp_simple_retransmit).</summary>
    private void LoseTooLong(int index, ref TcpConnection connection)
    {
        if (connection.SndUna == connection.SndMax)
        {
            return;
        }

        if (!TryDisturb(ref connection))
        {
            connection.LossState = LossState.Loss;
            Demand(index, TcpPending.Retransmit);
            return;
        }

        ref var transfer = ref TransferOf(ref connection);
        for (var frame = connection.SendHead; !frame.IsNone && frame != connection.SendNext; frame = NextInSendQueue(frame))
        {
            if (PayloadLengthOf(ref arena.Metadata(frame)) > connection.Mss && !scoreboard.Has(frame, SendMarks.Sacked))
            {
                MarkLost(ref transfer.Board, frame);
            }
        }

        connection.LeftOut = transfer.Board.LeftOut;
        if (connection.LossState != LossState.Loss)
        {
            transfer.HighSequence = connection.SndMax;
            connection.Congestion.SlowStartThreshold = CurrentThreshold(ref connection);
            transfer.PriorThreshold = 0;
            transfer.Flags &= ~TransferFlags.MayUndo;
            SetState(ref connection, ref transfer, LossState.Loss);
        }

        Demand(index, TcpPending.Retransmit);
    }
}
