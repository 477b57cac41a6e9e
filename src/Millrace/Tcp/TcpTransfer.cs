using Millrace.Headers;

namespace Millrace.Tcp;

/// <summary>
/// What a connection knows beyond its own cache lines once it moves much or has lost something: an entry of a table that is shorter than
/// that of the connections, because most of them are idle.
/// </summary>
internal struct TcpTransfer<TCongestionControl>
    where TCongestionControl : unmanaged, ICongestionControl
{
    /// <summary>The next free entry, while it has no connection.</summary>
    public int NextFree;

    /// <summary>The shortest round trip in microseconds (tcp_min_rtt), and when it was.</summary>
    public int MinimumRtt;
    public Moment MinimumRttAt;
    public TCongestionControl Congestion;

    public TcpScoreboard Board;

    /// <summary>SND.NXT when recovery began, or the disorder (high_seq).</summary>
    public SequenceNumber HighSequence;

    /// <summary>SND.UNA when the window was reduced (undo_marker), if <see cref="TransferFlags.MayUndo"/>.</summary>
    public SequenceNumber UndoMarker;

    /// <summary>Copies since then of which the peer has not said that they were superfluous (undo_retrans); -1 before the first.</summary>
    public int UndoRetransmitted;

    /// <summary>The window and the threshold before (prior_cwnd, prior_ssthresh).</summary>
    public int PriorWindow;
    public int PriorThreshold;

    /// <summary>The timestamp of the first copy (retrans_stamp); 0 for none.</summary>
    public uint RetransmitStamp;

    /// <summary>Bytes delivered and sent since the reduction began (RFC 6937).</summary>
    public int PrrDelivered;
    public int PrrOut;

    /// <summary>RACK.xmit_ts in microseconds modulo 2^32, RACK.end_seq, RACK.rtt (RFC 8985 §5.3).</summary>
    public uint RackSentAt;
    public SequenceNumber RackEnd;
    public int RackRtt;

    /// <summary>When the reordering window was last widened, in microseconds modulo 2^32.</summary>
    public uint RackWidenedAt;

    /// <summary>SND.NXT when a probe of the tail was sent (tlp_high_seq), if <see cref="TransferFlags.Probing"/>.</summary>
    public SequenceNumber TlpHighSequence;

    /// <summary>Segments a packet is known to be overtaken by.</summary>
    public ushort Reordering;

    /// <summary>Quarters of the shortest round trip that reordering may take (reo_wnd_mult).</summary>
    public byte RackSteps;

    /// <summary>Recoveries that it stays so wide for (reo_wnd_persist).</summary>
    public byte RackPersists;
    public TransferFlags Flags;

    public readonly bool Is(TransferFlags flag) => (Flags & flag) != 0;

    public void Set(TransferFlags flag, bool value) => Flags = value ? Flags | flag : Flags & ~flag;
}

[Flags]
internal enum TransferFlags : ushort
{
    None = 0,
    MayUndo = 1 << 0,
    ReorderingSeen = 1 << 1,

    /// <summary>A duplicate was reported that RACK may have caused.</summary>
    DsackSeen = 1 << 2,

    /// <summary>Something newer was delivered since RACK last looked for losses.</summary>
    RackAdvanced = 1 << 3,

    /// <summary>A probe of the tail is out, and whether it was a copy.</summary>
    Probing = 1 << 4,
    ProbeIsCopy = 1 << 5,

    /// <summary>Whether the timeout was spurious is still open (RFC 5682).</summary>
    Frto = 1 << 6,

    /// <summary>F-RTO tries new data before anything goes again.</summary>
    TriesNewData = 1 << 7,

    /// <summary>The FIN that stands alone behind the last frame is lost.</summary>
    FinLost = 1 << 8,

    /// <summary>What was acknowledged lies below something that was sacked: the peer may have thrown that away.</summary>
    MayBeReneged = 1 << 9,
}
