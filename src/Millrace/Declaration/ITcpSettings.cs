using Millrace.Tcp;

namespace Millrace;

/// <summary>The settings of <see cref="TcpAttribute"/>.</summary>
public interface ITcpSettings
{
    /// <summary>Retransmissions of a SYN, beside those at linear intervals, before an open fails.</summary>
    [Default(6, Source = "tcp_syn_retries")]
    [SameIn(KernelProfile.Linux_3_18)]
    [Allowed(1, 127)]
    int SynRetries { get; }

    /// <summary>Retransmissions of a SYN before the interval begins to double.</summary>
    [Default(4, Source = "tcp_syn_linear_timeouts")]
    [Default(0, Profile = KernelProfile.Linux_3_18, Source = "since 6.5")]
    [Allowed(0, 127)]
    int SynLinearTimeouts { get; }

    /// <summary>Retransmissions of a SYN-ACK before the entry is forgotten.</summary>
    [Default(5, Source = "tcp_synack_retries")]
    [SameIn(KernelProfile.Linux_3_18)]
    [Allowed(0, 127)]
    int SynAckRetries { get; }

    /// <summary>
    /// Whether a SYN is answered by a cookie, so that nothing is kept of it: 0 never, 1 when the backlog is full, 2 always. Without
    /// timestamps such a connection has no window scale.
    /// </summary>
    [Default(1, Source = "tcp_syncookies")]
    [SameIn(KernelProfile.Linux_3_18)]
    [Allowed(0, 2)]
    int SynCookies { get; }

    /// <summary>
    /// Retransmissions, at intervals that start with the minimum, whose time must pass before a connection is given up
    /// (924.6 s by default); probes of a closed window likewise.
    /// </summary>
    [Default(15, Source = "tcp_retries2")]
    [SameIn(KernelProfile.Linux_3_18)]
    [Allowed(1, 127)]
    int Retries2 { get; }

    /// <summary>Milliseconds; what the variance's part of the retransmission timeout is at least.</summary>
    [Default(200, Source = "tcp_rto_min_us")]
    [SameIn(KernelProfile.Linux_3_18)]
    [Allowed(1, 120_000)]
    int RtoMinMilliseconds { get; }

    /// <summary>Milliseconds.</summary>
    [Default(120_000, Source = "tcp_rto_max_ms")]
    [SameIn(KernelProfile.Linux_3_18)]
    [Allowed(1_000, 120_000)]
    int RtoMaxMilliseconds { get; }

    /// <summary>Timestamps (RFC 7323 §3) with a random offset for every connection.</summary>
    [Default(true, Source = "tcp_timestamps")]
    [SameIn(KernelProfile.Linux_3_18)]
    bool Timestamps { get; }

    /// <summary>Window scaling (RFC 7323 §2).</summary>
    [Default(true, Source = "tcp_window_scaling")]
    [SameIn(KernelProfile.Linux_3_18)]
    bool WindowScaling { get; }

    /// <summary>
    /// The same of a connection that its application has closed; 0 stands for 8 while timeouts still grow, and for none when they are longest.
    /// </summary>
    [Default(0, Source = "tcp_orphan_retries")]
    [SameIn(KernelProfile.Linux_3_18)]
    [Allowed(0, 127)]
    int OrphanRetries { get; }

    /// <summary>Connections that their application has closed and that have not ended; a further one is reset. Linux sizes it by memory.</summary>
    [Default(8192, Source = "tcp_max_orphans")]
    [SameIn(KernelProfile.Linux_3_18)]
    [Allowed(0, int.MaxValue)]
    int MaxOrphans { get; }

    /// <summary>Seconds a connection that the application has closed waits in FIN-WAIT-2 for the peer's FIN.</summary>
    [Default(60, Source = "tcp_fin_timeout")]
    [SameIn(KernelProfile.Linux_3_18)]
    [Allowed(1, 3_600)]
    int FinTimeoutSeconds { get; }

    /// <summary>Connections in TIME-WAIT; when there are more, the oldest is forgotten. Linux sizes it by memory.</summary>
    [Default(4096, Source = "tcp_max_tw_buckets")]
    [SameIn(KernelProfile.Linux_3_18)]
    [Allowed(1, 1 << 20)]
    [DecidesCapacity]
    int MaxTimeWaitBuckets { get; }

    /// <summary>Whether idle connections are probed.</summary>
    [Default(false, Source = "SO_KEEPALIVE")]
    [SameIn(KernelProfile.Linux_3_18)]
    bool KeepAlive { get; }

    /// <summary>Seconds without a segment from the peer before the first probe.</summary>
    [Default(7200, Source = "tcp_keepalive_time")]
    [SameIn(KernelProfile.Linux_3_18)]
    [Allowed(1, 32_767)]
    int KeepAliveTimeSeconds { get; }

    /// <summary>Seconds between probes.</summary>
    [Default(75, Source = "tcp_keepalive_intvl")]
    [SameIn(KernelProfile.Linux_3_18)]
    [Allowed(1, 32_767)]
    int KeepAliveIntervalSeconds { get; }

    /// <summary>Unanswered probes before the connection is given up.</summary>
    [Default(9, Source = "tcp_keepalive_probes")]
    [SameIn(KernelProfile.Linux_3_18)]
    [Allowed(1, 127)]
    int KeepAliveProbes { get; }

    /// <summary>The backlog of a listener that names none: handshakes that are not finished.</summary>
    [Default(4096, Source = "somaxconn")]
    [Default(128, Profile = KernelProfile.Linux_3_18, Source = "somaxconn")]
    [Allowed(1, 65_535)]
    [DecidesCapacity]
    int SoMaxConn { get; }

    /// <summary>The lowest port for connections that name none.</summary>
    [Default(32_768, Source = "ip_local_port_range")]
    [SameIn(KernelProfile.Linux_3_18)]
    [Allowed(1, 65_535)]
    int LocalPortMinimum { get; }

    /// <summary>The highest port for connections that name none.</summary>
    [Default(60_999, Source = "ip_local_port_range")]
    [Default(61_000, Profile = KernelProfile.Linux_3_18, Source = "ip_local_port_range")]
    [Allowed(1, 65_535)]
    int LocalPortMaximum { get; }

    /// <summary>
    /// Bytes that may be written to a connection and not sent before it is not writable; <see cref="int.MaxValue"/> for any number. It counts
    /// for connections that begin later; each may choose (<see cref="TcpOption.NotSentLowat"/>).
    /// </summary>
    [Default(int.MaxValue, Source = "tcp_notsent_lowat")]
    [SameIn(KernelProfile.Linux_3_18)]
    [Allowed(1, int.MaxValue)]
    int NotSentLowat { get; }

    /// <summary>Whether the urgent pointer is the urgent byte (RFC 1122 §4.2.2.4) or what lies behind it, as most senders have it (RFC 6093 §3.2).</summary>
    [Default(false, Source = "tcp_stdurg")]
    [SameIn(KernelProfile.Linux_3_18)]
    bool StandardUrgent { get; }

    /// <summary>Whether the acknowledgment that ends a handshake is answered by a reset when the accept queue is full; if not it is dropped, and comes again.</summary>
    [Default(false, Source = "tcp_abort_on_overflow")]
    [SameIn(KernelProfile.Linux_3_18)]
    bool AbortOnOverflow { get; }

    /// <summary>Whether a reset does not end TIME-WAIT (RFC 1337).</summary>
    [Default(false, Source = "tcp_rfc1337")]
    [SameIn(KernelProfile.Linux_3_18)]
    bool Rfc1337 { get; }

    /// <summary>
    /// Whether a connect may choose a port that is in TIME-WAIT to the same destination, where timestamps tell old from new (RFC 6191): 0 no,
    /// 1 yes, 2 to the host itself.
    /// </summary>
    [Default(2, Source = "tcp_tw_reuse")]
    [Default(0, Profile = KernelProfile.Linux_3_18, Source = "tcp_tw_reuse")]
    [Allowed(0, 2)]
    int TimeWaitReuse { get; }

    /// <summary>Milliseconds in TIME-WAIT before that, so that timestamps have gone on.</summary>
    [Default(1_000, Source = "tcp_tw_reuse_delay")]
    [SameIn(KernelProfile.Linux_3_18)]
    [Allowed(0, 60_000)]
    int TimeWaitReuseDelayMilliseconds { get; }

    /// <summary>Whether the congestion window shrinks in a pause longer than a timeout (RFC 5681 §4.1).</summary>
    [Default(true, Source = "tcp_slow_start_after_idle")]
    [SameIn(KernelProfile.Linux_3_18)]
    bool SlowStartAfterIdle { get; }

    /// <summary>Retransmissions, at intervals that start with the minimum, after whose time the path is suspected (<see cref="MtuProbing"/>).</summary>
    [Default(3, Source = "tcp_retries1")]
    [SameIn(KernelProfile.Linux_3_18)]
    [Allowed(0, 255)]
    int Retries1 { get; }

    /// <summary>
    /// Whether smaller segments are tried when a path seems to swallow the large without a word (RFC 4821 §7.7): 0 no, 1 when nothing comes
    /// through. Linux's 2, which starts small and searches upwards, is not there.
    /// </summary>
    [Default(0, Source = "tcp_mtu_probing")]
    [SameIn(KernelProfile.Linux_3_18)]
    [Allowed(0, 1)]
    int MtuProbing { get; }

    /// <summary>Bytes of payload that are tried first then.</summary>
    [Default(1_024, Source = "tcp_base_mss")]
    [Default(512, Profile = KernelProfile.Linux_3_18, Source = "TCP_BASE_MSS")]
    [Allowed(48, 9_000)]
    int BaseMss { get; }

    /// <summary>Bytes of payload below which it does not go.</summary>
    [Default(48, Source = "tcp_mtu_probe_floor")]
    [SameIn(KernelProfile.Linux_3_18)]
    [Allowed(48, 9_000)]
    int MtuProbeFloor { get; }

    /// <summary>Segments (RFC 6928).</summary>
    [Default(10, Source = "TCP_INIT_CWND")]
    [SameIn(KernelProfile.Linux_3_18)]
    [Allowed(1, 1_000)]
    int InitialCongestionWindow { get; }

    /// <summary>
    /// Explicit congestion notification (RFC 3168): 0 never, 1 asked for by SYNs and accepted, 2 accepted if the peer asks. A SYN that
    /// goes again asks no more.
    /// </summary>
    [Default(2, Source = "tcp_ecn")]
    [SameIn(KernelProfile.Linux_3_18)]
    [Allowed(0, 2)]
    int Ecn { get; }

    /// <summary>Selective acknowledgment both ways (RFC 2018), if the peer has it too.</summary>
    [Default(true, Source = "tcp_sack")]
    [SameIn(KernelProfile.Linux_3_18)]
    bool Sack { get; }

    /// <summary>Whether what came twice is reported (RFC 2883); reports of the peer are understood in any case.</summary>
    [Default(true, Source = "tcp_dsack")]
    [SameIn(KernelProfile.Linux_3_18)]
    bool Dsack { get; }

    /// <summary>
    /// Whether losses are told by time (RACK, RFC 8985); if not, a segment is lost when so much was selectively acknowledged beyond it
    /// (<see cref="Reordering"/>). Without selective acknowledgment duplicates are counted in any case.
    /// </summary>
    [Default(true, Source = "tcp_recovery = 1")]
    [Default(false, Profile = KernelProfile.Linux_3_18, Source = "since 4.4")]
    bool Rack { get; }

    /// <summary>Whether the last segment goes again after two round trips without an answer (TLP, RFC 8985 §7); needs <see cref="Sack"/>.</summary>
    [Default(true, Source = "tcp_early_retrans = 3|4")]
    [SameIn(KernelProfile.Linux_3_18)]
    bool TailLossProbe { get; }

    /// <summary>Whether a timeout may turn out to have been spurious (F-RTO, RFC 5682).</summary>
    [Default(true, Source = "tcp_frto = 2|1")]
    [SameIn(KernelProfile.Linux_3_18)]
    bool Frto { get; }

    /// <summary>Segments a packet may be overtaken by before a connection has seen more (the duplicate threshold of RFC 5681).</summary>
    [Default(3, Source = "tcp_reordering")]
    [SameIn(KernelProfile.Linux_3_18)]
    [Allowed(1, 127)]
    int Reordering { get; }

    /// <summary>Segments that what a connection has seen of reordering counts at most.</summary>
    [Default(300, Source = "tcp_max_reordering")]
    [Default(127, Profile = KernelProfile.Linux_3_18, Source = "TCP_MAX_REORDERING")]
    [Allowed(1, 10_000)]
    int MaxReordering { get; }

    /// <summary>
    /// Connections that can move much or repair losses at once with all that belongs to it: the state of the congestion control, selective
    /// acknowledgment, undo. Others do with slow start, and repair a loss by timeout. 0 is all connections up to 512, and of more a sixteenth.
    /// </summary>
    [Default(0, Source = "every socket of Linux has it")]
    [SameIn(KernelProfile.Linux_3_18)]
    [Allowed(0, 1 << 24)]
    [DecidesCapacity]
    int Transfers { get; }

    /// <summary>Milliseconds between two answers of a connection to segments that are not acceptable (RFC 5961 §7).</summary>
    [Default(500, Source = "tcp_invalid_ratelimit")]
    [Default(0, Profile = KernelProfile.Linux_3_18, Source = "since 4.0")]
    [Allowed(0, 60_000)]
    int InvalidRateLimitMilliseconds { get; }

    /// <summary>Bytes of payload below which a path MTU or a peer's option cannot push a segment.</summary>
    [Default(48, Source = "tcp_min_snd_mss")]
    [SameIn(KernelProfile.Linux_3_18)]
    [Allowed(28, 1_024)]
    int MinimumSegmentSize { get; }

    /// <summary>Whether the receive buffer grows with what the application drains in a round trip.</summary>
    [Default(true, Source = "tcp_moderate_rcvbuf")]
    [SameIn(KernelProfile.Linux_3_18)]
    bool ModerateReceiveBuffer { get; }

    /// <summary>
    /// Segments a packet may stand for when it leaves TCP, if a stage or the NIC below cuts it; where
    /// <see cref="GsoAttribute"/> is not declared it is one whatever this says (<see cref="IGsoSettings.MaxSegments"/>).
    /// The payload stays below 65,536 bytes in any case.
    /// </summary>
    [Default(65_535, Source = "gso_max_segs")]
    [SameIn(KernelProfile.Linux_3_18)]
    [Allowed(1, 65_535)]
    [DecidesCapacity]
    int MaxGsoSegments { get; }

    /// <summary>
    /// Fast Open (RFC 7413), a sum: 1 connections that are opened with first data, 2 listeners that have a limit for it
    /// (<see cref="TcpHandlerAttribute{THandler}.FastOpenQueue"/>), 4 first data goes on the SYN without a cookie, 0x200 it is
    /// accepted without one, 0x400 every listener has its backlog for a limit.
    /// </summary>
    [Default(1, Source = "tcp_fastopen")]
    [SameIn(KernelProfile.Linux_3_18)]
    [Allowed(0, 0x607)]
    int FastOpen { get; }

    /// <summary>Servers whose cookie and segment size are remembered; the one not used for longest makes room.</summary>
    [Default(1024, Source = "the cache of tcp_metrics")]
    [SameIn(KernelProfile.Linux_3_18)]
    [Allowed(1, 1 << 20)]
    [DecidesCapacity]
    int FastOpenCacheEntries { get; }

    /// <summary>
    /// Segments of the window that a connection starts with; from there it opens by two segments for each that fills its frame
    /// well, as far as there is room. 0 starts with what the buffer has room for.
    /// </summary>
    [Default(0, Source = "since 4.20")]
    [Default(20, Profile = KernelProfile.Linux_3_18, Source = "the function tcp_default_init_rwnd")]
    [Allowed(0, 1_000)]
    int InitialReceiveWindow { get; }

    /// <summary>
    /// The share of a receive buffer that is not announced, because it is overhead: 1/2^n of it. 0 measures what payload the
    /// frames really have.
    /// </summary>
    [Default(0, Source = "tcp_adv_win_scale is obsolete since 6.6")]
    [Default(1, Profile = KernelProfile.Linux_3_18, Source = "tcp_adv_win_scale")]
    [Allowed(0, 31)]
    int AdvWinScale { get; }

    /// <summary>How much room for a sender that speeds up is added when the receive buffer grows.</summary>
    [Default(ReceiveBufferGrowth.Proportional, Source = "tcp_rcv_space_adjust")]
    [Default(ReceiveBufferGrowth.Steps, Profile = KernelProfile.Linux_3_18, Source = "tcp_rcv_space_adjust")]
    ReceiveBufferGrowth ReceiveBufferGrowth { get; }

    /// <summary>Challenge acknowledgments (RFC 5961 §7) a second of all connections together, on average; <see cref="int.MaxValue"/> for any number.</summary>
    [Default(int.MaxValue, Source = "tcp_challenge_ack_limit")]
    [Default(100, Profile = KernelProfile.Linux_3_18, Source = "tcp_challenge_ack_limit")]
    [Allowed(0, int.MaxValue)]
    int ChallengeAckLimit { get; }

    /// <summary>Whether each connection's timestamps start anywhere (RFC 7323 §7.1); if not, they are the host's milliseconds.</summary>
    [Default(true, Source = "tcp_timestamps = 1")]
    [Default(false, Profile = KernelProfile.Linux_3_18, Source = "since 4.10")]
    bool TimestampOffsets { get; }

    /// <summary>
    /// Counters that ports for connections are drawn from, by a hash of the destination (RFC 6056 §3.3.4; Linux has 65,536). With
    /// one, every connection moves on the ports of all others (§3.3.3).
    /// </summary>
    [Default(256, Source = "INET_TABLE_PERTURB_SIZE")]
    [Default(1, Profile = KernelProfile.Linux_3_18, Source = "__inet_hash_connect")]
    [Allowed(1, 65_536)]
    [DecidesCapacity]
    int PortCounters { get; }

    /// <summary>The pacing rate in congestion avoidance, in percent of a window a round trip.</summary>
    [Default(120, Source = "tcp_pacing_ca_ratio")]
    [Default(200, Profile = KernelProfile.Linux_3_18, Source = "tcp_update_pacing_rate")]
    [Allowed(1, 1_000)]
    int PacingRatio { get; }

    /// <summary>The same in slow start.</summary>
    [Default(200, Source = "tcp_pacing_ss_ratio")]
    [SameIn(KernelProfile.Linux_3_18)]
    [Allowed(1, 1_000)]
    int PacingSlowStartRatio { get; }

    /// <summary>Segments that go as one packet at least, however slow the connection; more go if that is what it sends in a millisecond.</summary>
    [Default(2, Source = "tcp_min_tso_segs")]
    [SameIn(KernelProfile.Linux_3_18)]
    [Allowed(1, 65_535)]
    int MinTsoSegs { get; }

    /// <summary>
    /// Packets of many segments are longer where the shortest round trip is short: each 2^n microseconds of it halve what is added. 0 adds nothing.
    /// </summary>
    [Default(9, Source = "tcp_tso_rtt_log")]
    [Default(0, Profile = KernelProfile.Linux_3_18, Source = "since 5.18")]
    [Allowed(0, 31)]
    int TsoRttLog { get; }

    /// <summary>
    /// Whether Fast Open's option is the experimental one of before RFC 7413 (kind 254) and no other is understood. If not, a client
    /// sends kind 34 and a server answers in the form it was asked.
    /// </summary>
    [Default(false, Source = "TCPOPT_FASTOPEN")]
    [Default(true, Profile = KernelProfile.Linux_3_18, Source = "TCPOPT_EXP")]
    bool FastOpenExperimental { get; }

    /// <summary>
    /// Whether a client that lost its first SYN to a server twice in a row opens without Fast Open for 4 minutes, and twice as long for
    /// each further time.
    /// </summary>
    [Default(false, Source = "since 4.16")]
    [Default(true, Profile = KernelProfile.Linux_3_18, Source = "tcp_send_syn_data")]
    bool FastOpenPause { get; }
}
