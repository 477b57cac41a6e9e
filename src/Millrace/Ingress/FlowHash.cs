using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Millrace.Headers;
using Millrace.Memory;

namespace Millrace;

/// <summary>
/// The hash of the flow a packet belongs to (<see cref="FrameMetadata.Hash"/>): over addresses and ports of TCP and UDP, over the
/// addresses alone of every other packet of IP. A piece of a datagram has the hash of its addresses whether or not it holds the
/// ports, so all of a datagram go one way. What has no hash has 0; a hash that comes out as 0 is <see cref="InPlaceOfZero"/>
/// everywhere.
/// </summary>
public readonly struct FlowHash(Toeplitz toeplitz)
{
    /// <summary>Instead of a hash of 0, which says that there is none (as in Linux's __flow_hash_from_keys).</summary>
    public const uint InPlaceOfZero = 1;

    private const int Ipv6Length = 40;
    private const int Ipv6NextHeaderOffset = 6;
    private const int Ipv6SourceOffset = 8;
    private const int Ipv6DestinationOffset = 24;
    private const int PortsLength = 4;
    private const int MostTags = 2;

    /// <summary>Bytes from the link header on that a hash may depend on.</summary>
    private const int DeepestLength = EthernetHeader.Length + (MostTags * VlanHeader.Length) + Ipv4Header.MaxLength + PortsLength;

    public Toeplitz Toeplitz { get; } = toeplitz;

    /// <summary>The hash of packets between two addresses that have no ports.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint Of(InetAddress source, InetAddress destination) => NotZero(Toeplitz.Hash(source, destination));

    /// <summary>The hash of packets of TCP or UDP from the one address and port to the other.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint Of(InetAddress source, InetAddress destination, ushort sourcePort, ushort destinationPort) =>
        NotZero(Toeplitz.Hash(source, destination, sourcePort, destinationPort));

    /// <summary>The hash of a packet from its network header on; 0 if that is not one of IP.</summary>
    public uint Of(ReadOnlySpan<byte> network)
    {
        if (network.Length >= Ipv4Header.Length && Ipv4Header.Version(network) == 4)
        {
            return OfIpv4(network, isReply: false, mayBeFragment: false);
        }

        return network.Length >= Ipv6Length && Ipv4Header.Version(network) == 6 ? OfIpv6(network) : 0;
    }

    /// <summary>The hash of a frame from its link header on, behind VLAN tags if there are any; 0 if it holds no packet of IP.</summary>
    public uint OfFrame(ReadOnlySpan<byte> frame)
    {
        if (frame.Length < EthernetHeader.Length)
        {
            return 0;
        }

        var type = EthernetHeader.Type(frame);
        var rest = frame.Slice(EthernetHeader.Length);
        for (var tags = 0; tags < MostTags && type is EtherType.Vlan or EtherType.ServiceVlan && rest.Length >= VlanHeader.Length; tags++)
        {
            type = VlanHeader.Type(rest);
            rest = rest.Slice(VlanHeader.Length);
        }

        return type is EtherType.Ipv4 or EtherType.Ipv6 ? Of(rest) : 0;
    }

    /// <summary>The hash of a packet that begins with a link header, whatever frames its headers lie in.</summary>
    public uint OfPacket(Arena arena, Frame head)
    {
        ref var metadata = ref arena.Metadata(head);
        return metadata.NextFragment.IsNone || metadata.DataLength >= DeepestLength
            ? OfFrame(Arena.Data(in metadata))
            : OfScattered(arena, head);
    }

    /// <summary>
    /// Of an ICMP error over IPv4 (unreachable, source quench, time exceeded, parameter problem): the hash of the flow that the
    /// quoted packet was sent in, as the packets that answer it have: source and destination change places. So an error comes to
    /// where the flow is received.
    /// </summary>
    /// <param name="network">The error from its network header on.</param>
    /// <returns>0 if it is no such error, is in pieces, or quotes no whole header.</returns>
    public uint OfQuoted(ReadOnlySpan<byte> network)
    {
        if (network.Length < Ipv4Header.Length || Ipv4Header.Version(network) != 4 || Ipv4Header.Protocol(network) != IpProtocol.Icmp
            || Ipv4Header.IsFragment(network))
        {
            return 0;
        }

        var headerLength = Ipv4Header.HeaderLength(network);
        if (headerLength < Ipv4Header.Length || network.Length < headerLength + IcmpHeader.Length + Ipv4Header.Length)
        {
            return 0;
        }

        var message = network.Slice(headerLength);
        var quoted = message.Slice(IcmpHeader.Length);
        return IcmpHeader.Type(message) is IcmpType.DestinationUnreachable or IcmpType.SourceQuench or IcmpType.TimeExceeded
                or IcmpType.ParameterProblem
            && Ipv4Header.Version(quoted) == 4
                ? OfIpv4(quoted, isReply: true, mayBeFragment: true)
                : 0;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private uint OfScattered(Arena arena, Frame head)
    {
        Span<byte> gathered = stackalloc byte[DeepestLength];
        ref var metadata = ref arena.Metadata(head);
        gathered = gathered.Slice(0, Math.Min(DeepestLength, metadata.TotalLength));
        PacketBytes.CopyTo(arena, head, metadata.DataOffset, gathered);
        return OfFrame(gathered);
    }

    /// <param name="isReply">Hash what answers this packet, with source and destination in each other's place.</param>
    /// <param name="mayBeFragment">Take the ports of a first fragment: what answers it is hashed by them.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private uint OfIpv4(ReadOnlySpan<byte> header, bool isReply, bool mayBeFragment)
    {
        var headerLength = Ipv4Header.HeaderLength(header);
        if (headerLength < Ipv4Header.Length)
        {
            return 0;
        }

        var source = InetAddress.FromIpv4(isReply ? Ipv4Header.Destination(header) : Ipv4Header.Source(header));
        var destination = InetAddress.FromIpv4(isReply ? Ipv4Header.Source(header) : Ipv4Header.Destination(header));
        var hasPorts = mayBeFragment ? Ipv4Header.FragmentStart(header) == 0 : !Ipv4Header.IsFragment(header);
        if (!hasPorts || !HasPorts(Ipv4Header.Protocol(header)) || header.Length < headerLength + PortsLength)
        {
            return Of(source, destination);
        }

        var ports = header.Slice(headerLength, PortsLength);
        var first = BinaryPrimitives.ReadUInt16BigEndian(ports);
        var second = BinaryPrimitives.ReadUInt16BigEndian(ports.Slice(2, 2));
        return isReply ? Of(source, destination, second, first) : Of(source, destination, first, second);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private uint OfIpv6(ReadOnlySpan<byte> header)
    {
        var source = ReadIpv6(header.Slice(Ipv6SourceOffset, 16));
        var destination = ReadIpv6(header.Slice(Ipv6DestinationOffset, 16));
        if (!HasPorts((IpProtocol)header[Ipv6NextHeaderOffset]) || header.Length < Ipv6Length + PortsLength)
        {
            return Of(source, destination);
        }

        var ports = header.Slice(Ipv6Length, PortsLength);
        return Of(source, destination, BinaryPrimitives.ReadUInt16BigEndian(ports), BinaryPrimitives.ReadUInt16BigEndian(ports.Slice(2, 2)));
    }

    private static InetAddress ReadIpv6(ReadOnlySpan<byte> bytes) =>
        new(BinaryPrimitives.ReadUInt64BigEndian(bytes), BinaryPrimitives.ReadUInt64BigEndian(bytes.Slice(8, 8)));

    private static bool HasPorts(IpProtocol protocol) => protocol is IpProtocol.Tcp or IpProtocol.Udp;

    private static uint NotZero(uint hash) => hash == 0 ? InPlaceOfZero : hash;
}
