using System.Buffers.Binary;
using Millrace.Headers;

namespace Millrace.Tests.Nics;

/// <summary>Packets with checksums, written by hand for tests of NICs.</summary>
internal static class WireBytes
{
    public const int NetworkOffset = EthernetHeader.Length;
    public const int TransportOffset = NetworkOffset + 20;

    /// <summary>An IPv4 packet with a TCP or UDP header whose checksum field holds the pseudo-header's sum only.</summary>
    public static byte[] Partial(IpProtocol protocol, InetAddress source, InetAddress destination, byte[] transport,
        MacAddress? from = null, MacAddress? to = null)
    {
        var bytes = new byte[TransportOffset + transport.Length];
        EthernetHeader.Write(bytes, to ?? new MacAddress(0x0200_0000_000B), from ?? new MacAddress(0x0200_0000_000A), EtherType.Ipv4);
        var ip = bytes.AsSpan(NetworkOffset, 20);
        ip[0] = 0x45;
        BinaryPrimitives.WriteUInt16BigEndian(ip[2..], (ushort)(20 + transport.Length));
        ip[6] = 0x40;
        ip[8] = 64;
        ip[9] = (byte)protocol;
        BinaryPrimitives.WriteUInt32BigEndian(ip[12..], source.Ipv4);
        BinaryPrimitives.WriteUInt32BigEndian(ip[16..], destination.Ipv4);
        BinaryPrimitives.WriteUInt16BigEndian(ip[10..], InternetChecksum.Compute(ip));
        transport.CopyTo(bytes.AsSpan(TransportOffset));
        var sum = InternetChecksum.Fold(NetworkHeader.PseudoHeaderSum(source, destination, protocol, transport.Length));
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(TransportOffset + ChecksumOffset(protocol)), sum);
        return bytes;
    }

    public static byte[] Udp(ushort sourcePort, ushort destinationPort, ReadOnlySpan<byte> payload)
    {
        var bytes = new byte[8 + payload.Length];
        BinaryPrimitives.WriteUInt16BigEndian(bytes, sourcePort);
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(2), destinationPort);
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(4), (ushort)bytes.Length);
        payload.CopyTo(bytes.AsSpan(8));
        return bytes;
    }

    public static byte[] Tcp(ushort sourcePort, ushort destinationPort, uint sequence, ReadOnlySpan<byte> payload)
    {
        var bytes = new byte[20 + payload.Length];
        BinaryPrimitives.WriteUInt16BigEndian(bytes, sourcePort);
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(2), destinationPort);
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(4), sequence);
        bytes[12] = 0x50;
        bytes[13] = 0x10;
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(14), 65535);
        payload.CopyTo(bytes.AsSpan(20));
        return bytes;
    }

    public static ushort ChecksumOffset(IpProtocol protocol) => (ushort)(protocol == IpProtocol.Udp ? 6 : 16);

    /// <summary>Whether the transport checksum of a whole frame is right, by the definition of RFC 1071.</summary>
    public static bool HasValidChecksum(ReadOnlySpan<byte> frame)
    {
        var ip = frame.Slice(NetworkOffset, 20);
        var transport = frame[TransportOffset..];
        var pseudo = NetworkHeader.PseudoHeaderSum(NetworkHeader.Source(ip), NetworkHeader.Destination(ip), (IpProtocol)ip[9], transport.Length);
        return InternetChecksum.Sum(transport, pseudo) == 0xFFFF;
    }
}
