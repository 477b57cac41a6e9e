namespace Millrace.Tcp;

/// <summary>
/// What an application may choose for one connection, named as Linux names it behind TCP_ and SO_; values have its units and limits
/// (net/ipv4/tcp.c, do_tcp_setsockopt).
/// </summary>
public enum TcpOption : byte
{
    /// <summary>SO_KEEPALIVE: 1 probes while nothing is in flight, 0 does not.</summary>
    KeepAlive,

    /// <summary>TCP_KEEPIDLE, seconds from 1 to 32767.</summary>
    KeepIdle,

    /// <summary>TCP_KEEPINTVL, seconds from 1 to 32767.</summary>
    KeepInterval,

    /// <summary>TCP_KEEPCNT, from 1 to 127.</summary>
    KeepCount,

    /// <summary>TCP_SYNCNT, retransmissions of a SYN from 1 to 127.</summary>
    SynCount,

    /// <summary>
    /// TCP_LINGER2, seconds an orphan waits in FIN-WAIT-2, at most 120; 0 for what the stack is set to, below 0 ends it with a reset.
    /// </summary>
    Linger2,

    /// <summary>
    /// TCP_USER_TIMEOUT (RFC 5482 §3), milliseconds that data may be unacknowledged, a window closed or probes of an idle connection
    /// unanswered until it is given up; 0 for what the stack is set to.
    /// </summary>
    UserTimeout,

    /// <summary>TCP_CORK: 1 sends full segments only, what is left after a timeout; 0 lets what waits go.</summary>
    Cork,

    /// <summary>
    /// TCP_QUICKACK: 0 lets acknowledgments wait for data that may carry them, 1 sends them at once as long as the peer alone sends. It is
    /// a state that changes with what is sent and received, and not kept.
    /// </summary>
    QuickAck,

    /// <summary>
    /// TCP_DEFER_ACCEPT, seconds: of a listener, how long a connection is accepted only with data (rounded to a SYN-ACK's retransmissions); of
    /// an open, the last acknowledgment of the handshake waits for data.
    /// </summary>
    DeferAccept,

    /// <summary>TCP_NOTSENT_LOWAT, bytes that may be written and not sent before a socket is not writable; 0 for what the stack is set to.</summary>
    NotSentLowat,

    /// <summary>
    /// TCP_MAXSEG, 88 to 32767 or 0: what is announced and what is sent at most. It counts for opens that come later; of a connection the size
    /// in use is read.
    /// </summary>
    MaximumSegment,

    /// <summary>
    /// SO_MAX_PACING_RATE, bytes a second as an unsigned number of 32 bits, of which 0 and -1 (all bits) are no bound. A connection for which it was chosen has its
    /// packets depart one after the other, at its rate or this one if that is less.
    /// </summary>
    MaximumPacingRate,
}
