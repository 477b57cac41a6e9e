using System.Runtime.CompilerServices;
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

    /// <summary>One of its times was set; the place stands for the earliest of the others already.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Schedule(int index, Deadline deadline) => wheel.Advance(index, (now >> TimerWheel.TickShift) + deadline.TicksLeft(now));

    private void Expire(int index)
    {
        ref var connection = ref connections[index];
        if (!connection.Has(TcpTraits.InUse))
        {
            return;
        }

        KeepTotals(ref connection);
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
            switch (connection.RetransmitTimer)
            {
                case RetransmitTimer.Probe:
                    ProbeTimedOut(index, ref connection);
                    break;
                case RetransmitTimer.LossProbe:
                    LossProbeTimedOut(index, ref connection);
                    break;
                case RetransmitTimer.Reordering:
                    ReorderingTimedOut(index, ref connection);
                    break;
                default:
                    RetransmissionTimedOut(index, ref connection);
                    break;
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

    /// <summary>(Re)starts the retransmission timer (RFC 6298 §5.1, §5.3), or that of a probe, which is sent in its place where it is not earlier.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void StartRetransmission(int index, ref TcpConnection connection)
    {
        if (settings.TailLossProbe && connection.Has(TcpTraits.Sack) && ProbeTimeout(ref connection) is > 0 and var probe)
        {
            connection.RetransmitTimer = RetransmitTimer.LossProbe;
            connection.RetransmitAt = now + (Math.Min(probe, connection.Rtt.BackedOff(connection.Backoff, RtoMax)) * Microsecond);
            Schedule(index, ref connection);
        }
        else
        {
            StartTimeout(index, ref connection);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void StartTimeout(int index, ref TcpConnection connection)
    {
        connection.RetransmitTimer = RetransmitTimer.Retransmission;
        connection.RetransmitAt = now + (connection.Rtt.BackedOff(connection.Backoff, RtoMax) * Microsecond);
        Schedule(index, connection.RetransmitAt);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
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
        if (settings.KeepAlive || connection.Has(TcpTraits.OptionsSet))
        {
            RestartKeepAlive(index, ref connection);
        }
    }

    /// <summary>The time until the first probe begins now, if there is to be one.</summary>
    private void RestartKeepAlive(int index, ref TcpConnection connection)
    {
        var options = Options(index);
        if (options.KeepAlive && IsSynchronized(connection.State))
        {
            connection.KeepAliveAt = now + (options.KeepIdle * Second);
            Schedule(index, ref connection);
        }
    }

    private static bool IsSynchronized(TcpState state) => state is > TcpState.SynReceived and < TcpState.TimeWait;

    /// <summary>RFC 9293 §3.8.4; or an orphan has waited long enough for the peer's FIN (net/ipv4/tcp_timer.c, tcp_keepalive_timer).</summary>
    private void KeepAliveTimedOut(int index, ref TcpConnection connection)
    {
        connection.KeepAliveAt = Never;
        if (connection.Has(TcpTraits.Orphan) && connection.State == TcpState.FinWait2)
        {
            Transit(ref connection, TcpEvent.Abort);
            Finish(index, TcpCloseReason.Closed);
            return;
        }

        var options = Options(index);
        if (!options.KeepAlive || !IsSynchronized(connection.State))
        {
            return;
        }

        var time = options.KeepIdle * Second;
        var elapsed = connection.LastReceivedAt.Elapsed(now);
        if (connection.InFlight > 0 || !connection.SendNext.IsNone)
        {
            // what is in flight has a timer that says whether the peer is there
            connection.KeepAliveAt = now + time;
            return;
        }

        if (elapsed < time && connection.KeepAliveProbesOut == 0)
        {
            connection.KeepAliveAt = now + time - elapsed;
            return;
        }

        var isOver = options.UserTimeout > 0
            ? connection.KeepAliveProbesOut > 0 && elapsed >= options.UserTimeout * Millisecond
            : connection.KeepAliveProbesOut >= options.KeepCount;
        if (isOver)
        {
            counters.TCPAbortOnTimeout++;
            Reset(index, ref connection, TcpCloseReason.TimedOut);
            return;
        }

        Count(ref connection.KeepAliveProbesOut);
        counters.TCPKeepAlive++;
        connection.KeepAliveAt = now + (options.KeepInterval * Second);
        Demand(index, TcpPending.Probe);
    }
}
