using System.Runtime.CompilerServices;
using Millrace.Headers;
using Millrace.Memory;

namespace Millrace.Tcp;

/// <content>
/// A probe of the tail (RFC 8985 §7; net/ipv4/tcp_output.c, tcp_send_loss_probe): two round trips without an answer send what is new, or the last
/// segment again, so that what comes back selectively tells of a loss that nothing else would before the timeout.
/// </content>
public sealed partial class Tcp<TSettings, TMemory, TSmallQueues, TApplications, TCongestionControl>
{
    /// <summary>What a peer may wait with its acknowledgment if one segment is in flight (TCP_RTO_MIN).</summary>
    private const int LoneSegmentDelay = 200_000;

    /// <summary>Microseconds until the probe; 0 if there is to be none.</summary>
    private long ProbeTimeout(ref TcpConnection connection)
    {
        if (connection.Rtt.Smoothed == 0 || connection.LossState is not (LossState.Open or LossState.Cwr) || connection.SendHead.IsNone || connection.SendHead == connection.SendNext)
        {
            return 0;
        }

        if (connection.Has(TcpTraits.Disturbed))
        {
            ref var transfer = ref TransferOf(ref connection);
            if (transfer.Board.Sacked > 0 || transfer.Is(TransferFlags.Probing))
            {
                return 0;
            }
        }

        var following = NextInSendQueue(connection.SendHead);
        return (2L * connection.Rtt.Smoothed) + (following.IsNone || following == connection.SendNext ? LoneSegmentDelay : LeastTimeout);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void LossProbeTimedOut(int index, ref TcpConnection connection)
    {
        connection.RetransmitTimer = RetransmitTimer.None;
        if (!connection.SendHead.IsNone && connection.SendHead != connection.SendNext && TryDisturb(ref connection))
        {
            ref var transfer = ref TransferOf(ref connection);
            if (!transfer.Is(TransferFlags.Probing) && connection.LossState is LossState.Open or LossState.Cwr)
            {
                Demand(index, TcpPending.TailProbe);
            }
        }

        StartTimeout(index, ref connection);
    }

    /// <returns>False if the outbox is full.</returns>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool TrySendTailProbe(int index, ref TcpConnection connection)
    {
        if (outbox.Room == 0)
        {
            return false;
        }

        connection.Pending &= ~TcpPending.TailProbe;
        if (!connection.Has(TcpTraits.Disturbed) || connection.SendHead.IsNone || connection.SendHead == connection.SendNext)
        {
            return true;
        }

        ref var transfer = ref TransferOf(ref connection);
        var wasSent = false;
        var isCopy = connection.SendNext.IsNone || !TrySendNewProbe(index, ref connection, out wasSent);
        if (isCopy)
        {
            var last = LastSent(ref connection);
            wasSent = !scoreboard.Has(last, SendMarks.Lost | SendMarks.Sacked) && SendAgain(index, ref connection, ref transfer, last) == Repeated.Sent;
            connection.LeftOut = transfer.Board.LeftOut;
        }

        if (wasSent)
        {
            counters.TCPLossProbes++;
            transfer.TlpHighSequence = connection.SndMax;
            transfer.Flags |= TransferFlags.Probing;
            transfer.Set(TransferFlags.ProbeIsCopy, isCopy);
            StartTimeout(index, ref connection);
        }

        return true;
    }

    /// <summary>A segment that is new, beyond the congestion window, if the peer's has room.</summary>
    private bool TrySendNewProbe(int index, ref TcpConnection connection, out bool wasSent)
    {
        wasSent = false;
        var frame = connection.SendNext;
        ref var metadata = ref arena.Metadata(frame);
        var length = PayloadLengthOf(ref metadata);
        if (metadata.Holders != Holders.RetransmitQueue || connection.SndNxt != new SequenceNumber(metadata.Sequence) || length > connection.Mss
            || connection.InFlight + length > connection.SndWnd)
        {
            return false;
        }

        wasSent = TrySendFrom(index, ref connection, frame, 0, length);
        return wasSent;
    }

    private Frame LastSent(ref TcpConnection connection)
    {
        if (connection.SendNext.IsNone)
        {
            return connection.SendTail;
        }

        var last = connection.SendHead;
        while (NextInSendQueue(last) != connection.SendNext)
        {
            last = NextInSendQueue(last);
        }

        return last;
    }

    /// <summary>What came of the probe (tcp_process_tlp_ack).</summary>
    private void TakeProbeAnswer(ref TcpConnection connection, ref TcpTransfer<TCongestionControl> transfer, ref AckFacts facts, SequenceNumber acknowledgment)
    {
        if (acknowledgment < transfer.TlpHighSequence)
        {
            return;
        }

        if (!transfer.Is(TransferFlags.ProbeIsCopy) || facts.Is(AckFlags.DuplicateOfProbe))
        {
            // nothing was lost: what was new has arrived, or both the original and the copy have
            transfer.Flags &= ~TransferFlags.Probing;
        }
        else if (acknowledgment > transfer.TlpHighSequence)
        {
            // the copy has repaired a loss, which is told by what was sent behind it
            BeginReduction(ref connection, ref transfer);
            SetState(ref connection, ref transfer, LossState.Cwr);
            EndReduction(ref connection, ref transfer);
            KeepOpen(ref connection, ref transfer);
            counters.TCPLossProbeRecovery++;
        }
        else if (!facts.Is(AckFlags.Advanced | AckFlags.Data | AckFlags.WindowUpdate | AckFlags.Sacked))
        {
            transfer.Flags &= ~TransferFlags.Probing;
        }
    }
}
