using Millrace.Headers;
using Millrace.Memory;

namespace Millrace.Ip;

/// <summary>States of a neighbour (RFC 4861 §7.3.2, which Linux follows for ARP too: net/core/neighbour.c).</summary>
internal enum NeighbourState : byte
{
    /// <summary>Nothing is known.</summary>
    None,

    /// <summary>Requests go to everybody; packets wait.</summary>
    Incomplete,

    /// <summary>Confirmed lately.</summary>
    Reachable,

    /// <summary>The address was right once; the first packet starts a check.</summary>
    Stale,

    /// <summary>In use unchecked, in the hope of a confirmation.</summary>
    Delay,

    /// <summary>Requests go to its last address.</summary>
    Probe,

    /// <summary>Nobody answered; the next packet asks again.</summary>
    Failed,

    /// <summary>Nobody need be asked on this link, ever (NUD_NOARP).</summary>
    NoArp,
}

/// <summary>A neighbour on a link.</summary>
internal struct Neighbour
{
    /// <summary>Its IPv4 address.</summary>
    public uint Address;

    public byte Interface;

    public NeighbourState State;

    /// <summary>Whether the link address may be used without another thought: the fast path's one question.</summary>
    public bool IsReady;

    public bool IsUsed;

    /// <summary>Whether packets for its address find it in the FIB, though no route leads to it alone.</summary>
    public bool IsAdjacent;

    /// <summary>Its place among the next hops of the FIB, 0 for none.</summary>
    public int NextHop;

    /// <summary>Requests sent in this state.</summary>
    public int ProbeCount;

    public MacAddress LinkAddress;

    /// <summary>When a packet was last sent to it.</summary>
    public long UsedAt;

    /// <summary>When it last answered.</summary>
    public long ConfirmedAt;

    /// <summary>When its link address or state was last written from the wire.</summary>
    public long UpdatedAt;

    /// <summary>When its state changes by itself; <see cref="long.MaxValue"/> for never.</summary>
    public long DueAt;

    /// <summary>How long this confirmation is good for.</summary>
    public long ReachableAfter;

    /// <summary>Packets that wait for the link address.</summary>
    public FrameList Queue;

    /// <summary>Truesize of the queue.</summary>
    public int QueueLength;

    /// <summary>The next place of its bucket, or of the list of free places; -1 ends both.</summary>
    public int Next;
}
