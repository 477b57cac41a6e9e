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

    /// <summary>A segment with RCV.NXT went out.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AcknowledgmentSent(ref TcpConnection connection)
    {
        connection.Pending &= ~TcpPending.Ack;
        connection.DelayedAckAt = Never;
        connection.Ack.Acknowledged();
    }
}
