namespace Millrace.Tcp;

/// <content>
/// TCP_DEFER_ACCEPT: a listener has connections only with their first data, so the acknowledgment that would end a handshake is dropped, and
/// sent again when the SYN-ACK is (net/ipv4/tcp_minisocks.c, tcp_check_req; inet_connection_sock.c, syn_ack_recalc).
/// </content>
public sealed partial class Tcp<TSettings, TMemory, TSmallQueues, TApplications, TCongestionControl>
{
    /// <summary>TCP_TIMEOUT_INIT, seconds.</summary>
    private const int FirstSynTimeout = 1;

    /// <summary>The retransmissions of a SYN-ACK that so many seconds last (secs_to_retrans).</summary>
    private byte RetriesOf(int seconds)
    {
        byte retries = 0;
        var timeout = FirstSynTimeout;
        for (var period = 0; period < seconds && retries < byte.MaxValue; retries++)
        {
            period += timeout;
            timeout = Math.Min(timeout * 2, settings.RtoMaxMilliseconds / 1000);
        }

        return retries;
    }

    /// <summary>The seconds that so many retransmissions last (retrans_to_secs).</summary>
    private int SecondsOf(byte retries)
    {
        var period = 0;
        for (var timeout = FirstSynTimeout; retries > 0; retries--)
        {
            period += timeout;
            timeout = Math.Min(timeout * 2, settings.RtoMaxMilliseconds / 1000);
        }

        return period;
    }

    private int DeferredRetries(ref TcpConnection connection) =>
        connection.Listener == None ? 0 : RetriesOf(listeners[connection.Listener].Options.DeferAcceptSeconds);

    /// <summary>Whether this acknowledgment of a SYN-ACK has to come again with data.</summary>
    private bool IsAcceptDeferred(ref TcpConnection connection, ref TcpSegment segment)
    {
        if (connection.Listener == None || segment.End != connection.Irs + 1 || segment.IsSyn || connection.IsOpenEarly
            || segment.Acknowledgment != connection.SndMax || connection.Retransmits >= DeferredRetries(ref connection))
        {
            return false;
        }

        connection.Traits |= TcpTraits.AckDeferred;
        counters.TCPDeferAcceptDrop++;
        return true;
    }

    /// <summary>A SYN-ACK has timed out whose acknowledgment may have been dropped.</summary>
    /// <param name="most">Retransmissions, if data is not waited for.</param>
    /// <returns>Whether the handshake has failed, and if not whether the SYN-ACK goes again: only at the end of the wait, as a last chance.</returns>
    private (bool IsOver, bool Repeats) JudgeSynAck(ref TcpConnection connection, int most)
    {
        var deferred = DeferredRetries(ref connection);
        var isAcknowledged = connection.Has(TcpTraits.AckDeferred);
        return deferred == 0
            ? (connection.Retransmits >= most, true)
            : (connection.Retransmits >= most && (!isAcknowledged || connection.Retransmits >= deferred),
                !isAcknowledged || connection.Retransmits >= deferred - 1);
    }
}
