using Millrace.Headers;
using Millrace.Interop;

namespace Millrace.Tcp;

/// <content>
/// How much a connection has moved in its life. Sequence numbers count bytes anyway, so nothing is counted for each segment: what has come
/// round is kept now and then, and what goes again is no usual case.
/// </content>
public sealed partial class Tcp<TSettings, TMemory, TSmallQueues, TApplications, TCongestionControl>
{
    /// <summary>No connection moves three times as much between two of its timers, or two round trips.</summary>
    private const uint KeptDistance = 1u << 30;

    private readonly NativeTable<TcpTotals> totals;

    private ref TcpTotals OwnTotals(int index, ref TcpConnection connection)
    {
        ref var own = ref totals[index];
        if (!connection.Has(TcpTraits.Counted))
        {
            own = default;
            connection.Traits |= TcpTraits.Counted;
        }

        return ref own;
    }

    private void CountRepeated(int index, ref TcpConnection connection, int segments, int length)
    {
        ref var own = ref OwnTotals(index, ref connection);
        own.RetransmittedSegments += (uint)segments;
        own.RetransmittedBytes += (uint)length;
    }

    /// <summary>Moves the origins of both sequence spaces on, before they come round.</summary>
    private void KeepTotals(ref TcpConnection connection)
    {
        var acknowledged = (uint)(connection.SndUna - connection.Iss);
        var received = (uint)(connection.RcvNxt - connection.Irs);
        if (Math.Max(acknowledged, received) < KeptDistance || !IsSynchronized(connection.State))
        {
            return;
        }

        ref var own = ref OwnTotals(connections.IndexOf(ref connection), ref connection);
        own.Acknowledged += acknowledged;
        own.Received += received;
        connection.Iss = connection.SndUna;
        connection.Irs = connection.RcvNxt;
    }

    private TcpInfo WithTotals(int index, ref TcpConnection connection, TcpInfo info)
    {
        if (connection.State is TcpState.SynSent or TcpState.SynReceived)
        {
            return info with { TotalRetrans = connection.Has(TcpTraits.Counted) ? totals[index].RetransmittedSegments : 0 };
        }

        var own = connection.Has(TcpTraits.Counted) ? totals[index] : default;
        var sent = (ulong)(uint)(SequenceNumber.Min(connection.SndMax, connection.WriteSequence) - connection.Iss) - 1;
        var acknowledged = (ulong)(uint)(connection.SndUna - connection.Iss);
        return info with
        {
            // an active end counts its SYN, both count FINs (tcp_snd_una_update, tcp_rcv_nxt_update)
            BytesAcked = own.Acknowledged + acknowledged - (connection.Has(TcpTraits.Active) ? 0u : 1u),
            BytesReceived = own.Received + (uint)(connection.RcvNxt - connection.Irs) - 1,
            BytesSent = own.Acknowledged + sent + own.RetransmittedBytes,
            BytesRetrans = own.RetransmittedBytes,
            TotalRetrans = own.RetransmittedSegments,
        };
    }
}
