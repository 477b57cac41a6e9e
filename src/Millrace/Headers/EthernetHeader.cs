using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Millrace.Headers;

/// <summary>
/// The Ethernet II header as it lies on the wire. A view judges nothing but length: every accessor needs the fourteen
/// bytes of <see cref="Length"/> to be there.
/// <code>
///  0      destination (6)
///  6      source (6)
/// 12      type (2)
/// </code>
/// </summary>
public static class EthernetHeader
{
    public const int Length = 14;

    private const int DestinationOffset = 0;
    private const int SourceOffset = 6;
    private const int TypeOffset = 12;

    public static MacAddress Destination(ReadOnlySpan<byte> header) => MacAddress.Read(header.Slice(DestinationOffset, MacAddress.Length));

    public static MacAddress Source(ReadOnlySpan<byte> header) => MacAddress.Read(header.Slice(SourceOffset, MacAddress.Length));

    public static EtherType Type(ReadOnlySpan<byte> header) => (EtherType)BinaryPrimitives.ReadUInt16BigEndian(header.Slice(TypeOffset, 2));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Write(Span<byte> header, MacAddress destination, MacAddress source, EtherType type)
    {
        // two words that overlap in the first octets of the source
        var bytes = header.Slice(0, Length);
        BinaryPrimitives.WriteUInt64BigEndian(bytes.Slice(DestinationOffset, 8), (destination.Value << 16) | (source.Value >> 32));
        BinaryPrimitives.WriteUInt64BigEndian(bytes.Slice(SourceOffset, 8), (source.Value << 16) | (ushort)type);
    }

    /// <summary>Makes the destination the source and the other way round, without looking at either.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void SwapAddresses(Span<byte> header)
    {
        if (Vector128.IsHardwareAccelerated && header.Length >= Vector128<byte>.Count)
        {
            var octets = Vector128.Create((ReadOnlySpan<byte>)header);
            Vector128.Shuffle(octets, Vector128.Create((byte)6, 7, 8, 9, 10, 11, 0, 1, 2, 3, 4, 5, 12, 13, 14, 15)).CopyTo(header);
            return;
        }

        // calls nothing: not even what is never called, or the loop around it would keep its values on the stack
        for (var i = 0; i < MacAddress.Length; i++)
        {
            (header[i], header[MacAddress.Length + i]) = (header[MacAddress.Length + i], header[i]);
        }
    }
}

/// <summary>Protocol numbers of the Ethernet type field (IANA "IEEE 802 Numbers").</summary>
public enum EtherType : ushort
{
    None = 0,
    Ipv4 = 0x0800,
    Arp = 0x0806,
    Vlan = 0x8100,
    Ipv6 = 0x86DD,
    ServiceVlan = 0x88A8,
}

/// <summary>Protocol numbers of the IPv4 protocol and IPv6 next-header fields (IANA "Protocol Numbers").</summary>
public enum IpProtocol : byte
{
    HopByHop = 0,
    Icmp = 1,
    Tcp = 6,
    Udp = 17,
    Icmpv6 = 58,
}
