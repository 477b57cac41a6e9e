using System.Buffers.Binary;
using Millrace.Headers;
using Millrace.Memory;

namespace Millrace.Egress;

/// <summary>The headers of a packet that is being cut, and how those of its segments follow from them.</summary>
internal sealed class SegmentTemplate
{
    private const int LongestHeaders = 192;

    private readonly byte[] headers = new byte[LongestHeaders];
    private int linkLength;
    private int networkLength;
    private uint sequence;
    private ushort identification;
    private bool isIdentificationFixed;

    /// <summary>Bytes of link, IPv4 and TCP header.</summary>
    public int Length { get; private set; }

    /// <summary>
    /// Bytes of all headers of a packet whose data begins with the link header, or 0 if it is not TCP over IPv4 with all of
    /// its headers in the first frame.
    /// </summary>
    public static int Measure(ref readonly FrameMetadata metadata)
    {
        var data = Arena.Data(in metadata);
        var link = metadata.NetworkOffset - metadata.DataOffset;
        if (link < 0 || link + SegmentHeader.Ipv4Length + SegmentHeader.TcpLength > data.Length)
        {
            return 0;
        }

        var ip = data[link..];
        var network = SegmentHeader.HeaderLength(ip);
        if (ip[0] >> 4 != 4 || network < SegmentHeader.Ipv4Length || ip[SegmentHeader.ProtocolOffset] != (byte)IpProtocol.Tcp
            || network + SegmentHeader.TcpLength > ip.Length)
        {
            return 0;
        }

        var transport = SegmentHeader.TcpHeaderLength(ip[network..]);
        var length = link + network + transport;
        return transport >= SegmentHeader.TcpLength && length <= data.Length && length <= LongestHeaders ? length : 0;
    }

    /// <summary>Takes the headers of a packet that <see cref="Measure"/> has measured.</summary>
    public void Read(int length, ref readonly FrameMetadata metadata)
    {
        Length = length;
        Arena.Data(in metadata)[..length].CopyTo(headers);
        linkLength = metadata.NetworkOffset - metadata.DataOffset;
        var ip = headers.AsSpan(linkLength);
        networkLength = SegmentHeader.HeaderLength(ip);
        identification = BinaryPrimitives.ReadUInt16BigEndian(ip[SegmentHeader.IdentificationOffset..]);
        sequence = BinaryPrimitives.ReadUInt32BigEndian(ip[(networkLength + SegmentHeader.SequenceOffset)..]);
        isIdentificationFixed = (metadata.Flags & FrameFlags.FixedIpId) != 0;
    }

    /// <summary>
    /// Writes the headers of a segment to the start of a frame's data: sequence number and IP-ID by its place, FIN and PSH on
    /// the last only, CWR on the first only, lengths, the IPv4 checksum, and the pseudo-header's sum for TCP's.
    /// </summary>
    /// <param name="index">The segment's place, from 0.</param>
    /// <param name="position">Payload bytes before it.</param>
    /// <param name="payload">Payload bytes of it.</param>
    public void Write(int index, int position, int payload, bool isLast, ref FrameMetadata metadata)
    {
        var target = Arena.Data(ref metadata)[..Length];
        headers.AsSpan(0, Length).CopyTo(target);
        var ip = target[linkLength..];
        var tcp = ip[networkLength..];
        if (!isIdentificationFixed)
        {
            BinaryPrimitives.WriteUInt16BigEndian(ip[SegmentHeader.IdentificationOffset..], (ushort)(identification + index));
        }

        SegmentHeader.SetTotalLength(ip, Length - linkLength + payload);
        BinaryPrimitives.WriteUInt32BigEndian(tcp[SegmentHeader.SequenceOffset..], sequence + (uint)position);
        var cleared = (isLast ? 0 : SegmentHeader.Fin | SegmentHeader.Psh) | (index == 0 ? 0 : SegmentHeader.Cwr);
        tcp[SegmentHeader.FlagsOffset] &= (byte)~cleared;
        var sum = SegmentHeader.TcpPseudoHeaderSum(ip, Length - linkLength - networkLength + payload);
        BinaryPrimitives.WriteUInt16BigEndian(tcp[SegmentHeader.TcpChecksumOffset..], sum);

        metadata.NetworkOffset = (ushort)(metadata.DataOffset + linkLength);
        metadata.TransportOffset = (ushort)(metadata.NetworkOffset + networkLength);
        metadata.Checksum = ChecksumState.Partial;
        metadata.ChecksumStart = metadata.TransportOffset;
        metadata.ChecksumOffset = SegmentHeader.TcpChecksumOffset;
        metadata.GsoSize = 0;
        metadata.WirePackets = 1;
        metadata.TotalLength = Length + payload;
        metadata.Flags &= ~(FrameFlags.FixedIpId | FrameFlags.Ecn);
    }
}
