using System.Runtime.InteropServices;
using Millrace.Nics;

namespace Millrace.Memory;

/// <summary>
/// What is known of one frame, 64 bytes beside the frame's own memory: the counterpart of Linux's <c>sk_buff</c>.
/// A packet is a chain of frames linked by <see cref="NextFragment"/>; fields marked "head" are valid in its first frame.
/// </summary>
[StructLayout(LayoutKind.Sequential, Size = Length)]
public struct FrameMetadata
{
    internal const int Length = 64;

    /// <summary>Where <see cref="NextFragment"/> to <see cref="Flags"/> lie, eight bytes that say whose a frame is.</summary>
    internal const int PlaceOffset = 8;

    /// <summary>Where <see cref="DataOffset"/>, <see cref="DataLength"/> and <see cref="TotalLength"/> lie, eight bytes too.</summary>
    internal const int ExtentOffset = 16;

    /// <summary>Where <see cref="NetworkOffset"/> and <see cref="TransportOffset"/> lie, four bytes.</summary>
    internal const int HeadersOffset = 24;

    /// <summary>Where the bytes lie: the frame's own slot, or memory lent by another arena (a wire that hands over).</summary>
    internal nint Buffer;

    /// <summary>The next frame of this packet.</summary>
    public Frame NextFragment;

    /// <summary>Who holds this frame now; none means that it is free.</summary>
    public Holders Holders;

    /// <summary>The part of the arena this frame is charged to.</summary>
    public Share Share;

    public FrameFlags Flags;

    /// <summary>Where this frame's data starts, in bytes from the start of the slot.</summary>
    public ushort DataOffset;

    /// <summary>Bytes of data in this frame.</summary>
    public ushort DataLength;

    /// <summary>Head: bytes of data in the whole chain.</summary>
    public int TotalLength;

    /// <summary>Head: offset of the network header from the start of the slot.</summary>
    public ushort NetworkOffset;

    /// <summary>Head: offset of the transport header from the start of the slot.</summary>
    public ushort TransportOffset;

    /// <summary>The next packet of the list this head is in. Owned by the list (<see cref="FrameList"/>).</summary>
    public Frame Next;

    /// <summary>Bytes of memory this frame really holds, metadata included; what socket memory is charged by.</summary>
    public int Truesize;

    /// <summary>Head: packets of the wire this chain stands for, at least 1 (merged segments, reassembled fragments).</summary>
    public ushort WirePackets;

    /// <summary>Head: payload bytes a segment if the packet is merged or unsegmented, else 0 (Linux's gso_size).</summary>
    public ushort GsoSize;

    /// <summary>Head, with <see cref="ChecksumState.Partial"/>: offset from the slot's start where summing begins.</summary>
    public ushort ChecksumStart;

    /// <summary>Head, with <see cref="ChecksumState.Partial"/>: offset of the checksum field from <see cref="ChecksumStart"/>.</summary>
    public ushort ChecksumOffset;

    /// <summary>
    /// Head, with <see cref="FrameFlags.VlanTagged"/>: tag control information that was moved out of the frame, or is to be put
    /// into it. Without it, on receive, no more than the priority that a tag of no VLAN had.
    /// </summary>
    public ushort VlanTci;

    /// <summary>Head: what is known of the transport checksum.</summary>
    public ChecksumState Checksum;

    /// <summary>Head: index of the interface it came in or goes out by.</summary>
    public byte Interface;

    /// <summary>Head: the flow hash, 0 if none was computed.</summary>
    public uint Hash;

    /// <summary>Whose bytes below the transport this frame's truesize counts to: a transport's own number, 0 for nobody's.</summary>
    public int Owner;

    /// <summary>A transport's sequence number of the first payload byte.</summary>
    public uint Sequence;

    /// <summary>A transport's time of the last transmit, in microseconds modulo 2^32.</summary>
    public uint SentAt;

    /// <summary>
    /// Head, received: the sum over the frame's data as a NIC saw it (<see cref="NicFeatures.ReceiveSum"/>), with a bit above it, or 0. What
    /// is sent is not received, so it lies in the place of <see cref="SentAt"/>.
    /// </summary>
    internal uint ReceivedSum
    {
        readonly get => SentAt;
        set => SentAt = value;
    }
}

/// <summary>The parts of an arena; each has a quota, and none borrows from another.</summary>
public enum Share : byte
{
    /// <summary>Refill of receive rings, plus the packets of one poll.</summary>
    Receive,

    /// <summary>Acknowledgements, resets, ARP, ICMP and what else a stage originates.</summary>
    Reserve,

    /// <summary>What sockets keep: receive and retransmit queues.</summary>
    Sockets,

    /// <summary>Packets of other workers, shown in frames of this one.</summary>
    Crossing,
}

/// <summary>
/// The places that can hold a frame. A frame is free when no bit is left: a TCP frame in flight has two
/// (<see cref="RetransmitQueue"/> and <see cref="TransmitRing"/>), and either may be the last.
/// </summary>
[Flags]
public enum Holders : ushort
{
    None = 0,
    Loop = 1 << 0,
    ReceiveRing = 1 << 1,
    TransmitRing = 1 << 2,
    Gro = 1 << 3,
    Reassembly = 1 << 4,
    Neighbour = 1 << 5,
    Outbox = 1 << 6,
    Loopback = 1 << 7,
    ReceiveQueue = 1 << 8,
    OutOfOrderQueue = 1 << 9,
    RetransmitQueue = 1 << 10,
    Segments = 1 << 11,
    Application = 1 << 12,
    Stage = 1 << 13,

    /// <summary>Another worker looks at its bytes, or is to.</summary>
    Crossing = 1 << 14,
}

/// <summary>
/// What is known of a packet's transport checksum (Linux's CHECKSUM_*). On receive <see cref="Partial"/> comes from a
/// virtual peer and is as good as <see cref="Unnecessary"/>.
/// </summary>
public enum ChecksumState : byte
{
    /// <summary>Receive: software must verify. Transmit: the field is final.</summary>
    None,

    /// <summary>The checksum was verified.</summary>
    Unnecessary,

    /// <summary>The field holds the pseudo-header's sum; device or last stage finishes it from ChecksumStart on.</summary>
    Partial,
}

[Flags]
public enum FrameFlags : byte
{
    None = 0,

    /// <summary>The bytes are lent by another arena and go back when this frame is freed.</summary>
    Borrowed = 1 << 0,

    /// <summary>IP-ID of the merged packets was fixed rather than counting up, so segmentation must not count either.</summary>
    FixedIpId = 1 << 1,

    /// <summary>The packet has congestion-window-reduced set on its first segment only (Linux's SKB_GSO_TCP_ECN).</summary>
    Ecn = 1 << 2,

    /// <summary>The packet did not come from a wire but from this stack itself.</summary>
    Loopback = 1 << 3,

    /// <summary>Head: the tag of <see cref="FrameMetadata.VlanTci"/> belongs to the frame and is not among its bytes.</summary>
    VlanTagged = 1 << 4,

    /// <summary>With <see cref="VlanTagged"/>: the tag is the service tag of 802.1ad rather than that of 802.1Q.</summary>
    ServiceVlan = 1 << 5,

    /// <summary>Head, received: not of the VLAN that the network layer speaks in (Linux's PACKET_OTHERHOST of such frames).</summary>
    OtherVlan = 1 << 6,

    /// <summary>Head, received: only stages bound to its interface see the packet (RX_HANDLER_EXACT).</summary>
    ExactMatch = 1 << 7,

    /// <summary>All that says of which VLAN a frame is.</summary>
    Vlan = VlanTagged | ServiceVlan | OtherVlan,
}
