using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Millrace.Headers;
using Millrace.Memory;
using Millrace.Sockets;

namespace Millrace.Tcp;

/// <summary>
/// One connection: the transmission control block of RFC 9293 §3.3.1 with Linux's further variables, an element of a table
/// reserved at start. Five cache lines, in the order in which they are needed: a segment that is found by its flow and predicted
/// reads the first two, data that is sent or acknowledged the third and fourth, and what only opens, closes, losses and
/// measurements touch is the last.
/// </summary>
[StructLayout(LayoutKind.Sequential, Size = Length)]
internal struct TcpConnection
{
    public const int Length = 320;

    // who it is, and what a segment is judged by
    public InetAddress LocalAddress;
    public InetAddress RemoteAddress;
    public ushort LocalPort;
    public ushort RemotePort;
    public TcpTraits Traits;
    public TcpPending Pending;
    public TcpState State;
    public RetransmitTimer RetransmitTimer;
    public SequenceNumber RcvNxt;
    public SequenceNumber SndUna;

    /// <summary>Next to send; behind <see cref="SndMax"/> only where data on a SYN was not taken and goes again.</summary>
    public SequenceNumber SndNxt;

    /// <summary>The highest sequence number sent, plus one: SND.NXT as RFC 9293 means it for judging acknowledgments.</summary>
    public SequenceNumber SndMax;
    public int SndWnd;

    // the queues, and the rest of the windows (RFC 9293 §3.3.1, figures 3 and 4)

    /// <summary>RCV.NXT as it was last announced (Linux's rcv_wup); from there counts RCV.WND.</summary>
    public SequenceNumber RcvWup;
    public int RcvWnd;
    public SequenceNumber SndWl1;

    /// <summary>Behind the last byte the application wrote; a FIN has this number.</summary>
    public SequenceNumber WriteSequence;

    /// <summary>Oldest frame that is not acknowledged.</summary>
    public Frame SendHead;

    /// <summary>The frame that holds SND.NXT.</summary>
    public Frame SendNext;
    public Frame SendTail;
    public Frame ReceiveHead;
    public Frame ReceiveTail;
    public FrameList OutOfOrder;

    /// <summary>Bytes that can be read.</summary>
    public int Readable;

    /// <summary>Truesize of the frames in the receive and out-of-order queues.</summary>
    public int RmemAlloc;

    /// <summary>Truesize of the frames in the send queue.</summary>
    public int WmemQueued;
    public byte SendWindowScale;
    public byte ReceiveWindowScale;

    /// <summary>Copies of the last acknowledgment still to be sent, each by itself (RFC 5681 §4.2).</summary>
    public byte DuplicateAcksDue;
    public LossState LossState;

    // segments, congestion, round trips, delayed acknowledgment

    /// <summary>Payload bytes of a full segment, options taken off.</summary>
    public ushort Mss;

    /// <summary>Estimate of the peer's segment size, for delayed acknowledgment and the silly window (RFC 9293 §3.8.6.2.2).</summary>
    public ushort RcvMss;

    /// <summary>End of the last segment sent that was not full (Minshall's variant of Nagle).</summary>
    public SequenceNumber SndSml;
    public int MaxWindow;
    public CongestionWindow Congestion;
    public RttEstimator Rtt;

    /// <summary>Bytes between SND.UNA and SND.NXT that are not in flight, less what is in it twice: sacked_out + lost_out − retrans_out.</summary>
    public int LeftOut;

    /// <summary>Linux's inet_csk.icsk_ack.</summary>
    public DelayedAck Ack;

    /// <summary>The peer's segment size option, or 536.</summary>
    public ushort MssClamp;
    public uint TsRecent;
    public uint TimestampOffset;

    // timers, of which the wheel holds the earliest; buffers; counts
    public Deadline RetransmitAt;
    public Deadline DelayedAckAt;

    /// <summary>Keepalive, or the end of an orphan's FIN-WAIT-2.</summary>
    public Deadline KeepAliveAt;

    /// <summary>When to look again for room in the sockets' share, after a write that found none.</summary>
    public Deadline WritableAt;
    public Moment LastSentAt;
    public Moment LastReceivedAt;
    public int RcvBuf;
    public int SndBuf;

    /// <summary>What a window may be at most now; it grows as data comes whose frames are well filled (rcv_ssthresh).</summary>
    public int RcvSsThresh;

    /// <summary>What a window may be ever, in this buffer.</summary>
    public int WindowClamp;

    /// <summary>The next on the output list; it stays, with <see cref="TcpTraits.Listed"/>, when the place gets another connection.</summary>
    public int NextListed;

    /// <summary>Truesize of the frames below TCP (sk_wmem_alloc).</summary>
    public int WmemAlloc;

    /// <summary>The flow hash of what is sent, where several workers choose a queue by it (sk_txhash); otherwise 0.</summary>
    public uint TransmitHash;

    /// <summary>Timeouts of SND.UNA in a row.</summary>
    public byte Retransmits;
    public byte Backoff;
    public byte ProbesOut;
    public byte KeepAliveProbesOut;

    /// <summary>Payload to truesize in the receive queue, in 256ths (Linux's scaling_ratio).</summary>
    public byte ScalingRatio;

    /// <summary>Bytes of network header in front of each segment.</summary>
    public byte NetworkHeaderLength;
    public FastOpenTraits FastOpen;

    /// <summary>The segment size this end announced.</summary>
    public ushort AdvertisedMss;
    public ushort Application;

    // opens and closes, losses, measurements
    public ReceiveSpace Space;

    /// <summary>The peer's first sequence number (IRS).</summary>
    public SequenceNumber Irs;

    /// <summary>When <see cref="TsRecent"/> was, in seconds: it is asked about after 24 days.</summary>
    public uint TsRecentSecond;
    public SequenceNumber Iss;
    public SequenceNumber PeerFin;

    // the one is asked for until the handshake is over, the other is there only afterwards
    private uint synSentAtOrTransfer;

    /// <summary>When the first of <see cref="Retransmits"/> was, or the first probe of a closed window.</summary>
    public Moment RetransmitsSince;

    /// <summary>When a segment that was not acceptable was last answered.</summary>
    public Moment OutOfWindowAnsweredAt;

    /// <summary>The application's slot, -1 before the handshake is over. Of a place that is free: the next such place.</summary>
    public int Slot;

    /// <summary>How often this place was used; 0 means never.</summary>
    public int Generation;

    // plus one
    private byte listener;
    private byte fastOpenListener;
    public TcpCloseReason CloseReason;

    /// <summary>What a soft ICMP error said; the reason if the connection times out (RFC 5461 §2.2).</summary>
    public TcpCloseReason SoftError;

    /// <summary>Listener whose backlog counts this connection while it is in SYN-RECEIVED, else -1.</summary>
    public int Listener
    {
        readonly get => listener - 1;
        set => listener = (byte)(value + 1);
    }

    /// <summary>Listener whose limit of Fast Open counts this connection while it is in SYN-RECEIVED, else -1.</summary>
    public int FastOpenListener
    {
        readonly get => fastOpenListener - 1;
        set => fastOpenListener = (byte)(value + 1);
    }

    /// <summary>Microseconds modulo 2^32, for the first round trip; meaningful until the handshake is over. 0 if a cookie was sent and nobody knows when.</summary>
    public uint SynSentAt
    {
        readonly get => synSentAtOrTransfer;
        set => synSentAtOrTransfer = value;
    }

    /// <summary>The place in the table of transfers, if it <see cref="TcpTraits.Transfer">has one</see>.</summary>
    public int Transfer
    {
        readonly get => (int)synSentAtOrTransfer;
        set => synSentAtOrTransfer = (uint)value;
    }

    public bool HasSlot => Slot >= 0;

    public FlowKey Key => new(LocalAddress, RemoteAddress, LocalPort, RemotePort);

    public bool Has(TcpTraits trait) => (Traits & trait) != 0;

    public void Set(TcpTraits trait, bool value) => Traits = value ? Traits | trait : Traits & ~trait;

    /// <summary>Bytes, a FIN counted, between SND.UNA and SND.NXT.</summary>
    public int InFlight => SndNxt - SndUna;

    /// <summary>In SYN-RECEIVED, but the application has it already: it sends and is told of data (RFC 7413 §4.2.2).</summary>
    public bool IsOpenEarly => State == TcpState.SynReceived && (FastOpen & FastOpenTraits.Accepted) != 0;

    /// <summary>Whether a FIN stands behind what was written.</summary>
    public bool IsFinDue => Has(TcpTraits.FinQueued) && SndNxt <= WriteSequence;

    /// <summary>Bytes of TCP header of a segment that is not a SYN.</summary>
    public int HeaderLength
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => TcpHeader.MinimumLength + (Has(TcpTraits.Timestamps) ? TcpOptions.AlignedTimestampsLength : 0);
    }
}

/// <summary>What the end of a poll owes a connection.</summary>
[Flags]
internal enum TcpPending : ushort
{
    None = 0,

    /// <summary>An acknowledgment, by itself if no data goes.</summary>
    Ack = 1 << 0,

    /// <summary>A SYN, or in SYN-RECEIVED a SYN-ACK.</summary>
    Syn = 1 << 1,

    /// <summary>What is lost, as far as the congestion window allows; where it is not known what is, the segment at SND.UNA.</summary>
    Retransmit = 1 << 2,

    /// <summary>A probe of a closed window, or of a peer that is silent.</summary>
    Probe = 1 << 3,

    /// <summary>A reset; the connection ends with it.</summary>
    Reset = 1 << 4,

    /// <summary>The end of the connection, to be told to the application.</summary>
    End = 1 << 5,

    /// <summary>A probe of the tail (TLP).</summary>
    TailProbe = 1 << 6,

    /// <summary>What is corked, once (TCP_NAGLE_PUSH).</summary>
    Push = 1 << 7,
}

/// <summary>What is true of a connection for longer.</summary>
[Flags]
internal enum TcpTraits : uint
{
    None = 0,
    Timestamps = 1 << 0,
    NoDelay = 1 << 1,

    /// <summary>The application shut its sending side down: a FIN stands at <see cref="TcpConnection.WriteSequence"/>.</summary>
    FinQueued = 1 << 2,

    /// <summary>The peer's FIN was seen, perhaps before data that precedes it.</summary>
    PeerFinSeen = 1 << 3,

    /// <summary>The peer's FIN was reached.</summary>
    PeerClosed = 1 << 4,

    /// <summary>A write was cut short: the application waits for room.</summary>
    WantsWritable = 1 << 5,

    /// <summary>The application closed both directions.</summary>
    Orphan = 1 << 6,

    /// <summary>The flow table knows the connection no longer: it has ended, or a TIME-WAIT entry stands in for it.</summary>
    Detached = 1 << 7,

    /// <summary>A SYN was sent by this end, so the end of the open is told whatever it is.</summary>
    Active = 1 << 8,

    /// <summary>On the output list.</summary>
    Listed = 1 << 9,

    /// <summary>The array's place is in use.</summary>
    InUse = 1 << 10,

    /// <summary>Sending stopped at the congestion window, not for want of data.</summary>
    CongestionLimited = 1 << 11,

    /// <summary>The SYN was sent more than once.</summary>
    SynRetransmitted = 1 << 12,

    /// <summary>Sending stopped because too much is below TCP; a completed transmit goes on with it (TSQ_THROTTLED).</summary>
    Throttled = 1 << 13,

    /// <summary>The application chose the size of the receive buffer (SOCK_RCVBUF_LOCK).</summary>
    ReceiveBufferLocked = 1 << 14,

    /// <summary>The application chose the size of the send buffer (SOCK_SNDBUF_LOCK).</summary>
    SendBufferLocked = 1 << 15,

    /// <summary>It has a place in the table of transfers.</summary>
    Transfer = 1 << 16,

    /// <summary>Both ends send selective acknowledgments.</summary>
    Sack = 1 << 17,

    /// <summary>Something is lost or feared to be: of each frame in flight it is known what became of it.</summary>
    Disturbed = 1 << 18,

    /// <summary>Both ends notify of congestion (RFC 3168).</summary>
    Ecn = 1 << 20,

    /// <summary>The peer's data was marked as capable of it (TCP_ECN_SEEN).</summary>
    EcnSeen = 1 << 21,

    /// <summary>A mark came: acknowledgments echo it until the peer has heard (TCP_ECN_DEMAND_CWR).</summary>
    DemandCwr = 1 << 22,

    /// <summary>The window was reduced: the next new data says so (TCP_ECN_QUEUE_CWR).</summary>
    QueueCwr = 1 << 23,

    /// <summary>Something came twice, which the next acknowledgment reports.</summary>
    DuplicateNoted = 1 << 19,

    /// <summary>Only full segments are sent (TCP_CORK).</summary>
    Corked = 1 << 24,

    /// <summary>The same until more is written or an acknowledgment comes (MSG_MORE).</summary>
    MoreFollows = 1 << 25,

    /// <summary>There is a limit to what is written and not sent (TCP_NOTSENT_LOWAT).</summary>
    NotSentLimited = 1 << 26,

    /// <summary>In SYN-RECEIVED: the handshake is over but for data, which is waited for (TCP_DEFER_ACCEPT).</summary>
    AckDeferred = 1 << 27,

    /// <summary>Packets depart one after the other at its rate (SK_PACING_NEEDED).</summary>
    Paced = 1 << 28,

    /// <summary>There is urgent data on its way in either direction, or not read past.</summary>
    Urgent = 1u << 31,

    /// <summary>Something was sent twice, so that <see cref="TcpTotals"/> count.</summary>
    Counted = 1 << 29,

    /// <summary>The application has chosen options: <see cref="SocketOptions"/> count, and not the settings.</summary>
    OptionsSet = 1 << 30,
}

/// <summary>What the one timer of a connection with something in flight is for (icsk_pending); in the order in which a later one takes its place.</summary>
internal enum RetransmitTimer : byte
{
    None,

    /// <summary>The window is closed.</summary>
    Probe,

    /// <summary>The tail of what is in flight (TLP).</summary>
    LossProbe,
    Retransmission,

    /// <summary>What RACK takes for late rather than lost.</summary>
    Reordering,
}
