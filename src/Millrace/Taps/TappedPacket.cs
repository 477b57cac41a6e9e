using Millrace.Headers;
using Millrace.Ingress;
using Millrace.Memory;
using Millrace.Nics;

namespace Millrace.Taps;

/// <summary>
/// A packet as a capture sees it: its bytes from the link header on, over all its frames, with the VLAN tag that had been moved
/// out of them put back (as libpcap does with that of an AF_PACKET socket).
/// </summary>
public readonly ref struct TappedPacket
{
    private const int AddressesLength = 2 * MacAddress.Length;

    private readonly Arena arena;
    private readonly Frame head;
    private readonly VlanProtocol tagProtocol;

    internal TappedPacket(Arena arena, Frame head, long timestamp, CaptureDirection direction, int snapLength)
    {
        this.arena = arena;
        this.head = head;
        ref var metadata = ref arena.Metadata(head);
        Timestamp = timestamp;
        Direction = direction;
        Interface = metadata.Interface;
        tagProtocol = direction == CaptureDirection.Inbound && metadata.DataLength >= EthernetHeader.Length ? TagOf(in metadata) : 0;
        OriginalLength = metadata.TotalLength + (tagProtocol != 0 ? VlanHeader.Length : 0);
        Length = Math.Min(OriginalLength, snapLength);
    }

    internal TappedPacket(Arena arena, Frame head, long timestamp, in PacketDrop drop, int snapLength)
        : this(arena, head, timestamp, drop.IsIngress ? CaptureDirection.Inbound : CaptureDirection.Outbound, drop.HasLinkHeader ? snapLength : 0)
    {
        IsDropped = true;
        Drop = drop;
    }

    /// <summary>When the poll began, in nanoseconds of the stack's clock.</summary>
    public long Timestamp { get; }

    /// <summary>Index of the interface it came in or goes out by.</summary>
    public int Interface { get; }

    public CaptureDirection Direction { get; }

    /// <summary>
    /// Bytes that are shown: not more than the snap length, and none of a packet that was dropped before it had a link header,
    /// because they could not be read.
    /// </summary>
    public int Length { get; }

    /// <summary>Bytes of the whole packet.</summary>
    public int OriginalLength { get; }

    /// <summary>Whether this is no packet that passes, but one that was dropped, perhaps long after it had passed.</summary>
    public bool IsDropped { get; }

    /// <summary>Why, if <see cref="IsDropped"/>.</summary>
    public PacketDrop Drop { get; }

    /// <summary>Copies the packet's <see cref="Length"/> bytes, or as many as there is room for.</summary>
    /// <returns>Bytes written.</returns>
    public int CopyTo(Span<byte> destination)
    {
        destination = destination[..Math.Min(destination.Length, Length)];
        var length = destination.Length;
        var skip = 0;
        if (tagProtocol != 0)
        {
            Span<byte> start = stackalloc byte[AddressesLength + VlanHeader.Length];
            WriteTagged(start);
            start = start[..Math.Min(start.Length, length)];
            start.CopyTo(destination);
            destination = destination[start.Length..];
            skip = AddressesLength;
        }

        PacketBytes.CopyTo(arena, head, arena.Metadata(head).DataOffset + skip, destination);
        return length;
    }

    /// <summary>Hands the bytes to a writer, which stops at the length that was announced to it.</summary>
    internal void AppendTo(CaptureWriter writer)
    {
        var data = arena.Data(head);
        if (tagProtocol != 0)
        {
            Span<byte> start = stackalloc byte[AddressesLength + VlanHeader.Length];
            WriteTagged(start);
            writer.Append(start);
            data = data[AddressesLength..];
        }

        writer.Append(data);
        for (var frame = arena.Metadata(head).NextFragment; !frame.IsNone; frame = arena.Metadata(frame).NextFragment)
        {
            writer.Append(arena.Data(frame));
        }
    }

    private void WriteTagged(Span<byte> start)
    {
        arena.Data(head)[..AddressesLength].CopyTo(start);
        VlanHeader.Write(start[AddressesLength..], tagProtocol, arena.Metadata(head).VlanTci);
    }

    /// <summary>
    /// The tag that was moved out, 0 for none. Of a tag without a VLAN only the priority was kept, and not by which of the two
    /// protocols it came.
    /// </summary>
    private static VlanProtocol TagOf(ref readonly FrameMetadata metadata)
    {
        if ((metadata.Flags & FrameFlags.VlanTagged) == 0)
        {
            return metadata.VlanTci == 0 ? 0 : VlanProtocol.Ieee8021Q;
        }

        return (metadata.Flags & FrameFlags.ServiceVlan) != 0 ? VlanProtocol.Ieee8021ad : VlanProtocol.Ieee8021Q;
    }
}
