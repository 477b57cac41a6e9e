using Millrace.Headers;
using Millrace.Memory;
using Millrace.Sockets;

namespace Millrace.Tcp;

/// <content>The active side: OPEN, SYN-SENT and simultaneous open (RFC 9293 §3.10.1, §3.10.7.3, §3.5).</content>
public sealed partial class Tcp<TSettings, TMemory, TSmallQueues, TApplications, TCongestionControl>
{
    /// <summary>The send segment size if the peer names none (RFC 9293 §3.7.1), and the smallest a receiver assumes.</summary>
    private const int DefaultMss = 536;

    /// <summary>A window does not push the segment size below what every host takes (RFC 791's 68 bytes, headers off).</summary>
    private const int SmallestBoundMss = 68 - 20;

    /// <summary>TCP_TIMEOUT_MIN: two jiffies, of 4 ms as most kernels are built.</summary>
    private const long SynRetryAfterReset = 8 * Millisecond;

    public override TcpConnectResult Connect(int application, InetEndpoint remote, out TcpSocketId id, ushort localPort = 0)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)application, (uint)applications.Count);
        id = TcpSocketId.None;
        if (freeSlotCounts[application] == 0 || freeConnectionCount == 0)
        {
            return TcpConnectResult.NoCapacity;
        }

        if (!network.TryRoute(remote.Address, out var route))
        {
            return TcpConnectResult.NoRoute;
        }

        if (!TryChoosePort(in route, remote, localPort, out var key))
        {
            return TcpConnectResult.NoPort;
        }

        var (least, recent) = Reuse(in key);
        int index;
        while (!TryAllocateConnection(in key, flows.Hash(in key), out index))
        {
            // another worker may claim the same place between the choice and the entry: workers try the same ports
            if (IsOpen(in key, route.Interface, straight: false))
            {
                return TcpConnectResult.NoCapacity;
            }

            if (!TryChoosePort(in route, remote, localPort, out key))
            {
                return TcpConnectResult.NoPort;
            }

            (least, recent) = Reuse(in key);
        }

        if (!TryTakeSlot(application, out var slot))
        {
            return TcpConnectResult.NoCapacity;
        }

        ref var connection = ref connections[index];
        connection.Application = (ushort)application;
        connection.Slot = slot;
        connection.Traits |= TcpTraits.Active;
        StartSending(ref connection, least);
        connection.TsRecent = recent;
        StartReceiving(ref connection);
        Transit(ref connection, TcpEvent.Open);
        counters.ActiveOpens++;
        id = new TcpSocketId(index, connection.Generation);
        Demand(index, TcpPending.Syn);
        applications.Opened(application, slot, new TcpSocket(this, index));
        return TcpConnectResult.Opening;
    }

    /// <param name="least">A sequence number to start with instead, beyond those of an earlier connection.</param>
    private void StartSending(ref TcpConnection connection, SequenceNumber? least = null)
    {
        var unforeseeable = Unforeseeable(connection.Key);
        var iss = least ?? NewIss(unforeseeable);
        connection.Iss = iss;
        connection.SndUna = iss;
        connection.SndNxt = iss;
        connection.SndMax = iss;
        connection.WriteSequence = iss + 1;
        connection.TimestampOffset = NewTimestampOffset(unforeseeable);
        connection.NetworkHeaderLength = (byte)network.HeaderLength(connection.RemoteAddress);
    }

    private Verdict ArriveInSynSent(int index, ref TcpConnection connection, ref TcpSegment segment)
    {
        if (segment.IsAck && (segment.Acknowledgment <= connection.Iss || segment.Acknowledgment > connection.SndMax))
        {
            if (connection.Retransmits == 0)
            {
                // the peer has an older connection, which our reset ends: the SYN need not wait a second (tcp_rcv_synsent_state_process)
                connection.RetransmitAt = now + SynRetryAfterReset;
                Schedule(index, ref connection);
            }

            if (!segment.IsReset)
            {
                ReplyReset(ref segment);
            }

            return Verdict.Drop(DropReason.TcpInvalidAckSequence);
        }

        if (segment.IsReset)
        {
            if (!segment.IsAck)
            {
                return Verdict.Drop(DropReason.TcpReset);
            }

            counters.AttemptFails++;
            Transit(ref connection, TcpEvent.Abort);
            Finish(index, TcpCloseReason.Refused);
            return Verdict.Consumed;
        }

        if (!segment.IsSyn)
        {
            return Verdict.Drop(DropReason.TcpFlags);
        }

        TakeSyn(ref connection, ref segment);
        Transit(ref connection, segment.IsAck ? TcpEvent.SynAck : TcpEvent.Syn);
        if (segment.IsAck)
        {
            Establish(index, ref connection, ref segment);
            TakeFastOpenAnswer(ref connection, ref segment);
            if (!MayHandshakeWait(index, ref connection))
            {
                Demand(index, TcpPending.Ack);
            }
        }
        else
        {
            // both ends open at once: our SYN again, now with an acknowledgment
            Demand(index, TcpPending.Syn);
        }

        return Verdict.Consumed;
    }

    /// <summary>
    /// Segment sizes from the path's MTU and the peer's option (RFC 9293 §3.7.1, RFC 6691). Options are taken off, and no
    /// segment is longer than one frame behind its headroom, nor than half of the largest window, or every one would wait for
    /// the whole of it (RFC 9293 §3.8.6.2.1 (3), tcp_bound_to_half_wnd).
    /// </summary>
    private void SynchronizeMss(ref TcpConnection connection)
    {
        var path = network.PathMtu(connection.RemoteAddress) - connection.NetworkHeaderLength - TcpHeader.MinimumLength;
        var size = Math.Min(path, connection.MssClamp) - (connection.HeaderLength - TcpHeader.MinimumLength);
        var most = connection.MaxWindow > DefaultMss ? connection.MaxWindow / 2 : connection.MaxWindow;
        if (most > 0)
        {
            size = Math.Min(size, Math.Max(most, SmallestBoundMss));
        }

        connection.Mss = (ushort)Math.Clamp(BoundByBlackHole(ref connection, size), settings.MinimumSegmentSize, Arena.Stride - Arena.Headroom);
    }
}
