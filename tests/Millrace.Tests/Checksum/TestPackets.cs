using System.Buffers.Binary;
using Millrace.Headers;

namespace Millrace.Tests.Checksum;

/// <summary>Ethernet packets with right checksums, made by the plain rules of the RFCs.</summary>
internal static class TestPackets
{
    private const int Ip = EthernetHeader.Length;
    private const int Transport = Ip + 20;

    public static byte[] Make(IpProtocol protocol, int payload, int seed)
    {
        var header = protocol == IpProtocol.Tcp ? 20 : 8;
        var packet = new byte[Transport + header + payload];
        new Random(seed).NextBytes(packet);
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(12), 0x0800);
        packet[Ip] = 0x45;
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(Ip + 2), (ushort)(packet.Length - Ip));
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(Ip + 6), 0x4000);
        packet[Ip + 8] = 64;
        packet[Ip + 9] = (byte)protocol;
        packet.AsSpan(Ip + 10, 2).Clear();
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(Ip + 10), (ushort)~PlainChecksum.Sum(packet.AsSpan(Ip, 20)));
        if (protocol == IpProtocol.Tcp)
        {
            packet[Transport + 12] = 0x50;
        }
        else
        {
            BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(Transport + 4), (ushort)(packet.Length - Transport));
        }

        var field = packet.AsSpan(ChecksumField(protocol), 2);
        field.Clear();
        var checksum = (ushort)~PlainChecksum.Sum(packet.AsSpan(Transport), PseudoHeaderSum(packet));
        BinaryPrimitives.WriteUInt16BigEndian(field, checksum == 0 && protocol == IpProtocol.Udp ? (ushort)0xFFFF : checksum);
        return packet;
    }

    /// <summary>The packet with the pseudo-header's sum in its checksum field, as a transport leaves it for the NIC.</summary>
    public static byte[] WithPartialChecksum(byte[] packet)
    {
        var partial = (byte[])packet.Clone();
        BinaryPrimitives.WriteUInt16BigEndian(partial.AsSpan(ChecksumField((IpProtocol)packet[Ip + 9])), PseudoHeaderSum(packet));
        return partial;
    }

    /// <summary>The sum over the pseudo-header of RFC 9293 §3.1 and RFC 768 of an IPv4 packet of twenty header bytes.</summary>
    public static ushort PseudoHeaderSum(ReadOnlySpan<byte> packet)
    {
        Span<byte> pseudo = stackalloc byte[12];
        packet.Slice(Ip + 12, 8).CopyTo(pseudo);
        pseudo[8] = 0;
        pseudo[9] = packet[Ip + 9];
        BinaryPrimitives.WriteUInt16BigEndian(pseudo[10..], (ushort)(packet.Length - Transport));
        return PlainChecksum.Sum(pseudo);
    }

    private static int ChecksumField(IpProtocol protocol) => Transport + (protocol == IpProtocol.Tcp ? 16 : 6);
}
