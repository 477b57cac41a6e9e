using Millrace.Headers;

namespace Millrace.Tcp;

/// <summary>
/// How much of a connection may be in flight, and how fast it goes: a struct that is a connection's state of the algorithm, named by
/// <see cref="TcpAttribute.CongestionControl"/> and called directly (include/net/tcp.h, tcp_congestion_ops). It must have no references
/// in its fields. Amounts are bytes, times as they are named.
/// </summary>
/// <remarks>
/// A connection has this state from the moment it needs it (<see cref="LeastWindow"/>, or a loss) and while <see cref="ITcpSettings.Transfers"/>
/// lasts. Before, and without it, the window grows as in RFC 5681. What is lost and what goes again is decided by TCP for all algorithms alike.
/// </remarks>
public interface ICongestionControl
{
    /// <summary>
    /// Segments of the window from which on slow start needs the algorithm; a loss needs it in any case. 0 is from the handshake on,
    /// <see cref="int.MaxValue"/> never.
    /// </summary>
    int LeastWindow { get; }

    /// <summary>
    /// Whether the algorithm sets the window itself at all times, in recovery too (<c>cong_control</c>); else TCP reduces it in recovery
    /// (RFC 6937) and ends with the threshold.
    /// </summary>
    bool SetsWindow { get; }

    /// <summary>
    /// Bytes a second that the algorithm takes the path for: what small queues let lie below TCP, the length of packets of many segments, TCP_INFO's
    /// pacing rate, and the departures of a connection that is paced follow it. 0 leaves it to TCP (a window a round trip, and a part more).
    /// </summary>
    long PacingRate { get; }

    /// <summary>Whether connections are paced from the handshake on: their packets depart one after the other at <see cref="PacingRate"/> (SK_PACING_NEEDED).</summary>
    static virtual bool IsPaced => false;

    /// <summary>
    /// Whether the algorithm needs samples of the delivery rate (<see cref="CongestionSample.Rate"/>). They cost each segment and acknowledgment something, because it must be
    /// known of every frame when it went; so header prediction is not for such connections.
    /// </summary>
    static virtual bool NeedsRateSamples => false;

    /// <summary>The connection has the algorithm from now on; all fields are zero (<c>init</c>).</summary>
    void Start(ref CongestionWindow window, in CongestionSample sample);

    /// <summary>
    /// Something was acknowledged or measured (<c>pkts_acked</c>, <c>cong_avoid</c>, <c>cong_control</c>): the window grows if
    /// <see cref="CongestionSample.MayGrow"/>.
    /// </summary>
    void Acknowledged(ref CongestionWindow window, in CongestionSample sample);

    /// <summary>Something was lost, or marked by the network: the new threshold (<c>ssthresh</c>).</summary>
    int Reduced(in CongestionWindow window, in CongestionSample sample);

    /// <summary>Something else happened (<c>cwnd_event</c>, <c>set_state</c>).</summary>
    void Happened(CongestionEvent happened, ref CongestionWindow window, in CongestionSample sample);

    /// <summary>Nothing was lost after all: the window to go on with (<c>undo_cwnd</c>).</summary>
    /// <param name="before">The window when the loss was noticed.</param>
    int Undone(in CongestionWindow window, int before);
}

/// <summary>What an algorithm is told beside acknowledgments (enum tcp_ca_event).</summary>
public enum CongestionEvent : byte
{
    /// <summary>Data goes out with nothing in flight (CA_EVENT_TX_START); <see cref="CongestionSample.IdleMicroseconds"/> says after how long.</summary>
    SendingStarts,

    /// <summary>The retransmission timer expired (CA_EVENT_LOSS); the window and the threshold are set already.</summary>
    TimedOut,

    /// <summary>The state of loss recovery is another (<c>set_state</c>).</summary>
    StateChanged,

    /// <summary>A reduction has ended (CA_EVENT_COMPLETE_CWR).</summary>
    ReductionOver,
}

/// <summary>The state of loss recovery (enum tcp_ca_state).</summary>
public enum LossState : byte
{
    /// <summary>Nothing is known to be lost.</summary>
    Open,

    /// <summary>Duplicates or selective acknowledgments say that something may be.</summary>
    Disorder,

    /// <summary>The window is being reduced, but not for a loss that is known.</summary>
    Cwr,

    /// <summary>What was lost goes again.</summary>
    Recovery,

    /// <summary>After a timeout, until what was in flight then is acknowledged.</summary>
    Loss,
}

/// <summary>What TCP knows when it calls an algorithm.</summary>
public readonly ref struct CongestionSample
{
    /// <summary>Nanoseconds of the host's clock.</summary>
    public long Now { get; init; }

    /// <summary>Bytes of payload of a full segment.</summary>
    public int SegmentSize { get; init; }

    /// <summary>Bytes in flight, without those that are lost or selectively acknowledged.</summary>
    public int InFlight { get; init; }

    /// <summary>Bytes that this acknowledgment is the first to cover.</summary>
    public int Acknowledged { get; init; }

    /// <summary>The round trip of this acknowledgment in microseconds, -1 if it is none.</summary>
    public int RttMicroseconds { get; init; }

    /// <summary>The smoothed round trip in microseconds, 0 before the first.</summary>
    public int SmoothedRttMicroseconds { get; init; }

    /// <summary>SND.UNA and SND.NXT.</summary>
    public SequenceNumber SndUna { get; init; }

    /// <inheritdoc cref="SndUna"/>
    public SequenceNumber SndNxt { get; init; }

    /// <summary>Whether the window was what held back data, and nothing is being reduced.</summary>
    public bool MayGrow { get; init; }

    /// <summary>The state of loss recovery.</summary>
    public LossState State { get; init; }

    /// <summary>With <see cref="CongestionEvent.SendingStarts"/>: since the last segment went.</summary>
    public long IdleMicroseconds { get; init; }

    /// <summary>How fast the path delivers, for an algorithm that <see cref="ICongestionControl.NeedsRateSamples"/>.</summary>
    public ref readonly RateSample Rate => ref RateSamples[0];

    /// <summary>That sample; none for other algorithms.</summary>
    public ReadOnlySpan<RateSample> RateSamples { get; init; }

    /// <summary>The stack's random numbers, so that a run can be repeated.</summary>
    public Entropy? Entropy { get; init; }
}
