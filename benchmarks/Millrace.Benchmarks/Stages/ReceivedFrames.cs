using System.Buffers.Binary;
using Millrace.CodeShape;
using Millrace.Headers;

namespace Millrace.Benchmarks.Stages;

/// <summary>
/// Scripts of 256 frames that differ in ports or hosts. Two of them are ARP's, a request and an answer of the
/// neighbour, so that it stays reachable however long a measurement takes.
/// </summary>
public static class ReceivedFrames
{
    private const int Count = 256;
    private const int Network = EthernetHeader.Length;
    private const int Transport = Network + Ipv4Header.Length;

    /// <summary>Who answers for 10.0.0.1, and for 10.0.1.1 behind another interface.</summary>
    public static MacAddress Neighbour { get; } = MacAddress.Parse("02:00:00:00:00:01");

    /// <summary>Another station on the first interface's side.</summary>
    private static MacAddress Station { get; } = MacAddress.Parse("02:00:00:00:00:03");

    public static byte[][] Datagrams { get; } = WithArp(static (frame, i) => SetWord(frame, Transport, (ushort)(4000 + i), Transport + 6), () => Packets.Udp(64, 7));

    /// <summary>To 64 hosts behind a router; TTL and header checksum as they come.</summary>
    public static byte[][] Transit { get; } = WithArp(static (frame, i) =>
    {
        var old = BinaryPrimitives.ReadUInt32BigEndian(frame.AsSpan(Network + 16));
        var destination = 0x0A02_0000 | (uint)(1 + (i & 63));
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(Network + 16), destination);
        Renew(frame, Network + 10, checksum => InternetChecksum.Update(checksum, old, destination));
        Renew(frame, Transport + 6, checksum => InternetChecksum.Update(checksum, old, destination));
    }, () => Packets.Udp(64, 7));

    /// <summary>From a station on the first interface's side to the neighbour behind the second.</summary>
    public static byte[][] Bridged { get; } =
    [
        .. Enumerable.Range(0, Count).Select(static i =>
        {
            var frame = Packets.Udp(64, 7);
            SetWord(frame, Transport, (ushort)(4000 + i), Transport + 6);
            Neighbour.Write(frame);
            Station.Write(frame.AsSpan(MacAddress.Length));
            return frame;
        }),
    ];

    /// <summary>The same datagrams in one VLAN, with four bytes more.</summary>
    public static byte[][] Tagged { get; } =
    [
        .. Datagrams.Select(static frame =>
        {
            var tagged = new byte[frame.Length + VlanHeader.Length];
            frame.AsSpan(0, 2 * MacAddress.Length).CopyTo(tagged);
            VlanHeader.Write(tagged.AsSpan(2 * MacAddress.Length), VlanProtocol.Ieee8021Q, VlanHeader.ToTci(10, 0));
            frame.AsSpan(2 * MacAddress.Length).CopyTo(tagged.AsSpan((2 * MacAddress.Length) + VlanHeader.Length));
            return tagged;
        }),
    ];

    public static byte[][] Echoes { get; } = WithArp(static (frame, i) =>
    {
        Ipv4Header.Write(frame.AsSpan(Network), 0, frame.Length - Network, (ushort)i, 0, 64, IpProtocol.Icmp, 0x0A00_0001, 0x0A00_0002);
        var message = frame.AsSpan(Transport);
        message.Clear();
        IcmpHeader.Write(message, IcmpType.EchoRequest, 0);
        BinaryPrimitives.WriteUInt16BigEndian(message[6..], (ushort)i);
        IcmpHeader.WriteChecksum(message, InternetChecksum.Compute(message));
    }, () => Packets.Udp(64, 7));

    /// <summary>44 segments make one packet of the largest size.</summary>
    public static byte[][] Segments { get; } = Packets.TcpFlow(1514, 44);

    /// <summary>An ARP packet of 10.0.0.1, or of another address behind another interface.</summary>
    public static byte[] Arp(ArpOpcode opcode, uint sender = 0x0A00_0001, uint target = 0x0A00_0002)
    {
        var frame = new byte[Network + ArpHeader.Length];
        EthernetHeader.Write(frame, opcode == ArpOpcode.Request ? MacAddress.Broadcast : Packets.Local, Neighbour, EtherType.Arp);
        ArpHeader.Write(frame.AsSpan(Network), opcode, Neighbour, sender, opcode == ArpOpcode.Request ? default : Packets.Local, target);
        return frame;
    }

    private static byte[][] WithArp(Action<byte[], int> vary, Func<byte[]> make)
    {
        var frames = new byte[Count][];
        frames[0] = Arp(ArpOpcode.Request);
        frames[1] = Arp(ArpOpcode.Reply);
        for (var i = 2; i < Count; i++)
        {
            vary(frames[i] = make(), i);
        }

        return frames;
    }

    private static void SetWord(byte[] frame, int offset, ushort value, int checksumOffset)
    {
        var old = BinaryPrimitives.ReadUInt16BigEndian(frame.AsSpan(offset));
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(offset), value);
        Renew(frame, checksumOffset, checksum => InternetChecksum.Update(checksum, old, value));
    }

    private static void Renew(byte[] frame, int offset, Func<ushort, ushort> update) =>
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(offset), update(BinaryPrimitives.ReadUInt16BigEndian(frame.AsSpan(offset))));
}
