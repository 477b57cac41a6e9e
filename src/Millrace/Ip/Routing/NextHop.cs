using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Millrace.Headers;

namespace Millrace.Ip;

/// <summary>
/// All that the loop needs to send a packet on: half a cache line. Routes name it by its index, so what is learnt of a neighbour
/// is written here once, however many routes lead to it. It knows no address family.
/// </summary>
[StructLayout(LayoutKind.Sequential, Size = 32)]
internal struct NextHop
{
    /// <summary>The Ethernet header as it lies on the wire, the first eight bytes of it.</summary>
    public ulong LinkHeader;

    /// <summary>Its last eight bytes; two stores of eight bytes write fourteen.</summary>
    public ulong LinkHeaderEnd;

    /// <summary>When a packet was last sent to it.</summary>
    public long UsedAt;

    /// <summary>Bytes of the largest network packet that may go this way without another thought; 0 if none may.</summary>
    public ushort Mtu;

    public byte Interface;

    /// <summary>Writes the link header before a packet.</summary>
    /// <param name="header">The fourteen bytes of it.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void WriteLinkHeader(Span<byte> header)
    {
        header = header.Slice(0, EthernetHeader.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(header, LinkHeader);
        BinaryPrimitives.WriteUInt64LittleEndian(header.Slice(EthernetHeader.Length - sizeof(ulong), sizeof(ulong)), LinkHeaderEnd);
    }

    public void SetLinkHeader(MacAddress destination, MacAddress source, EtherType type)
    {
        Span<byte> header = stackalloc byte[EthernetHeader.Length];
        EthernetHeader.Write(header, destination, source, type);
        LinkHeader = BinaryPrimitives.ReadUInt64LittleEndian(header);
        LinkHeaderEnd = BinaryPrimitives.ReadUInt64LittleEndian(header.Slice(EthernetHeader.Length - sizeof(ulong)));
    }
}
