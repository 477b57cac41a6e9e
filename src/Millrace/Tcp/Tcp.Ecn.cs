using System.Runtime.CompilerServices;
using Millrace.Headers;
using Millrace.Memory;

namespace Millrace.Tcp;

/// <content>
/// Explicit congestion notification (RFC 3168; net/ipv4/tcp_input.c and tcp_output.c, tcp_ecn_*). A connection that has it takes the ways of all
/// segments in and out, because what is predicted looks at no traffic class.
/// </content>
public sealed partial class Tcp<TSettings, TMemory, TSmallQueues, TApplications, TCongestionControl>
{
    // the field of RFC 3168 §5
    private const int EcnMask = 3;
    private const byte Ect0 = 2;
    private const int CongestionExperienced = 3;

    /// <summary>tcp_ecn: asked for by our SYNs.</summary>
    private const int EcnAsks = 1;
    private const int EcnQuickAcks = 2;

    private static bool IsEcho(ref TcpConnection connection, ref TcpSegment segment) =>
        connection.Has(TcpTraits.Ecn) && (segment.Flags & (TcpFlags.Ece | TcpFlags.Syn)) == TcpFlags.Ece;

    /// <summary>What the peer's SYN says to it (§6.1.1): both flags ask, ECE alone accepts. A SYN that is marked itself does not (tcp_ecn_create_request).</summary>
    private bool NegotiatesEcn(ref TcpSegment segment)
    {
        if (settings.Ecn == 0)
        {
            return false;
        }

        var flags = segment.Flags & (TcpFlags.Ece | TcpFlags.Cwr);
        return segment.IsAck
            ? settings.Ecn == EcnAsks && flags == TcpFlags.Ece
            : flags == (TcpFlags.Ece | TcpFlags.Cwr) && (TrafficClassOf(ref segment) & EcnMask) == 0;
    }

    private TcpFlags SynFlags(ref TcpConnection connection, bool isAnswer)
    {
        if (isAnswer)
        {
            return connection.Has(TcpTraits.Ecn) ? TcpFlags.Syn | TcpFlags.Ack | TcpFlags.Ece : TcpFlags.Syn | TcpFlags.Ack;
        }

        // a path that drops such SYNs lets the next one through (§6.1.1.1)
        return settings.Ecn == EcnAsks && !connection.Has(TcpTraits.SynRetransmitted) ? TcpFlags.Syn | TcpFlags.Ece | TcpFlags.Cwr : TcpFlags.Syn;
    }

    /// <summary>New data says once that the window was reduced; everything echoes a mark.</summary>
    private static TcpFlags EcnFlags(ref TcpConnection connection, bool isRepeated)
    {
        var flags = connection.Has(TcpTraits.DemandCwr) ? TcpFlags.Ece : TcpFlags.None;
        if (!isRepeated && connection.Has(TcpTraits.QueueCwr))
        {
            connection.Traits &= ~TcpTraits.QueueCwr;
            flags |= TcpFlags.Cwr;
        }

        return flags;
    }

    /// <summary>New data may be marked on its way; what goes again, and acknowledgments, may not (§6.1.5, §6.1.4).</summary>
    private static void MarkCapable(ref Outgoing outgoing, ref FrameMetadata metadata, TcpFlags flags)
    {
        outgoing.TrafficClass = Ect0;
        metadata.Flags |= (flags & TcpFlags.Cwr) != 0 && metadata.GsoSize > 0 ? FrameFlags.Ecn : FrameFlags.None;
    }

    private static void QueueCwr(ref TcpConnection connection) => connection.Set(TcpTraits.QueueCwr, connection.Has(TcpTraits.Ecn));

    /// <summary>The peer echoes a mark: the window is reduced as for a loss, once a window (tcp_enter_cwr).</summary>
    private void EnterCwr(ref TcpConnection connection, ref TcpTransfer<TCongestionControl> transfer)
    {
        transfer.PriorThreshold = 0;
        if (connection.LossState < LossState.Cwr)
        {
            transfer.Flags &= ~TransferFlags.MayUndo;
            BeginReduction(ref connection, ref transfer);
            SetState(ref connection, ref transfer, LossState.Cwr);
        }
    }

    /// <summary>Data came: whether it was marked, and whether the peer has reduced its window (tcp_ecn_check_ce, tcp_ecn_accept_cwr).</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void TakeMark(int index, ref TcpConnection connection, ref TcpSegment segment)
    {
        if ((segment.Flags & TcpFlags.Cwr) != 0)
        {
            // its window may be one segment now
            connection.Traits &= ~TcpTraits.DemandCwr;
            Demand(index, TcpPending.Ack);
        }

        switch (TrafficClassOf(ref segment) & EcnMask)
        {
            case 0 when connection.Has(TcpTraits.EcnSeen):
                // probably it goes again
                connection.Ack.EnterQuick(EcnQuickAcks * connection.RcvMss, connection.RcvMss);
                break;
            case 0:
                break;
            case CongestionExperienced:
                if (!connection.Has(TcpTraits.DemandCwr))
                {
                    connection.Ack.EnterQuick(EcnQuickAcks * connection.RcvMss, connection.RcvMss);
                }

                connection.Traits |= TcpTraits.DemandCwr | TcpTraits.EcnSeen;
                break;
            default:
                connection.Traits |= TcpTraits.EcnSeen;
                break;
        }
    }

    private static int TrafficClassOf(ref TcpSegment segment) =>
        NetworkHeader.TrafficClass(Arena.Slot(ref segment.Metadata)[segment.Metadata.NetworkOffset..]);
}
