using System.Runtime.CompilerServices;
using Millrace.Headers;

namespace Millrace.Tcp;

/// <content>When to acknowledge (RFC 9293 §3.8.6.3, RFC 5681 §4.2, net/ipv4/tcp_input.c, __tcp_ack_snd_check).</content>
public sealed partial class Tcp<TSettings, TMemory, TSmallQueues, TApplications, TCongestionControl>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void AcknowledgeData(int index, ref TcpConnection connection, bool hadGap)
    {
        // a merged packet is more than one segment, so it is acknowledged at once
        var isSecond = connection.RcvNxt - connection.RcvWup > connection.RcvMss;
        if (isSecond || connection.Ack.IsQuick || hadGap)
        {
            Demand(index, TcpPending.Ack);
        }
        else
        {
            DelayAck(index, ref connection);
        }
    }

    private void DelayAck(int index, ref TcpConnection connection)
    {
        if (!connection.DelayedAckAt.IsSet)
        {
            connection.DelayedAckAt = now + (connection.Ack.Delay(connection.Rtt.Smoothed) * Microsecond);
            Schedule(index, connection.DelayedAckAt);
        }
    }

    /// <summary>
    /// An acknowledgment of its own for a segment that was not in order: the sender counts them (RFC 5681 §4.2), so they are
    /// not merged.
    /// </summary>
    private void DemandDuplicateAck(int index, ref TcpConnection connection)
    {
        connection.Ack.EnterQuick(connection.RcvWnd, connection.RcvMss);
        if (connection.DuplicateAcksDue < byte.MaxValue)
        {
            connection.DuplicateAcksDue++;
        }

        List(index);
    }

    private void DemandQuickAck(int index, ref TcpConnection connection)
    {
        connection.Ack.EnterQuick(connection.RcvWnd, connection.RcvMss);
        Demand(index, TcpPending.Ack);
    }

    /// <summary>TCP_QUICKACK (net/ipv4/tcp.c, __tcp_sock_set_quickack).</summary>
    private void SetQuickAck(int index, ref TcpConnection connection, int value)
    {
        connection.Ack.IsInteractive = value == 0;
        if (value != 0 && connection.State is TcpState.Established or TcpState.CloseWait && connection.DelayedAckAt.IsSet)
        {
            // one that waits goes, if the application has read all there is
            if (connection.ReceiveHead.IsNone || connection.RcvNxt - connection.RcvWup > connection.RcvMss)
            {
                Demand(index, TcpPending.Ack);
            }

            connection.Ack.IsInteractive = (value & 1) == 0;
        }
    }

    /// <summary>
    /// The acknowledgment of a SYN-ACK waits for data that the application is about to send: it has said so by TCP_DEFER_ACCEPT, or by
    /// TCP_QUICKACK 0 (tcp_rcv_synsent_state_process).
    /// </summary>
    private bool MayHandshakeWait(int index, ref TcpConnection connection)
    {
        if (!connection.Ack.IsInteractive && !(connection.Has(TcpTraits.OptionsSet) && socketOptions[index].DeferAccept != 0))
        {
            return false;
        }

        connection.Ack.EnterQuick(int.MaxValue, 1);
        connection.RcvWup -= 1;
        connection.DelayedAckAt = now + (DelayedAck.Maximum * Microsecond);
        Schedule(index, connection.DelayedAckAt);
        return true;
    }

    /// <summary>A segment with RCV.NXT went out.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AcknowledgmentSent(ref TcpConnection connection)
    {
        connection.Pending &= ~TcpPending.Ack;
        connection.DelayedAckAt = Never;
        connection.Ack.Acknowledged();
    }
}
