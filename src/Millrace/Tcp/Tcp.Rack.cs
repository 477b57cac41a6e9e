using Millrace.Headers;
using Millrace.Memory;

namespace Millrace.Tcp;

/// <content>
/// Recent acknowledgment (RFC 8985; net/ipv4/tcp_recovery.c): what was sent before something that was delivered, and has had a round trip and
/// the time that reordering may take, is lost. Times are microseconds modulo 2^32.
/// </content>
public sealed partial class Tcp<TSettings, TMemory, TSmallQueues, TApplications, TCongestionControl>
{
    /// <summary>What a timer of RACK adds, because timers are coarse (TCP_TIMEOUT_MIN_US).</summary>
    private const int LeastTimeout = 2_000;

    /// <summary>
    /// A copy that went alone is faster than segments that waited for each other, and a transfer, which begins in the middle of a connection, has measured only
    /// those: so much of the shortest round trip is allowed for. Linux knows that of the SYN.
    /// </summary>
    private const int RttTolerance = 8;

    /// <summary>A frame was delivered (§6.2 step 2).</summary>
    private void AdvanceRack(ref TcpTransfer<TCongestionControl> transfer, uint sentAt, SequenceNumber end, bool isRepeated)
    {
        if (sentAt == 0)
        {
            return;
        }

        var rtt = Math.Max((int)(microseconds - sentAt), 1);
        if (isRepeated && rtt < transfer.MinimumRtt - (transfer.MinimumRtt / RttTolerance))
        {
            // it was the original, not the copy, that arrived
            return;
        }

        transfer.Flags |= TransferFlags.RackAdvanced;
        transfer.RackRtt = rtt;
        if (transfer.RackSentAt == 0 || IsSentAfter(sentAt, transfer.RackSentAt, end, transfer.RackEnd))
        {
            transfer.RackSentAt = sentAt;
            transfer.RackEnd = end;
        }
    }

    private static bool IsSentAfter(uint one, uint other, SequenceNumber end, SequenceNumber otherEnd) =>
        (int)(one - other) is var ahead && (ahead > 0 || (ahead == 0 && end > otherEnd));

    /// <summary>Microseconds until a frame is lost; not positive if it is (§6.2 step 5).</summary>
    private int RackTimeLeft(ref TcpTransfer<TCongestionControl> transfer, Frame frame, int window) =>
        transfer.RackRtt + window - (int)(microseconds - arena.Metadata(frame).SentAt);

    /// <summary>How long reordering may take (§6.2 step 4).</summary>
    private int ReorderingWindow(ref TcpConnection connection, ref TcpTransfer<TCongestionControl> transfer)
    {
        if (!transfer.Is(TransferFlags.ReorderingSeen)
            && (connection.LossState >= LossState.Recovery || transfer.Board.SackedSegments >= transfer.Reordering))
        {
            return 0;
        }

        return (int)Math.Min((long)transfer.MinimumRtt / 4 * Math.Max((int)transfer.RackSteps, 1), connection.Rtt.Smoothed);
    }

    /// <returns>Whether something is to be looked at again soon, by the timer.</returns>
    private bool LookForLosses(int index, ref TcpConnection connection, ref TcpTransfer<TCongestionControl> transfer)
    {
        if (!transfer.Is(TransferFlags.RackAdvanced))
        {
            return false;
        }

        transfer.Flags &= ~TransferFlags.RackAdvanced;
        var wait = MarkOverdue(ref connection, ref transfer);
        if (wait == 0)
        {
            return false;
        }

        connection.RetransmitTimer = RetransmitTimer.Reordering;
        connection.RetransmitAt = now + ((wait + (long)LeastTimeout) * Microsecond);
        Schedule(index, ref connection);
        return true;
    }

    /// <returns>Microseconds until the last of what may be lost is; 0 if nothing is in doubt.</returns>
    private int MarkOverdue(ref TcpConnection connection, ref TcpTransfer<TCongestionControl> transfer)
    {
        ref var board = ref transfer.Board;
        var window = ReorderingWindow(ref connection, ref transfer);
        var wait = 0;
        for (var frame = board.TimeFirst; !frame.IsNone;)
        {
            ref var metadata = ref arena.Metadata(frame);
            var following = scoreboard.NextByTime(frame);
            if (metadata.SentAt != 0)
            {
                if (!IsSentAfter(transfer.RackSentAt, metadata.SentAt, transfer.RackEnd, EndOf(ref metadata)))
                {
                    break;
                }

                var left = RackTimeLeft(ref transfer, frame, window);
                if (left <= 0)
                {
                    MarkLost(ref board, frame);
                }
                else
                {
                    wait = Math.Max(wait, left);
                }
            }

            frame = following;
        }

        return wait;
    }

    /// <summary>The timer of what was in doubt (tcp_rack_reo_timeout).</summary>
    private void ReorderingTimedOut(int index, ref TcpConnection connection)
    {
        connection.RetransmitTimer = RetransmitTimer.None;
        if (connection.Has(TcpTraits.Disturbed))
        {
            ref var transfer = ref TransferOf(ref connection);
            newlyLost = 0;
            MarkOverdue(ref connection, ref transfer);
            if (newlyLost > 0)
            {
                NoteLost(ref connection, newlyLost);
                if (connection.LossState != LossState.Recovery)
                {
                    var facts = default(AckFacts);
                    EnterRecovery(ref connection, ref transfer, ref facts);
                    if (!transfer.Congestion.SetsWindow)
                    {
                        ReduceWindow(ref connection, ref transfer, connection.Mss, isAdvanced: false);
                    }
                }

                connection.LeftOut = transfer.Board.LeftOut;
                Demand(index, TcpPending.Retransmit);
            }
        }

        StartTimeout(index, ref connection);
    }

    /// <summary>Duplicates reported in a round trip widen the window; after some recoveries without it is narrow again (§6.2 step 4).</summary>
    private void WidenRack(ref TcpConnection connection, ref TcpTransfer<TCongestionControl> transfer)
    {
        if (transfer.Is(TransferFlags.DsackSeen))
        {
            transfer.Flags &= ~TransferFlags.DsackSeen;
            if (transfer.RackWidenedAt == 0 || (int)(microseconds - transfer.RackWidenedAt) >= connection.Rtt.Smoothed)
            {
                transfer.RackSteps = (byte)Math.Min(transfer.RackSteps + 1, MostRackSteps);
                transfer.RackWidenedAt = microseconds | 1;
                transfer.RackPersists = RackPersistence;
            }
        }
        else if (transfer.RackPersists == 0)
        {
            transfer.RackSteps = 1;
        }
    }
}
