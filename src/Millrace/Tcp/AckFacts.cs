using Millrace.Headers;

namespace Millrace.Tcp;

/// <summary>What one acknowledgment says, gathered while it is worked through (the FLAG_* of net/ipv4/tcp_input.c, tcp_sacktag_state).</summary>
internal struct AckFacts
{
    public AckFlags Flags;
    public SequenceNumber PriorUna;

    /// <summary>Duplicate acknowledgments that it stands for.</summary>
    public int Duplicates;

    /// <summary>Bytes that the peer has, as is known only now.</summary>
    public int Delivered;

    /// <summary>Segments whose frames went.</summary>
    public int Segments;

    /// <summary>When the oldest and the youngest of what it covers was sent, of what was sent once; in microseconds modulo 2^32, 0 for none.</summary>
    public uint FirstSentAt;
    public uint LastSentAt;
    public uint SackedSentAt;

    /// <summary>The lowest byte that was delivered behind one that is higher, if <see cref="AckFlags.Reordered"/>.</summary>
    public SequenceNumber ReorderedFrom;

    public readonly bool Is(AckFlags flag) => (Flags & flag) != 0;

    /// <summary>What has arrived late without having been sent again.</summary>
    public void NoteReordered(SequenceNumber start)
    {
        if (!Is(AckFlags.Reordered) || start < ReorderedFrom)
        {
            Flags |= AckFlags.Reordered;
            ReorderedFrom = start;
        }
    }
}

[Flags]
internal enum AckFlags : ushort
{
    None = 0,

    /// <summary>The segment has data.</summary>
    Data = 1 << 0,

    /// <summary>It changed the window.</summary>
    WindowUpdate = 1 << 1,

    /// <summary>SND.UNA moved.</summary>
    Advanced = 1 << 2,

    /// <summary>Something was sacked.</summary>
    Sacked = 1 << 3,

    /// <summary>The peer has something that was in flight before the loss and did not go again (FLAG_ORIG_SACK_ACKED).</summary>
    Original = 1 << 4,

    /// <summary>A duplicate is reported, and whether it is that of a probe of the tail.</summary>
    Duplicate = 1 << 5,
    DuplicateOfProbe = 1 << 6,

    /// <summary>Something that had gone again is acknowledged.</summary>
    Repeated = 1 << 7,

    /// <summary>A copy was lost too.</summary>
    CopyLost = 1 << 8,

    /// <summary>What was lost may go again now.</summary>
    Retransmits = 1 << 9,

    /// <summary>RACK has set the timer.</summary>
    TimerSet = 1 << 10,
    Reordered = 1 << 11,

    /// <summary>ECE (RFC 3168).</summary>
    Ece = 1 << 12,

    /// <summary>The timer may start anew.</summary>
    RestartsTimer = 1 << 13,
}
