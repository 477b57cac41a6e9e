using System.Runtime.CompilerServices;
using Millrace.Headers;
using Millrace.Memory;

namespace Millrace.Tcp;

/// <content>
/// A segment finds no room: the buffer grows if it may, what it holds is packed, then what is ahead of a gap is given up
/// (net/ipv4/tcp_input.c, tcp_try_rmem_schedule and tcp_prune_queue). A window that was announced stays, whatever happens.
/// </content>
public sealed partial class Tcp<TSettings, TMemory, TSmallQueues, TApplications, TCongestionControl>
{
    private static bool HasRoom(ref TcpConnection connection) => connection.RmemAlloc <= connection.RcvBuf;

    /// <param name="arrived">Where the new text begins; nothing before it is given up for it.</param>
    /// <param name="truesize">What it will be charged.</param>
    private bool TryMakeRoom(ref TcpConnection connection, SequenceNumber arrived, int truesize) =>
        (HasRoom(ref connection) && MayKeep(ref connection, truesize)) || TryPrune(ref connection, arrived, truesize);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool TryPrune(ref TcpConnection connection, SequenceNumber arrived, int truesize)
    {
        if (connection.RmemAlloc == 0)
        {
            return false;
        }

        counters.PruneCalled++;
        if (!TryMakeRoomInBuffer(ref connection, arrived))
        {
            counters.RcvPruned++;
            return false;
        }

        while (!MayKeep(ref connection, truesize))
        {
            if (!PruneOutOfOrder(ref connection, arrived))
            {
                return false;
            }
        }

        return true;
    }

    private bool TryMakeRoomInBuffer(ref TcpConnection connection, SequenceNumber arrived)
    {
        if (!HasRoom(ref connection))
        {
            StretchBuffer(ref connection);
        }
        else if (isUnderPressure)
        {
            LimitWindow(ref connection);
        }

        if (!HasRoom(ref connection))
        {
            CollapseQueues(ref connection);
        }

        return HasRoom(ref connection) || (PruneOutOfOrder(ref connection, arrived) && HasRoom(ref connection));
    }

    /// <summary>The buffer may hold what it holds, as long as memory is plentiful; else windows get small (tcp_clamp_window).</summary>
    private void StretchBuffer(ref TcpConnection connection)
    {
        connection.Ack.Quick = 0;
        if (connection.RcvBuf < memory.Rmem.Maximum && !connection.Has(TcpTraits.ReceiveBufferLocked) && !isUnderPressure
            && arena.SocketMemory < LowMemory)
        {
            connection.RcvBuf = Math.Min(connection.RmemAlloc, memory.Rmem.Maximum);
        }

        if (!HasRoom(ref connection))
        {
            connection.RcvSsThresh = Math.Min(connection.WindowClamp, 2 * connection.AdvertisedMss);
        }
    }

    /// <summary>
    /// Gives up text that is ahead of a gap, the farthest first, an eighth of the buffer at a time (tcp_prune_ofo_queue): the
    /// sender will repeat it. It was counted as delivered when it was queued, so no ledger counts it as dropped.
    /// </summary>
    /// <returns>Whether any was.</returns>
    private bool PruneOutOfOrder(ref TcpConnection connection, SequenceNumber arrived)
    {
        if (connection.OutOfOrder.IsEmpty || RangeEnd(connection.OutOfOrder.Last) <= arrived)
        {
            // what would lie last pushes nothing out, and must not make anybody look through the queue (CVE-2018-5390)
            return false;
        }

        var pruned = false;
        while (PruneStep(ref connection, arrived, Math.Max(connection.RcvBuf >> 3, 1)))
        {
            pruned = true;
            if (HasRoom(ref connection) && !isUnderPressure)
            {
                break;
            }
        }

        counters.OfoPruned += pruned ? 1 : 0;
        return pruned;
    }

    private bool PruneStep(ref TcpConnection connection, SequenceNumber arrived, int goal)
    {
        var all = 0;
        for (var range = connection.OutOfOrder.First; !range.IsNone; range = arena.Metadata(range).Next)
        {
            all += TruesizeOf(range);
        }

        var kept = 0;
        var before = Frame.None;
        for (var range = connection.OutOfOrder.First; !range.IsNone; range = arena.Metadata(range).Next)
        {
            var start = RangeStart(range);
            var last = Frame.None;
            for (var frame = range; !frame.IsNone; frame = arena.Metadata(frame).NextFragment)
            {
                ref var metadata = ref arena.Metadata(frame);
                kept += metadata.Truesize;
                if (kept > all - goal && start >= arrived)
                {
                    CutOutOfOrder(ref connection, last.IsNone ? before : range, last, start);
                    return true;
                }

                start += metadata.DataLength;
                last = frame;
            }

            before = range;
        }

        return false;
    }

    /// <summary>Ends the queue behind a range, of which a tail is cut off too if <paramref name="last"/> is one of its frames.</summary>
    /// <param name="end">Where the range ends then.</param>
    private void CutOutOfOrder(ref TcpConnection connection, Frame range, Frame last, SequenceNumber end)
    {
        if (!last.IsNone)
        {
            ref var metadata = ref arena.Metadata(last);
            var rest = metadata.NextFragment;
            metadata.NextFragment = Frame.None;
            arena.Metadata(range).Owner = last.Index;
            arena.Metadata(range).TotalLength = end - RangeStart(range);
            ReleaseRange(ref connection, rest);
        }

        while (!connection.OutOfOrder.IsEmpty && connection.OutOfOrder.Last != range)
        {
            ReleaseRange(ref connection, connection.OutOfOrder.RemoveAfter(arena, range));
        }
    }

    /// <summary>Nothing beyond the peer's FIN will be read.</summary>
    private void ReleaseOutOfOrder(ref TcpConnection connection)
    {
        while (connection.OutOfOrder.TryDequeue(arena, out var range))
        {
            ReleaseRange(ref connection, range);
        }
    }
}
