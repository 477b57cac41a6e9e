using Millrace.Headers;
using Millrace.Memory;

namespace Millrace.Tcp;

/// <summary>What is known of the frames a connection has in flight; <see cref="SendScoreboard"/> keeps it. Amounts are bytes of payload.</summary>
internal struct TcpScoreboard
{
    /// <summary>Oldest and youngest by their last transmit, of those neither sacked nor lost (tsorted_sent_queue).</summary>
    public Frame TimeFirst;
    public Frame TimeLast;

    /// <summary>Lost and not sent again yet, in the order in which that was noticed.</summary>
    public Frame LostFirst;
    public Frame LostLast;

    /// <summary>The frames of the lanes, of which each is one of so many of the lane below.</summary>
    public Frame NearFirst;
    public Frame NearLast;
    public Frame FarFirst;
    public Frame FarLast;
    public int Appended;

    /// <summary>sacked_out; of a peer without the option, what its duplicates say has left the network.</summary>
    public int Sacked;
    public int SackedSegments;

    /// <summary>lost_out: also what was lost and has been sent again.</summary>
    public int Lost;

    /// <summary>retrans_out.</summary>
    public int Retransmitted;

    /// <summary>Behind the highest frame that was sacked (tcp_highest_sack_seq).</summary>
    public SequenceNumber HighestSacked;

    /// <summary>When all below is acknowledged, no frame in flight has a mark.</summary>
    public SequenceNumber End;

    /// <summary>What of SND.NXT − SND.UNA is not in flight: sacked_out + lost_out − retrans_out.</summary>
    public readonly int LeftOut => Sacked + Lost - Retransmitted;
}

/// <summary>What is known of a frame in flight (TCP_SKB_CB(skb)->sacked).</summary>
[Flags]
internal enum SendMarks : byte
{
    None = 0,

    /// <summary>The peer has it (TCPCB_SACKED_ACKED).</summary>
    Sacked = 1 << 0,

    /// <summary>TCPCB_LOST.</summary>
    Lost = 1 << 1,

    /// <summary>A copy is in flight (TCPCB_SACKED_RETRANS).</summary>
    Retransmitted = 1 << 2,

    /// <summary>TCPCB_EVER_RETRANS.</summary>
    EverRetransmitted = 1 << 3,
}
