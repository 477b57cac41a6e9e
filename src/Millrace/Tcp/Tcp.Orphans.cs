using Millrace.Sockets;

namespace Millrace.Tcp;

/// <content>Connections that their application has closed and that have not ended yet: how many, and how long.</content>
public sealed partial class Tcp<TSettings, TMemory, TSmallQueues, TApplications, TCongestionControl>
{
    /// <summary>tcp_orphan_retries, if it is 0, while timeouts still grow: 100 seconds (net/ipv4/tcp_timer.c).</summary>
    private const int DefaultOrphanRetries = 8;

    private int orphans;

    /// <summary>Nobody will read: FIN-WAIT-2 is bounded (tcp_fin_timeout, TCP_LINGER2; RFC 9293 has no such bound).</summary>
    private void WaitForFin(int index, ref TcpConnection connection)
    {
        var seconds = OptionOf(index, TcpOption.Linger2);
        if (seconds < 0)
        {
            counters.TCPAbortOnLinger++;
            Reset(index, ref connection, TcpCloseReason.Closed);
            return;
        }

        // no shorter than a FIN that was lost three times may take (tcp_fin_time)
        connection.KeepAliveAt = now + Math.Max(seconds * Second, connection.Rtt.Timeout * Microsecond * 7 / 2);
        Schedule(index, ref connection);
    }

    private bool IsBelowLongestTimeout(ref TcpConnection connection) => connection.Rtt.BackedOff(connection.Backoff, RtoMax) < RtoMax;

    private int OrphanRetries(ref TcpConnection connection)
    {
        var isAlive = IsBelowLongestTimeout(ref connection);
        var retries = connection.SoftError != TcpCloseReason.TimedOut && !isAlive ? 0 : settings.OrphanRetries;
        return retries == 0 && isAlive ? DefaultOrphanRetries : retries;
    }

    /// <param name="shift">Doublings of what the connection counts for.</param>
    private bool AreTooManyOrphans(ref TcpConnection connection, int shift) =>
        (long)orphans << shift > settings.MaxOrphans
        || (connection.WmemQueued > MinimumSendBuffer && arena.SocketMemory > HighMemory);

    /// <summary>An orphan that times out makes room if there are too many; an old or unreachable one sooner (tcp_out_of_resources).</summary>
    private bool TryDropOrphan(int index, ref TcpConnection connection)
    {
        var shift = (connection.LastSentAt.Elapsed(now) > 2L * settings.RtoMaxMilliseconds * Millisecond ? 1 : 0)
            + (connection.SoftError != TcpCloseReason.TimedOut ? 1 : 0);
        if (!AreTooManyOrphans(ref connection, shift))
        {
            return false;
        }

        counters.TCPAbortOnMemory++;
        Reset(index, ref connection, TcpCloseReason.Aborted);
        return true;
    }
}
