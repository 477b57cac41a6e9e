using Millrace.Headers;

namespace Millrace.Tcp;

/// <summary>Urgent data of a connection as its reader sees it: one byte, which is the last that counts (RFC 6093 §3).</summary>
/// <param name="Mark">Readable bytes before it; as many as there are, or more, while it has not come.</param>
/// <param name="State">Whether it has come.</param>
/// <param name="Value">The byte, once it has come.</param>
public readonly record struct TcpUrgent(int Mark, TcpUrgentState State, byte Value);

/// <summary>What has become of an urgent byte (urg_data).</summary>
public enum TcpUrgentState : byte
{
    None,

    /// <summary>The peer has said that there is one (TCP_URG_NOTYET).</summary>
    Announced,

    /// <summary>It has come (TCP_URG_VALID).</summary>
    Received,

    /// <summary>It was taken, and the mark is still ahead (TCP_URG_READ).</summary>
    Taken,
}

/// <summary>Both directions' urgent data, while there is any (<see cref="TcpTraits.Urgent"/>).</summary>
internal struct UrgentData
{
    /// <summary>Behind the last urgent byte that was written (SND.UP).</summary>
    public SequenceNumber SndUp;

    /// <summary>The peer's urgent byte (urg_seq).</summary>
    public SequenceNumber Sequence;

    /// <summary>An urgent byte before it that nobody took, at what is read next; who reads out of band skips it.</summary>
    public SequenceNumber Missed;
    public bool HasMissed;
    public TcpUrgentState State;
    public byte Value;
}
