using System.Buffers.Binary;
using Millrace.Headers;

namespace Millrace.CodeShape;

/// <summary>The packets that the measured stacks receive.</summary>
public static class Packets
{
    private const int Transport = EthernetHeader.Length + 20;

    public static MacAddress Local => MacAddress.Parse("02:00:00:00:00:02");

    /// <summary>UDP from 10.0.0.1 to 10.0.0.2.</summary>
    /// <param name="length">Bytes of the frame.</param>
    public static byte[] Udp(int length, ushort port)
    {
        var frame = Ipv4(length, IpProtocol.Udp, 0);
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(Transport), 4000);
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(Transport + 2), port);
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(Transport + 4), (ushort)(length - Transport));
        Finish(frame, 6);
        return frame;
    }

    /// <summary>A datagram of 64 bytes that a router sends on, to 20.0.0.1.</summary>
    public static byte[] Transit()
    {
        var frame = Ipv4(64, IpProtocol.Udp, 0);
        var ip = frame.AsSpan(EthernetHeader.Length);
        BinaryPrimitives.WriteUInt32BigEndian(ip[12..], 0x0909_0909);
        BinaryPrimitives.WriteUInt32BigEndian(ip[16..], 0x1400_0001);
        BinaryPrimitives.WriteUInt16BigEndian(ip[10..], 0);
        BinaryPrimitives.WriteUInt16BigEndian(ip[10..], InternetChecksum.Compute(ip[..20]));
        return frame;
    }

    /// <summary>What the gateway 10.1.0.1 answers to the router at 10.1.0.2.</summary>
    public static byte[] Gateway()
    {
        var gateway = MacAddress.Parse("02:00:00:00:00:09");
        var frame = new byte[EthernetHeader.Length + ArpHeader.Length];
        EthernetHeader.Write(frame, Local, gateway, EtherType.Arp);
        ArpHeader.Write(frame.AsSpan(EthernetHeader.Length), ArpOpcode.Reply, gateway, 0x0A01_0001, Local, 0x0A01_0002);
        return frame;
    }

    /// <summary>Consecutive TCP segments of one flow from 10.0.0.1 to 10.0.0.2, as many as GRO can merge.</summary>
    /// <param name="length">Bytes of each frame.</param>
    public static byte[][] TcpFlow(int length, int count)
    {
        var frames = new byte[count][];
        for (var i = 0; i < count; i++)
        {
            var frame = frames[i] = Ipv4(length, IpProtocol.Tcp, (ushort)i);
            BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(Transport), 4000);
            BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(Transport + 2), 80);
            BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(Transport + 4), (uint)(1 + (i * (length - Transport - 20))));
            BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(Transport + 8), 1);
            frame[Transport + 12] = 0x50;
            frame[Transport + 13] = 0x10;
            BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(Transport + 14), 1000);
            Finish(frame, 16);
        }

        return frames;
    }

    private static byte[] Ipv4(int length, IpProtocol protocol, ushort identification)
    {
        var frame = new byte[length];
        EthernetHeader.Write(frame, Local, MacAddress.Parse("02:00:00:00:00:01"), EtherType.Ipv4);
        var ip = frame.AsSpan(EthernetHeader.Length);
        ip[0] = 0x45;
        BinaryPrimitives.WriteUInt16BigEndian(ip[2..], (ushort)ip.Length);
        BinaryPrimitives.WriteUInt16BigEndian(ip[4..], identification);
        ip[6] = 0x40;
        ip[8] = 64;
        ip[9] = (byte)protocol;
        ip[12] = ip[16] = 10;
        ip[15] = 1;
        ip[19] = 2;
        BinaryPrimitives.WriteUInt16BigEndian(ip[10..], InternetChecksum.Compute(ip[..20]));
        return frame;
    }

    private static void Finish(byte[] frame, int field)
    {
        var source = NetworkHeader.Source(frame.AsSpan(EthernetHeader.Length));
        var destination = NetworkHeader.Destination(frame.AsSpan(EthernetHeader.Length));
        var segment = frame.AsSpan(Transport);
        var pseudo = NetworkHeader.PseudoHeaderSum(source, destination, (IpProtocol)frame[EthernetHeader.Length + 9], segment.Length);
        BinaryPrimitives.WriteUInt16BigEndian(segment[field..], InternetChecksum.Compute(segment, pseudo));
    }
}
