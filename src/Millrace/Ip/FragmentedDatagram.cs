using Millrace.Headers;
using Millrace.Memory;

namespace Millrace.Ip;

/// <summary>What tells the fragments of one datagram from those of others (RFC 791 §3.2).</summary>
internal readonly record struct DatagramKey(uint Source, uint Destination, ushort Identification, IpProtocol Protocol);

/// <summary>A datagram of which not all fragments are there.</summary>
internal struct FragmentedDatagram
{
    public DatagramKey Key;

    /// <summary>The fragments by their place in the datagram; none overlaps another.</summary>
    public FrameList Fragments;

    /// <summary>Payload bytes that are there.</summary>
    public int ReceivedLength;

    /// <summary>The end of the fragment that reaches furthest: of the datagram, once the last is there.</summary>
    public int End;

    public bool HasLast;

    /// <summary>The ECN codepoints seen, a bit each.</summary>
    public byte EcnSeen;

    /// <summary>How many fragments its source had sent when the last of these came.</summary>
    public uint SourceCount;

    public int WirePackets;

    public long ExpiresAt;

    /// <summary>The next place of its bucket, or of the list of free places; -1 ends both.</summary>
    public int Next;

    /// <summary>Neighbours in the order of expiry; -1 at the ends.</summary>
    public int Older;
    public int Newer;
}
