using Millrace.Headers;

namespace Millrace.Tcp;

/// <summary>
/// How fast the path delivers, measured by what an acknowledgment has shown to be delivered (draft-cheng-iccrg-delivery-rate-estimation;
/// net/ipv4/tcp_rate.c, struct rate_sample). Amounts are bytes.
/// </summary>
public struct RateSample
{
    /// <summary>Delivered since the algorithm began, up to now (tp->delivered).</summary>
    public long Delivered;

    /// <summary>Of it, what was acknowledged with a mark of congestion (tp->delivered_ce).</summary>
    public long DeliveredMarked;

    /// <summary>When the last of it was, in microseconds modulo 2^32 (tp->delivered_mstamp).</summary>
    public uint DeliveredAt;

    /// <summary>Found lost since the algorithm began (tp->lost), and by this acknowledgment.</summary>
    public long Lost;

    /// <inheritdoc cref="Lost"/>
    public int NewlyLost;

    /// <summary>In flight before this acknowledgment.</summary>
    public int PriorInFlight;

    /// <summary><see cref="Delivered"/> when the youngest packet that is delivered now was sent; below 0 if nothing tells.</summary>
    public long PriorDelivered;

    /// <summary>What was delivered from then to now; below 0 if there is no sample.</summary>
    public long IntervalDelivered;

    /// <summary>Microseconds that took: sending it or hearing of it, whichever took longer; below 0 if there is no sample.</summary>
    public int Interval;

    /// <summary>When that packet was sent the application had nothing more to send, so the path may do better.</summary>
    public bool IsLimited;

    /// <summary>That packet had gone again.</summary>
    public bool IsRetransmitted;

    /// <summary>One short segment was in flight, which the receiver may have waited to acknowledge (FLAG_ACK_MAYBE_DELAYED).</summary>
    public bool IsAckDelayed;

    /// <summary>What is sent now counts as limited by the application (tp->app_limited).</summary>
    public bool IsApplicationLimited;

    /// <summary>When the next packet may depart, in nanoseconds of the host's clock (tp->tcp_wstamp_ns).</summary>
    public long DepartsAt;
}

/// <summary>What rates are measured by, of a connection.</summary>
internal struct TransferRates
{
    public RateSample Sample;

    /// <summary>What is sent until so much is delivered was limited by the application; 0 if it is not.</summary>
    public long LimitedUntil;

    /// <summary>When the packet was sent that the current interval of sending begins with (first_tx_mstamp).</summary>
    public uint FirstSentAt;

    // of the acknowledgment at hand: the youngest packet it delivers
    public uint PriorDeliveredAt;
    public int SendInterval;
    public SequenceNumber LastEnd;

    /// <summary>The rate that TCP_INFO tells: bytes in microseconds.</summary>
    public long ToldDelivered;
    public int ToldInterval;
    public bool IsToldLimited;
}

/// <summary>The state of its connection when a frame was sent (TCP_SKB_CB(skb)->tx).</summary>
internal struct SentRate
{
    public long Delivered;
    public uint DeliveredAt;
    public uint FirstSentAt;
    public bool IsLimited;

    /// <summary>It was sent while rates were measured, and is not delivered yet.</summary>
    public bool IsOut;
}
