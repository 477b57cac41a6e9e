namespace Millrace.Tcp;

/// <summary>
/// TCP_INFO: what a connection knows of its path, under the names and with the meanings of struct tcp_info
/// (include/uapi/linux/tcp.h, filled by tcp_get_info in net/ipv4/tcp.c). Times are microseconds, amounts bytes, windows and counts
/// of what is in flight segments, unless a member says otherwise.
/// </summary>
public readonly record struct TcpInfo
{
    /// <summary>The state in the kernel's numbers (include/net/tcp_states.h): 1 is ESTABLISHED.</summary>
    public byte State { get; init; }

    /// <summary>0 nothing is known to be lost, 1 disorder, 2 the window is being reduced, 3 recovery, 4 after a timeout (enum tcp_ca_state).</summary>
    public byte CaState { get; init; }

    /// <summary>Timeouts of the oldest segment in a row.</summary>
    public byte Retransmits { get; init; }

    /// <summary>Probes of a closed window that were not answered, or of a silent peer.</summary>
    public byte Probes { get; init; }

    /// <summary>How often the timeout has doubled.</summary>
    public byte Backoff { get; init; }

    /// <summary>TCPI_OPT_: 1 timestamps, 2 selective acknowledgment, 4 window scale.</summary>
    public byte Options { get; init; }

    public byte SndWscale { get; init; }

    public byte RcvWscale { get; init; }

    /// <summary>The retransmission timeout, with its back-off.</summary>
    public uint Rto { get; init; }

    /// <summary>The time a delayed acknowledgment may wait.</summary>
    public uint Ato { get; init; }

    public uint SndMss { get; init; }

    public uint RcvMss { get; init; }

    /// <summary>Segments sent and not acknowledged (packets_out).</summary>
    public uint Unacked { get; init; }

    /// <summary>Segments that were selectively acknowledged, or that duplicates stand for.</summary>
    public uint Sacked { get; init; }

    /// <summary>Segments that are taken for lost, those that went again included.</summary>
    public uint Lost { get; init; }

    /// <summary>Copies in flight.</summary>
    public uint Retrans { get; init; }

    /// <summary>Milliseconds since data was sent.</summary>
    public uint LastDataSent { get; init; }

    /// <summary>Milliseconds since data was received.</summary>
    public uint LastDataRecv { get; init; }

    /// <summary>What the path takes, in bytes with all headers.</summary>
    public uint Pmtu { get; init; }

    public uint RcvSsthresh { get; init; }

    /// <summary>The smoothed round-trip time.</summary>
    public uint Rtt { get; init; }

    /// <summary>Its variation (mdev).</summary>
    public uint Rttvar { get; init; }

    /// <summary>Segments; 2^31 - 1 before the first loss.</summary>
    public uint SndSsthresh { get; init; }

    /// <summary>Segments.</summary>
    public uint SndCwnd { get; init; }

    /// <summary>The segment size that was announced.</summary>
    public uint Advmss { get; init; }

    /// <summary>Segments a packet may be overtaken by.</summary>
    public uint Reordering { get; init; }

    /// <summary>The round-trip time that the receiver estimates.</summary>
    public uint RcvRtt { get; init; }

    /// <summary>Bytes the application takes in a round trip.</summary>
    public uint RcvSpace { get; init; }

    /// <summary>Bytes a second; <see cref="ulong.MaxValue"/> before the first round trip.</summary>
    public ulong PacingRate { get; init; }

    /// <summary>Bytes that the peer has acknowledged; what opened has its SYN among them, and a FIN counts.</summary>
    public ulong BytesAcked { get; init; }

    /// <summary>Bytes that came in order; a FIN counts.</summary>
    public ulong BytesReceived { get; init; }

    /// <summary>Bytes of payload that were sent, those that went again counted again.</summary>
    public ulong BytesSent { get; init; }

    /// <summary>Bytes of payload that went again.</summary>
    public ulong BytesRetrans { get; init; }

    /// <summary>Segments that went again in the connection's life.</summary>
    public uint TotalRetrans { get; init; }

    /// <summary>The application's bound of it, bytes a second (SO_MAX_PACING_RATE); <see cref="ulong.MaxValue"/> for none.</summary>
    public ulong MaxPacingRate { get; init; }

    /// <summary>Segments that were delivered, by whatever way they were acknowledged; this and what follows is 0 where the algorithm needs no rates.</summary>
    public uint Delivered { get; init; }

    /// <summary>Of them, those acknowledged with a mark of congestion.</summary>
    public uint DeliveredCe { get; init; }

    /// <summary>Bytes a second at which they were delivered lately.</summary>
    public ulong DeliveryRate { get; init; }

    /// <summary>Whether that was all that the application had to send.</summary>
    public bool IsDeliveryRateAppLimited { get; init; }

    /// <summary>Bytes that were written and not sent yet.</summary>
    public uint NotsentBytes { get; init; }

    /// <summary>The shortest round trip; 0 where none was kept (<see cref="ITcpSettings.Transfers"/>).</summary>
    public uint MinRtt { get; init; }

    /// <summary>The peer's window.</summary>
    public uint SndWnd { get; init; }

    /// <summary>The window announced to the peer.</summary>
    public uint RcvWnd { get; init; }

    /// <summary>The number of a state in include/net/tcp_states.h.</summary>
    public static byte NumberOf(TcpState state) => state switch
    {
        TcpState.Established => 1,
        TcpState.SynSent => 2,
        TcpState.SynReceived => 3,
        TcpState.FinWait1 => 4,
        TcpState.FinWait2 => 5,
        TcpState.TimeWait => 6,
        TcpState.CloseWait => 8,
        TcpState.LastAck => 9,
        TcpState.Listen => 10,
        TcpState.Closing => 11,
        _ => 7,
    };
}
