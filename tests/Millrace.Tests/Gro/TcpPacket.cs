using System.Buffers.Binary;
using Millrace.Tests.Checksum;

namespace Millrace.Tests.Gro;

/// <summary>The fields of one TCP packet over Ethernet and IPv4, and its bytes with right checksums.</summary>
internal sealed record TcpPacket
{
    public const byte Fin = 0x01, Syn = 0x02, Rst = 0x04, Psh = 0x08, Ack = 0x10, Urg = 0x20, Ece = 0x40, Cwr = 0x80;

    public int Flow { get; init; }

    public uint Hash { get; init; }

    public byte Tos { get; init; }

    public ushort Id { get; init; }

    public bool DontFragment { get; init; } = true;

    public int Fragment { get; init; }

    public byte Ttl { get; init; } = 64;

    public byte[] IpOptions { get; init; } = [];

    public uint Sequence { get; init; }

    public uint Acknowledgment { get; init; } = 77;

    public byte Flags { get; init; } = Ack;

    public ushort Window { get; init; } = 501;

    public byte[] Options { get; init; } = [];

    public byte[] Payload { get; init; } = [];

    public int Padding { get; init; }

    public bool HasBadIpChecksum { get; init; }

    public byte SourceMac { get; init; } = 2;

    /// <summary>The packet as it lies on the wire.</summary>
    public byte[] ToBytes()
    {
        var network = 20 + IpOptions.Length;
        var transport = 20 + Options.Length;
        var bytes = new byte[14 + network + transport + Payload.Length + Padding];
        byte[] macs = [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, SourceMac, 8, 0];
        macs.CopyTo(bytes, 0);
        var ip = bytes.AsSpan(14, network + transport + Payload.Length);
        ip[0] = (byte)(0x40 | (network / 4));
        ip[1] = Tos;
        BinaryPrimitives.WriteUInt16BigEndian(ip[2..], (ushort)ip.Length);
        BinaryPrimitives.WriteUInt16BigEndian(ip[4..], Id);
        BinaryPrimitives.WriteUInt16BigEndian(ip[6..], (ushort)(Fragment | (DontFragment ? 0x4000 : 0)));
        ip[8] = Ttl;
        ip[9] = 6;
        byte[] addresses = [10, 0, (byte)(Flow / 4), 2, 10, 0, 0, 1];
        addresses.CopyTo(ip[12..]);
        IpOptions.CopyTo(ip[20..]);
        var tcp = ip[network..];
        BinaryPrimitives.WriteUInt16BigEndian(tcp, (ushort)(40000 + Flow));
        BinaryPrimitives.WriteUInt16BigEndian(tcp[2..], 80);
        BinaryPrimitives.WriteUInt32BigEndian(tcp[4..], Sequence);
        BinaryPrimitives.WriteUInt32BigEndian(tcp[8..], Acknowledgment);
        tcp[12] = (byte)(transport / 4 << 4);
        tcp[13] = Flags;
        BinaryPrimitives.WriteUInt16BigEndian(tcp[14..], Window);
        Options.CopyTo(tcp[20..]);
        Payload.CopyTo(tcp[transport..]);
        bytes.AsSpan(bytes.Length - Padding).Fill(0xEE);
        Finish(bytes.AsSpan(0, bytes.Length - Padding), HasBadIpChecksum);
        return bytes;
    }

    /// <summary>Writes both checksums of a packet without padding by the plain rules.</summary>
    public static void Finish(Span<byte> packet, bool badIpChecksum = false)
    {
        var ip = packet[14..];
        var network = (ip[0] & 15) * 4;
        var tcp = ip[network..];
        ip.Slice(10, 2).Clear();
        BinaryPrimitives.WriteUInt16BigEndian(ip[10..], (ushort)(~PlainChecksum.Sum(ip[..network]) ^ (badIpChecksum ? 0x0101 : 0)));
        Span<byte> pseudo = stackalloc byte[12];
        ip.Slice(12, 8).CopyTo(pseudo);
        pseudo[8] = 0;
        pseudo[9] = 6;
        BinaryPrimitives.WriteUInt16BigEndian(pseudo[10..], (ushort)tcp.Length);
        tcp.Slice(16, 2).Clear();
        BinaryPrimitives.WriteUInt16BigEndian(tcp[16..], (ushort)~PlainChecksum.Sum(tcp, PlainChecksum.Sum(pseudo)));
    }
}
