using System.Buffers.Binary;

namespace Millrace.Headers;

/// <summary>
/// The header of an ICMP message (RFC 792) as it lies on the wire. A view judges nothing but length: every accessor needs
/// the eight bytes of <see cref="Length"/> to be there.
/// <code>
///  0      type (1)
///  1      code (1)
///  2      checksum (2)
///  4      rest of header (4): echo has identifier (2) and sequence number (2);
///         fragmentation needed has 0 (2) and the next hop's MTU (2) (RFC 1191 §4)
///  8      data: of an error, the header that caused it and at least eight bytes of its payload
/// </code>
/// </summary>
public static class IcmpHeader
{
    public const int Length = 8;

    private const int TypeOffset = 0;
    private const int CodeOffset = 1;
    private const int ChecksumOffset = 2;
    private const int RestOffset = 4;
    private const int NextHopMtuOffset = 6;

    public static IcmpType Type(ReadOnlySpan<byte> header) => (IcmpType)header[TypeOffset];

    public static byte Code(ReadOnlySpan<byte> header) => header[CodeOffset];

    public static ushort Checksum(ReadOnlySpan<byte> header) => BinaryPrimitives.ReadUInt16BigEndian(header.Slice(ChecksumOffset, 2));

    public static int NextHopMtu(ReadOnlySpan<byte> header) => BinaryPrimitives.ReadUInt16BigEndian(header.Slice(NextHopMtuOffset, 2));

    /// <summary>Writes type and code and zeroes checksum and rest.</summary>
    public static void Write(Span<byte> header, IcmpType type, byte code)
    {
        header[TypeOffset] = (byte)type;
        header[CodeOffset] = code;
        WriteChecksum(header, 0);
        BinaryPrimitives.WriteUInt32BigEndian(header.Slice(RestOffset, 4), 0);
    }

    public static void WriteNextHopMtu(Span<byte> header, int mtu) => BinaryPrimitives.WriteUInt16BigEndian(header.Slice(NextHopMtuOffset, 2), (ushort)mtu);

    public static void WriteType(Span<byte> header, IcmpType type) => header[TypeOffset] = (byte)type;

    public static void WriteChecksum(Span<byte> header, ushort checksum) =>
        BinaryPrimitives.WriteUInt16BigEndian(header.Slice(ChecksumOffset, 2), checksum);
}

/// <summary>ICMP message types (IANA "ICMP Type Numbers").</summary>
public enum IcmpType : byte
{
    EchoReply = 0,
    DestinationUnreachable = 3,
    SourceQuench = 4,
    Redirect = 5,
    EchoRequest = 8,
    TimeExceeded = 11,
    ParameterProblem = 12,
}

/// <summary>Codes of <see cref="IcmpType.DestinationUnreachable"/> (RFC 792, RFC 1122 §3.2.2.1, RFC 1812 §5.2.7.1).</summary>
public static class IcmpUnreachable
{
    public const byte Network = 0;
    public const byte Host = 1;
    public const byte Protocol = 2;
    public const byte Port = 3;
    public const byte FragmentationNeeded = 4;
    public const byte SourceRouteFailed = 5;
    public const byte NetworkUnknown = 6;
    public const byte HostUnknown = 7;
    public const byte HostIsolated = 8;
    public const byte NetworkProhibited = 9;
    public const byte HostProhibited = 10;
    public const byte NetworkForService = 11;
    public const byte HostForService = 12;
    public const byte Filtered = 13;
}

/// <summary>Codes of <see cref="IcmpType.TimeExceeded"/> (RFC 792).</summary>
public static class IcmpTimeExceeded
{
    public const byte Transit = 0;
    public const byte Reassembly = 1;
}
