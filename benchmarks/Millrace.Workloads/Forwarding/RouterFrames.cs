using System.Buffers.Binary;
using Millrace.Headers;

namespace Millrace.Workloads.Forwarding;

/// <summary>What comes in: one frame of 64 bytes, and for each packet the destination and the header checksum that goes with it.</summary>
internal sealed class RouterFrames
{
    public const int FrameLength = 64;
    public const int ChecksumAt = EthernetHeader.Length + 10;
    public const int DestinationAt = EthernetHeader.Length + 16;

    public RouterFrames(uint[] destinations)
    {
        Frame = GC.AllocateArray<byte>(FrameLength, pinned: true);
        EthernetHeader.Write(Frame, RouterAddresses.Inside, RouterAddresses.Host, EtherType.Ipv4);
        var ip = Frame.AsSpan(EthernetHeader.Length);
        Ipv4Header.Write(ip, 0, ip.Length, 0, 0, 64, IpProtocol.Udp, 0xC612_0001, 0);
        var udp = ip[Ipv4Header.Length..];
        BinaryPrimitives.WriteUInt16BigEndian(udp, 1000);
        BinaryPrimitives.WriteUInt16BigEndian(udp[2..], 2000);
        BinaryPrimitives.WriteUInt16BigEndian(udp[4..], (ushort)udp.Length);
        Arrivals = new Arrival[destinations.Length];
        for (var i = 0; i < destinations.Length; i++)
        {
            BinaryPrimitives.WriteUInt16BigEndian(ip[10..], 0);
            BinaryPrimitives.WriteUInt32BigEndian(ip[16..], destinations[i]);
            Arrivals[i] = new Arrival
            {
                Destination = BinaryPrimitives.ReverseEndianness(destinations[i]),
                Checksum = BinaryPrimitives.ReverseEndianness(InternetChecksum.Compute(ip[..Ipv4Header.Length])),
            };
        }
    }

    public byte[] Frame { get; }

    public Arrival[] Arrivals { get; }

    /// <summary>The frame of a packet as it must leave: every field anew, by the plainest code.</summary>
    public void WriteExpected(Span<byte> expected, int packet, int gateway)
    {
        Frame.CopyTo(expected);
        EthernetHeader.Write(expected, RouterAddresses.GatewayMac(gateway), RouterAddresses.Outside, EtherType.Ipv4);
        var ip = expected.Slice(EthernetHeader.Length, Ipv4Header.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(ip[16..], Arrivals[packet].Destination);
        ip[8] = 63;
        ip[10] = ip[11] = 0;
        var sum = 0;
        for (var i = 0; i < ip.Length; i += 2)
        {
            sum += (ip[i] << 8) | ip[i + 1];
        }

        sum = (sum & 0xFFFF) + (sum >> 16);
        BinaryPrimitives.WriteUInt16BigEndian(ip[10..], (ushort)~((sum & 0xFFFF) + (sum >> 16)));
    }
}

/// <summary>As the bytes lie on the wire, so that they are copied and no more.</summary>
internal struct Arrival
{
    public uint Destination;
    public ushort Checksum;
    public ushort Unused;
}

internal static class RouterAddresses
{
    public static MacAddress Inside => MacAddress.Parse("02:00:00:00:00:01");

    public static MacAddress Outside => MacAddress.Parse("02:00:00:00:00:02");

    public static MacAddress Host => MacAddress.Parse("02:00:00:00:00:ff");

    public static uint Gateway(int number) => 0xC613_0001u + (uint)number;

    public static MacAddress GatewayMac(int number) => new(0x0200_0000_0100UL + (uint)number);
}
