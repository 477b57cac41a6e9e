using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Millrace.Headers;

namespace Millrace.Egress;

/// <summary>
/// The headers of a TCP segment over IPv4 without options, as far as merging and cutting read and write them: the IPv4
/// header (RFC 791 §3.1), and behind it the TCP header (RFC 9293 §3.1).
/// <code>
///  0  version, IHL  type of service  total length (2)      0  source port (2)      destination port (2)
///  4  identification (2)             flags, fragment (2)   4  sequence number (4)
///  8  time to live  protocol         header checksum (2)   8  acknowledgment number (4)
/// 12  source address (4)                                  12  data offset  flags   window (2)
/// 16  destination address (4)                             16  checksum (2)         urgent pointer (2)
/// </code>
/// </summary>
internal static class SegmentHeader
{
    public const int Ipv4Length = 20;

    /// <summary>Version 4 and a header of five words: no options.</summary>
    public const byte PlainIpv4 = 0x45;

    public const int TypeOfServiceOffset = 1;
    public const int TotalLengthOffset = 2;
    public const int IdentificationOffset = 4;
    public const int FragmentOffset = 6;
    public const int TtlOffset = 8;
    public const int ProtocolOffset = 9;
    public const int HeaderChecksumOffset = 10;
    public const int AddressesOffset = 12;
    public const int AddressesLength = 8;

    public const int TcpLength = 20;
    public const int PortsOffset = 0;
    public const int SequenceOffset = 4;
    public const int AcknowledgmentOffset = 8;
    public const int DataOffsetOffset = 12;
    public const int FlagsOffset = 13;
    public const int TcpChecksumOffset = 16;
    public const int UrgentPointerOffset = 18;

    /// <summary>More-fragments and the fragment offset, of the word at <see cref="FragmentOffset"/>.</summary>
    public const int FragmentMask = 0x3FFF;

    public const int DontFragment = 0x4000;

    public const byte Fin = 0x01;
    public const byte Syn = 0x02;
    public const byte Rst = 0x04;
    public const byte Psh = 0x08;
    public const byte Urg = 0x20;
    public const byte Cwr = 0x80;

    /// <summary>Writes the length into an IPv4 header and the header's checksum.</summary>
    public static void SetTotalLength(Span<byte> ipv4, int totalLength)
    {
        BinaryPrimitives.WriteUInt16BigEndian(ipv4[TotalLengthOffset..], (ushort)totalLength);
        BinaryPrimitives.WriteUInt16BigEndian(ipv4[HeaderChecksumOffset..], 0);
        BinaryPrimitives.WriteUInt16BigEndian(ipv4[HeaderChecksumOffset..], InternetChecksum.Compute(ipv4[..HeaderLength(ipv4)]));
    }

    /// <summary>The sum over the pseudo-header of a TCP segment of the given length, header included.</summary>
    public static ushort TcpPseudoHeaderSum(ReadOnlySpan<byte> ipv4, int length) =>
        InternetChecksum.Sum(ipv4.Slice(AddressesOffset, AddressesLength), (uint)IpProtocol.Tcp + (uint)length);

    /// <summary>The sequence number of Ethernet, plain IPv4 and TCP header.</summary>
    public static uint SequenceOf(ReadOnlySpan<byte> headers) =>
        BinaryPrimitives.ReadUInt32BigEndian(headers.Slice(EthernetHeader.Length + Ipv4Length + SequenceOffset, 4));

    /// <summary>Whether Ethernet, plain IPv4 and TCP header of two segments are the same bytes but for sequence number and TCP checksum.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool DifferBySequenceAndChecksum(ReadOnlySpan<byte> one, ReadOnlySpan<byte> other)
    {
        // eight bytes at a time: 0 to 37, the sequence number at 38, acknowledgment and control at 42, checksum at 50, urgent pointer
        one = one.Slice(0, EthernetHeader.Length + Ipv4Length + TcpLength);
        other = other.Slice(0, EthernetHeader.Length + Ipv4Length + TcpLength);
        var differences = (Eight(one, 0) ^ Eight(other, 0)) | (Eight(one, 8) ^ Eight(other, 8)) | (Eight(one, 16) ^ Eight(other, 16))
            | (Eight(one, 24) ^ Eight(other, 24)) | (Eight(one, 30) ^ Eight(other, 30)) | (Eight(one, 42) ^ Eight(other, 42));
        return differences == 0
            && BinaryPrimitives.ReadUInt16LittleEndian(one.Slice(52, 2)) == BinaryPrimitives.ReadUInt16LittleEndian(other.Slice(52, 2));
    }

    private static ulong Eight(ReadOnlySpan<byte> bytes, int offset) => BinaryPrimitives.ReadUInt64LittleEndian(bytes.Slice(offset, sizeof(ulong)));

    public static int HeaderLength(ReadOnlySpan<byte> ipv4) => (ipv4[0] & 0xF) * 4;

    public static int TcpHeaderLength(ReadOnlySpan<byte> tcp) => (tcp[DataOffsetOffset] >> 4) * 4;
}
