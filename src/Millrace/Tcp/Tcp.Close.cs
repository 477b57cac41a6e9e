using Millrace.Headers;
using Millrace.Memory;
using Millrace.Sockets;

namespace Millrace.Tcp;

/// <content>How connections end (RFC 9293 §3.6, §3.10.4, §3.10.5).</content>
public sealed partial class Tcp<TSettings, TMemory, TSmallQueues, TApplications, TCongestionControl>
{
    public override void Shutdown(int index)
    {
        ref var connection = ref connections[index];
        if (connection.Has(TcpTraits.FinQueued) || connection.Has(TcpTraits.Detached) || (connection.Pending & TcpPending.Reset) != 0)
        {
            return;
        }

        switch (connection.State)
        {
            case TcpState.SynSent:
                Transit(ref connection, TcpEvent.Close);
                connection.Pending = TcpPending.None;
                End(index, ref connection, TcpCloseReason.Aborted);
                break;

            case TcpState.SynReceived:
                // kept until the handshake is over, or nothing would repeat the SYN (RFC 9293 §3.10.4); a connection that was
                // opened early may send its FIN behind the SYN-ACK
                connection.Traits |= TcpTraits.FinQueued;
                List(index);
                break;

            case TcpState.Established or TcpState.CloseWait:
                connection.Traits |= TcpTraits.FinQueued;
                Transit(ref connection, TcpEvent.Close);
                List(index);
                break;
        }
    }

    public override void Close(int index)
    {
        ref var connection = ref connections[index];
        if (connection.Has(TcpTraits.Orphan) || !connection.Has(TcpTraits.InUse))
        {
            return;
        }

        if (connection.Readable > 0 && !connection.Has(TcpTraits.Detached))
        {
            counters.TCPAbortOnClose++;
            Abort(index);
            return;
        }

        connection.Traits |= TcpTraits.Orphan;
        orphans++;
        if (connection.Has(TcpTraits.Detached))
        {
            Demand(index, TcpPending.End);
            return;
        }

        Shutdown(index);
        if (connection.State == TcpState.FinWait2)
        {
            WaitForFin(index, ref connection);
        }

        if (IsSynchronized(connection.State) && AreTooManyOrphans(ref connection, 0))
        {
            counters.TCPAbortOnMemory++;
            Reset(index, ref connection, TcpCloseReason.Aborted);
        }
    }

    public override void Abort(int index)
    {
        ref var connection = ref connections[index];
        if (!connection.Has(TcpTraits.InUse) || (connection.Pending & TcpPending.Reset) != 0)
        {
            return;
        }

        if (connection.Has(TcpTraits.Detached) || connection.State == TcpState.SynSent)
        {
            // a SYN that has not gone must not go any more
            connection.Pending &= ~TcpPending.Syn;
            connection.State = TcpStateTable.Next(connection.State, TcpEvent.Abort);
            connection.CloseReason = TcpCloseReason.Aborted;
            Demand(index, TcpPending.End);
            return;
        }

        Reset(index, ref connection, TcpCloseReason.Aborted);
    }

    /// <summary>Ends a connection with a reset at the end of the poll.</summary>
    private void Reset(int index, ref TcpConnection connection, TcpCloseReason reason)
    {
        Transit(ref connection, TcpEvent.Abort);
        connection.CloseReason = reason;
        connection.Pending = TcpPending.Reset;
        StopTimers(index, ref connection);
        List(index);
    }

    private void FinAcknowledged(int index, ref TcpConnection connection)
    {
        var before = connection.State;
        Transit(ref connection, TcpEvent.AckOfFin);
        if (connection.State == before)
        {
            return;
        }

        switch (connection.State)
        {
            case TcpState.FinWait2 when connection.Has(TcpTraits.Orphan):
                WaitForFin(index, ref connection);
                break;

            case TcpState.TimeWait:
                EnterTimeWait(index, ref connection);
                break;

            case TcpState.Closed:
                Detach(index, ref connection);
                EndWhenRead(index, ref connection);
                break;
        }
    }


    /// <summary>Both directions are done; the application may still have something to read.</summary>
    private void EndWhenRead(int index, ref TcpConnection connection)
    {
        connection.CloseReason = TcpCloseReason.Closed;
        StopTimers(index, ref connection);
        if (connection.Readable == 0 || connection.Has(TcpTraits.Orphan))
        {
            Demand(index, TcpPending.End);
        }
    }

    private void End(int index, ref TcpConnection connection, TcpCloseReason reason)
    {
        connection.CloseReason = reason;
        StopTimers(index, ref connection);
        Demand(index, TcpPending.End);
    }

    private void StopTimers(int index, ref TcpConnection connection)
    {
        StopRetransmission(ref connection);
        connection.DelayedAckAt = Never;
        connection.KeepAliveAt = Never;
        connection.WritableAt = Never;
        wheel.Cancel(index);
    }

    /// <summary>The flow table forgets the connection.</summary>
    private void Detach(int index, ref TcpConnection connection)
    {
        if (!connection.Has(TcpTraits.Detached))
        {
            connection.Traits |= TcpTraits.Detached;
            var key = connection.Key;
            flows.Remove(flows.Hash(in key), index);
            GiveUp(in key);
        }
    }

    /// <summary>Gives back all a connection has, and tells the application last: its handler may open another.</summary>
    private void Finish(int index, TcpCloseReason reason)
    {
        ref var connection = ref connections[index];
        Detach(index, ref connection);
        StopTimers(index, ref connection);
        connection.State = TcpState.Closed;
        connection.Pending = TcpPending.None;
        connection.DuplicateAcksDue = 0;
        notices = TcpNotices.None;
        if (connection.Listener != None)
        {
            listeners[connection.Listener].Pending--;
            connection.Listener = None;
        }

        orphans -= connection.Has(TcpTraits.Orphan) ? 1 : 0;
        LeaveFastOpenQueue(ref connection);
        EndTransfer(ref connection);
        EndPacing(index, ref connection);
        var slot = connection.Slot;
        var application = connection.Application;
        if (slot != None)
        {
            // the socket can still be asked who it was, and what was unread be looked at
            applications.Closed(application, slot, new TcpSocket(this, index), reason);
            connection.Slot = None;
            freeSlots[application][freeSlotCounts[application]++] = slot;
            freeSlotCount++;
        }

        ReleaseQueues(ref connection);
        connection.Pending = TcpPending.None;
        connection.Traits &= TcpTraits.Listed;
        connection.Slot = freeConnection;
        freeConnection = index;
        freeConnectionCount++;
    }

    private void ReleaseQueues(ref TcpConnection connection)
    {
        arena.ReleaseChain(connection.ReceiveHead, Holders.ReceiveQueue);
        connection.ReceiveHead = Frame.None;
        connection.ReceiveTail = Frame.None;
        connection.Readable = 0;
        while (connection.OutOfOrder.TryDequeue(arena, out var range))
        {
            arena.ReleaseChain(range, Holders.OutOfOrderQueue);
        }

        UnchargeReceive(ref connection, connection.RmemAlloc);
        while (!connection.SendHead.IsNone)
        {
            RemoveFirst(ref connection, ref arena.Metadata(connection.SendHead));
        }
    }
}
