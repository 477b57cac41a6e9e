using System.Buffers.Binary;
using Millrace.Egress;
using Millrace.Headers;
using Millrace.Memory;

namespace Millrace.Ingress;

/// <summary>What merging looks at in the headers of one TCP segment over IPv4 without options.</summary>
internal struct GroSegment
{
    private const int TtlShift = 16;
    private const int TypeOfServiceShift = 24;

    /// <summary>The IPv4 flags and fragment offset but for DF: more fragments, offset and the reserved bit.</summary>
    private const int OddFragmentMask = 0xFFFF & ~SegmentHeader.DontFragment;

    /// <summary>The TCP control bits within the control word.</summary>
    private const int FlagsShift = 16;

    private const uint MayDiffer = (uint)(SegmentHeader.Cwr | SegmentHeader.Fin | SegmentHeader.Psh) << FlagsShift;

    private ulong addresses;
    private uint ports;
    private uint link;
    private ulong macFirst;
    private ulong macLast;

    /// <summary>Data offset, reserved bits, control bits and window: the fourth word of the header.</summary>
    private uint control;

    private uint acknowledgment;

    /// <summary>Type of service, TTL and DF.</summary>
    private uint network;

    private ushort identification;
    private ushort urgentPointer;

    public uint Sequence;

    /// <summary>Bytes of IPv4 and TCP header.</summary>
    public int HeadersLength;

    /// <summary>Bytes of TCP payload.</summary>
    public int PayloadLength;

    /// <summary>Whether it may be merged with others at all; otherwise only its flow is known.</summary>
    public bool IsMergeable;

    public readonly byte Flags => (byte)(control >> FlagsShift);

    public readonly int OptionsLength => HeadersLength - SegmentHeader.Ipv4Length - SegmentHeader.TcpLength;

    private readonly bool DontFragment => (network & SegmentHeader.DontFragment) != 0;

    /// <summary>Reads a segment whose IPv4 header is at <paramref name="start"/> of the frame's data.</summary>
    /// <returns>False if not even its flow can be told: options, a fragment, or a header that is not all there.</returns>
    public static bool TryRead(ReadOnlySpan<byte> data, int start, ref readonly FrameMetadata metadata, out GroSegment segment)
    {
        segment = default;
        var ip = data[start..];
        if (ip.Length < SegmentHeader.Ipv4Length + SegmentHeader.TcpLength || ip[0] != SegmentHeader.PlainIpv4)
        {
            return false;
        }

        var fragment = BinaryPrimitives.ReadUInt16BigEndian(ip[SegmentHeader.FragmentOffset..]);
        if ((fragment & OddFragmentMask) != 0)
        {
            return false;
        }

        var tcp = ip.Slice(SegmentHeader.Ipv4Length, SegmentHeader.TcpLength);
        segment.addresses = BinaryPrimitives.ReadUInt64BigEndian(ip[SegmentHeader.AddressesOffset..]);
        segment.ports = BinaryPrimitives.ReadUInt32BigEndian(tcp[SegmentHeader.PortsOffset..]);
        segment.link = LinkOf(in metadata);
        if (start >= EthernetHeader.Length)
        {
            var ethernet = data.Slice(start - EthernetHeader.Length, EthernetHeader.Length);
            segment.macFirst = BinaryPrimitives.ReadUInt64BigEndian(ethernet);
            segment.macLast = BinaryPrimitives.ReadUInt64BigEndian(ethernet.Slice(EthernetHeader.Length - sizeof(ulong), sizeof(ulong)));
        }

        segment.ReadRest(ip, tcp, fragment, metadata.TotalLength - start, in metadata);
        return true;
    }

    private static uint LinkOf(ref readonly FrameMetadata metadata) =>
        ((uint)(metadata.Flags & FrameFlags.Vlan) << 24) | ((uint)metadata.Interface << 16) | metadata.VlanTci;

    private void ReadRest(ReadOnlySpan<byte> ip, ReadOnlySpan<byte> tcp, int fragment, int available, ref readonly FrameMetadata metadata)
    {
        control = BinaryPrimitives.ReadUInt32BigEndian(tcp[SegmentHeader.DataOffsetOffset..]);
        acknowledgment = BinaryPrimitives.ReadUInt32BigEndian(tcp[SegmentHeader.AcknowledgmentOffset..]);
        network = ((uint)ip[SegmentHeader.TypeOfServiceOffset] << TypeOfServiceShift) | ((uint)ip[SegmentHeader.TtlOffset] << TtlShift)
            | (uint)(fragment & SegmentHeader.DontFragment);
        identification = BinaryPrimitives.ReadUInt16BigEndian(ip[SegmentHeader.IdentificationOffset..]);
        urgentPointer = BinaryPrimitives.ReadUInt16BigEndian(tcp[SegmentHeader.UrgentPointerOffset..]);
        Sequence = BinaryPrimitives.ReadUInt32BigEndian(tcp[SegmentHeader.SequenceOffset..]);
        var totalLength = BinaryPrimitives.ReadUInt16BigEndian(ip[SegmentHeader.TotalLengthOffset..]);
        HeadersLength = SegmentHeader.Ipv4Length + SegmentHeader.TcpHeaderLength(tcp);
        PayloadLength = totalLength - HeadersLength;

        // a packet of several frames needs payload in its first one and no padding, so that chaining is all there is to do
        var fits = metadata.NextFragment.IsNone
            ? totalLength <= available
            : totalLength == available && HeadersLength < ip.Length;
        IsMergeable = fits
            && HeadersLength >= SegmentHeader.Ipv4Length + SegmentHeader.TcpLength
            && HeadersLength <= ip.Length
            && PayloadLength >= 0
            && metadata.GsoSize == 0
            && metadata.Checksum != ChecksumState.None
            && InternetChecksum.Sum(ip[..SegmentHeader.Ipv4Length]) == 0xFFFF;
    }

    /// <summary>The bucket number for a packet whose NIC computed no hash.</summary>
    public readonly uint FlowHash()
    {
        var mixed = (uint)addresses ^ (uint)(addresses >> 32) ^ ports;
        return (mixed * 0x9E37_79B1) >> 16;
    }

    /// <summary>Whether both are of one flow: interface, VLAN tag, link header, addresses and ports.</summary>
    public readonly bool IsSameFlow(in GroSegment other) =>
        ports == other.ports && addresses == other.addresses && link == other.link && macFirst == other.macFirst && macLast == other.macLast;

    /// <summary>Whether a packet came by the same interface and VLAN.</summary>
    public readonly bool IsOnLinkOf(ref readonly FrameMetadata metadata) => link == LinkOf(in metadata);

    /// <summary>Whether both are between the same two addresses.</summary>
    public readonly bool IsBetween(ulong addressPair) => addresses == addressPair;

    /// <summary>
    /// Whether this segment may follow <paramref name="first"/> as far as header fields tell that do not depend on position:
    /// control bits but for FIN and PSH, no CWR of its own, window, acknowledgment, TTL, TOS and DF. The urgent pointer is
    /// ours: without it segmenting could not give back what came in.
    /// </summary>
    public readonly bool HasHeaderOf(in GroSegment first) =>
        ((control ^ first.control) & ~MayDiffer) == 0
        && (Flags & SegmentHeader.Cwr) == 0
        && acknowledgment == first.acknowledgment
        && network == first.network
        && urgentPointer == first.urgentPointer;

    /// <summary>
    /// The IP-ID rule: it counts up, or it is fixed where DF is set and that may be merged; the second segment decides which (inet_gro_flush).
    /// </summary>
    public readonly bool HasIdentificationAfter(in GroSegment first, int count, bool mayBeFixed, ref bool isFixed)
    {
        var distance = (ushort)(identification - first.identification);
        if (count == 1 && distance == 0 && DontFragment && mayBeFixed)
        {
            isFixed = true;
        }

        return distance == (isFixed ? 0 : (ushort)count);
    }
}
