using Millrace.Memory;
using Millrace.Sockets;

namespace Millrace.Tcp;

/// <content>
/// Timers. A connection has one place in the wheel, set to the earliest of its times; a time that is put off leaves the place
/// as it is, and it is set anew when it expires, so that an acknowledgment costs no relinking.
/// </content>
public sealed partial class Tcp<TSettings, TMemory, TSmallQueues, TApplications, TCongestionControl>
{
    private void Schedule(int index, ref TcpConnection connection)
    {
        var left = Math.Min(
            Math.Min(connection.RetransmitAt.TicksLeft(now), connection.DelayedAckAt.TicksLeft(now)),
            Math.Min(connection.KeepAliveAt.TicksLeft(now), connection.WritableAt.TicksLeft(now)));
        if (left != int.MaxValue)
        {
            wheel.Advance(index, (now >> TimerWheel.TickShift) + left);
        }
    }

    private void Expire(int index)
    {
        ref var connection = ref connections[index];
        if (!connection.Has(TcpTraits.InUse))
        {
            return;
        }

        var generation = connection.Generation;
        if (connection.DelayedAckAt.IsDue(now))
        {
            DelayedAckTimedOut(index, ref connection);
        }

        if (connection.WritableAt.IsDue(now))
        {
            connection.WritableAt = Never;
            RetryWritable(index, ref connection);
        }

        if (IsAlive(index, generation) && connection.RetransmitAt.IsDue(now))
        {
            if (connection.RetransmitTimer == RetransmitTimer.Probe)
            {
                ProbeTimedOut(index, ref connection);
            }
            else
            {
                RetransmissionTimedOut(index, ref connection);
            }
        }

        if (IsAlive(index, generation) && connection.KeepAliveAt.IsDue(now))
        {
            KeepAliveTimedOut(index, ref connection);
        }

        if (IsAlive(index, generation))
        {
            Schedule(index, ref connection);
        }
    }

    /// <summary>Whether a place still has the connection it had: a handler may have ended it.</summary>
    private bool IsAlive(int index, int generation) =>
        connections[index].Generation == generation && connections[index].Has(TcpTraits.InUse);

    /// <summary>(Re)starts the retransmission timer (RFC 6298 §5.1, §5.3).</summary>
    private void StartRetransmission(int index, ref TcpConnection connection)
    {
        connection.RetransmitTimer = RetransmitTimer.Retransmission;
        connection.RetransmitAt = now + (connection.Rtt.BackedOff(connection.Backoff, RtoMax) * Microsecond);
        Schedule(index, ref connection);
    }

    private static void StopRetransmission(ref TcpConnection connection)
    {
        connection.RetransmitTimer = RetransmitTimer.None;
        connection.RetransmitAt = Never;
    }

    private void DelayedAckTimedOut(int index, ref TcpConnection connection)
    {
        connection.DelayedAckAt = Never;
        if (connection.RcvNxt != connection.RcvWup)
        {
            counters.DelayedACKs++;
            connection.Ack.Expired(connection.Rtt.Timeout);
            Demand(index, TcpPending.Ack);
        }
    }

    private void RetryWritable(int index, ref TcpConnection connection)
    {
        if (!connection.Has(TcpTraits.WantsWritable) || !MayWrite(ref connection))
        {
            return;
        }

        if (!IsWritable(ref connection))
        {
            connection.WritableAt = now + WritableRetry;
            return;
        }

        connection.Traits &= ~TcpTraits.WantsWritable;
        notices = TcpNotices.Writable;
        Tell(index);
    }

    private void StartKeepAlive(int index, ref TcpConnection connection)
    {
        if (settings.KeepAlive)
        {
            connection.KeepAliveAt = now + (settings.KeepAliveTimeSeconds * Second);
            Schedule(index, ref connection);
        }
    }

    /// <summary>RFC 9293 §3.8.4; or an orphan has waited long enough for the peer's FIN.</summary>
    private void KeepAliveTimedOut(int index, ref TcpConnection connection)
    {
        connection.KeepAliveAt = Never;
        if (connection.Has(TcpTraits.Orphan) && connection.State == TcpState.FinWait2)
        {
            Transit(ref connection, TcpEvent.Abort);
            Finish(index, TcpCloseReason.Closed);
            return;
        }

        if (!settings.KeepAlive || connection.State is TcpState.Closed or TcpState.SynSent or TcpState.SynReceived or TcpState.TimeWait)
        {
            return;
        }

        var due = now - connection.LastReceivedAt.Elapsed(now) + (settings.KeepAliveTimeSeconds * Second);
        if (connection.InFlight > 0 || (connection.KeepAliveProbesOut == 0 && due > now))
        {
            connection.KeepAliveAt = Math.Max(due, now + (settings.KeepAliveIntervalSeconds * Second));
            return;
        }

        if (connection.KeepAliveProbesOut >= settings.KeepAliveProbes)
        {
            counters.TCPAbortOnTimeout++;
            Reset(index, ref connection, TcpCloseReason.TimedOut);
            return;
        }

        connection.KeepAliveProbesOut++;
        counters.TCPKeepAlive++;
        connection.KeepAliveAt = now + (settings.KeepAliveIntervalSeconds * Second);
        Demand(index, TcpPending.Probe);
    }
}
