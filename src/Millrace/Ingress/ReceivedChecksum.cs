using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Millrace.Egress;
using Millrace.Headers;
using Millrace.Memory;

namespace Millrace.Ingress;

/// <summary>Verifies the transport checksum of a packet before its network header has been judged.</summary>
internal static class ReceivedChecksum
{
    private const int UdpHeaderLength = 8;
    private const int UdpLengthOffset = 4;
    private const int UdpChecksumOffset = 6;

    /// <summary>
    /// Drops a TCP or UDP packet whose checksum is wrong. What is not TCP or UDP, is a fragment or is malformed goes on
    /// unverified, for the stage whose protocol it is to judge.
    /// </summary>
    /// <param name="offset">The network header, in bytes from the start of the slot.</param>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Verdict Verify(Arena arena, Frame frame, int offset, ref FrameMetadata metadata)
    {
        var data = Arena.Data(ref metadata);
        var start = offset - metadata.DataOffset;
        if (start == EthernetHeader.Length && IsRightSegment(data, in metadata))
        {
            metadata.Checksum = ChecksumState.Unnecessary;
            return Verdict.Continue;
        }

        var header = data[start..];
        if (header.Length < SegmentHeader.Ipv4Length || header[0] >> 4 != 4)
        {
            return Unverified(ref metadata);
        }

        var headerLength = (header[0] & 0xF) * 4;
        var totalLength = BinaryPrimitives.ReadUInt16BigEndian(header[SegmentHeader.TotalLengthOffset..]);
        var fragment = BinaryPrimitives.ReadUInt16BigEndian(header[SegmentHeader.FragmentOffset..]);
        if (headerLength < SegmentHeader.Ipv4Length || headerLength > header.Length || totalLength < headerLength
            || totalLength > metadata.TotalLength - start || (fragment & SegmentHeader.FragmentMask) != 0)
        {
            return Unverified(ref metadata);
        }

        var length = totalLength - headerLength;
        var protocol = (IpProtocol)header[SegmentHeader.ProtocolOffset];
        if (protocol == IpProtocol.Tcp)
        {
            if (length < SegmentHeader.TcpLength)
            {
                return Unverified(ref metadata);
            }
        }
        else if (protocol == IpProtocol.Udp)
        {
            if (header.Length < headerLength + UdpHeaderLength)
            {
                return Unverified(ref metadata);
            }

            var udp = header.Slice(headerLength, UdpHeaderLength);
            var udpLength = BinaryPrimitives.ReadUInt16BigEndian(udp[UdpLengthOffset..]);
            if (udpLength < UdpHeaderLength || udpLength > length)
            {
                return Unverified(ref metadata);
            }

            // over IPv4 a checksum of zero means that the sender made none (RFC 768)
            if (BinaryPrimitives.ReadUInt16BigEndian(udp[UdpChecksumOffset..]) == 0)
            {
                metadata.Checksum = ChecksumState.Unnecessary;
                return Verdict.Continue;
            }

            length = udpLength;
        }
        else
        {
            return Unverified(ref metadata);
        }

        var pseudoHeader = InternetChecksum.Sum(header.Slice(SegmentHeader.AddressesOffset, SegmentHeader.AddressesLength), (uint)protocol + (uint)length);
        if (!IsRightBySum(data, start + headerLength, length, pseudoHeader, in metadata)
            && PacketChecksum.Sum(arena, frame, offset + headerLength, length, pseudoHeader) != 0xFFFF)
        {
            return Verdict.Drop(protocol == IpProtocol.Tcp ? DropReason.TcpChecksum : DropReason.UdpChecksum);
        }

        metadata.Checksum = ChecksumState.Unnecessary;
        return Verdict.Continue;
    }

    /// <summary>
    /// The same for what is most: a TCP segment behind an IPv4 header without options, nothing behind it, in a frame by itself. The
    /// addresses are in the sum of the frame, if that is known, and in the pseudo-header, so only what stands before them is taken out.
    /// </summary>
    private static bool IsRightSegment(ReadOnlySpan<byte> data, ref readonly FrameMetadata metadata)
    {
        const int network = EthernetHeader.Length;
        const int transport = network + SegmentHeader.Ipv4Length;
        if (data.Length < transport + SegmentHeader.TcpLength || metadata.TotalLength != data.Length)
        {
            return false;
        }

        var before = data.Slice(0, network + SegmentHeader.AddressesOffset);
        if (before[network] != SegmentHeader.PlainIpv4
            || before[network + SegmentHeader.ProtocolOffset] != (byte)IpProtocol.Tcp
            || BinaryPrimitives.ReadUInt16BigEndian(before.Slice(network + SegmentHeader.TotalLengthOffset, 2)) != data.Length - network
            || (BinaryPrimitives.ReadUInt16BigEndian(before.Slice(network + SegmentHeader.FragmentOffset, 2)) & SegmentHeader.FragmentMask) != 0)
        {
            return false;
        }

        if (metadata.ReceivedSum == 0)
        {
            // the addresses lie in front of the segment, as in the pseudo-header
            return InternetChecksum.Sum(
                data.Slice(network + SegmentHeader.AddressesOffset), (uint)IpProtocol.Tcp + (uint)(data.Length - transport)) == 0xFFFF;
        }

        var first = BinaryPrimitives.ReadUInt64BigEndian(before);
        var second = BinaryPrimitives.ReadUInt64BigEndian(before.Slice(8, 8));
        var third = BinaryPrimitives.ReadUInt64BigEndian(before.Slice(16, 8));
        var outside = InternetChecksum.Fold(
            (first >> 32) + (uint)first + (second >> 32) + (uint)second + (third >> 32) + (uint)third + BinaryPrimitives.ReadUInt16BigEndian(before.Slice(24, 2)));
        return InternetChecksum.Fold(
            (ulong)(ushort)metadata.ReceivedSum + (ushort)~outside + (uint)IpProtocol.Tcp + (uint)(data.Length - transport)) == 0xFFFF;
    }

    /// <summary>
    /// Whether the sum that the NIC has made says that the checksum is right: what lies before the transport header is taken out of it
    /// (skb_postpull_rcsum). If it does not, bytes may have been moved since, and nothing is said.
    /// </summary>
    /// <param name="before">Bytes of data before the transport header.</param>
    private static bool IsRightBySum(ReadOnlySpan<byte> data, int before, int length, uint pseudoHeader, ref readonly FrameMetadata metadata)
    {
        if (metadata.ReceivedSum == 0 || before + length != data.Length)
        {
            return false;
        }

        var outside = (ushort)~InternetChecksum.Sum(data.Slice(0, before));
        return InternetChecksum.Fold((ulong)(ushort)metadata.ReceivedSum + outside + pseudoHeader) == 0xFFFF;
    }

    private static Verdict Unverified(ref FrameMetadata metadata)
    {
        metadata.Checksum = ChecksumState.None;
        return Verdict.Continue;
    }
}
