using System.Buffers.Binary;

namespace Millrace.Headers;

/// <summary>
/// The UDP header (RFC 768) as it lies on the wire. A view judges nothing but length: every accessor needs the eight bytes
/// of <see cref="Length"/> to be there.
/// <code>
///  0      source port (2)
///  2      destination port (2)
///  4      length of header and payload (2)
///  6      checksum (2), 0 for none
/// </code>
/// </summary>
public static class UdpHeader
{
    public const int Length = 8;

    private const int SourcePortOffset = 0;
    private const int DestinationPortOffset = 2;
    private const int DatagramLengthOffset = 4;
    private const int ChecksumOffset = 6;

    public static ushort SourcePort(ReadOnlySpan<byte> header) => BinaryPrimitives.ReadUInt16BigEndian(header.Slice(SourcePortOffset, 2));

    public static ushort DestinationPort(ReadOnlySpan<byte> header) => BinaryPrimitives.ReadUInt16BigEndian(header.Slice(DestinationPortOffset, 2));

    /// <summary>Bytes of header and payload.</summary>
    public static int DatagramLength(ReadOnlySpan<byte> header) => BinaryPrimitives.ReadUInt16BigEndian(header.Slice(DatagramLengthOffset, 2));

    public static ushort Checksum(ReadOnlySpan<byte> header) => BinaryPrimitives.ReadUInt16BigEndian(header.Slice(ChecksumOffset, 2));

    /// <summary>Writes a header whose checksum is 0.</summary>
    public static void Write(Span<byte> header, ushort sourcePort, ushort destinationPort, int datagramLength)
    {
        BinaryPrimitives.WriteUInt16BigEndian(header.Slice(SourcePortOffset, 2), sourcePort);
        BinaryPrimitives.WriteUInt16BigEndian(header.Slice(DestinationPortOffset, 2), destinationPort);
        BinaryPrimitives.WriteUInt16BigEndian(header.Slice(DatagramLengthOffset, 2), (ushort)datagramLength);
        WriteChecksum(header, 0);
    }

    public static void WriteChecksum(Span<byte> header, ushort checksum) =>
        BinaryPrimitives.WriteUInt16BigEndian(header.Slice(ChecksumOffset, 2), checksum);
}
