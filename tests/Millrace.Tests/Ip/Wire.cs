using System.Buffers.Binary;
using System.Net;
using Millrace.Headers;

namespace Millrace.Tests.Ip;

/// <summary>Frames as bytes, made by slow code that shares none with the stack.</summary>
internal static class Wire
{
    public static readonly MacAddress Own = MacAddress.Parse("02:00:00:00:00:02");
    public static readonly MacAddress Peer = MacAddress.Parse("02:00:00:00:00:01");

    public const string OwnAddress = "10.0.0.2";
    public const string PeerAddress = "10.0.0.1";

    public static byte[] Ethernet(byte[] payload, MacAddress? destination = null, MacAddress? source = null, ushort type = 0x0800, int pad = 0)
    {
        var frame = new byte[14 + payload.Length + pad];
        Mac(destination ?? Own).CopyTo(frame, 0);
        Mac(source ?? Peer).CopyTo(frame, 6);
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(12), type);
        payload.CopyTo(frame, 14);
        frame.AsSpan(14 + payload.Length).Fill(0xEE);
        return frame;
    }

    public static byte[] Ipv4(
        byte[] payload, string source = PeerAddress, string destination = OwnAddress, byte protocol = 17, ushort id = 7,
        ushort fragment = 0, byte ttl = 64, byte tos = 0, byte[]? options = null)
    {
        options ??= [];
        var headerLength = 20 + options.Length;
        var packet = new byte[headerLength + payload.Length];
        packet[0] = (byte)(0x40 | (headerLength / 4));
        packet[1] = tos;
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(2), (ushort)packet.Length);
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(4), id);
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(6), fragment);
        packet[8] = ttl;
        packet[9] = protocol;
        IPAddress.Parse(source).GetAddressBytes().CopyTo(packet, 12);
        IPAddress.Parse(destination).GetAddressBytes().CopyTo(packet, 16);
        options.CopyTo(packet, 20);
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(10), Checksum(packet[..headerLength]));
        payload.CopyTo(packet, headerLength);
        return packet;
    }

    public static byte[] Udp(
        byte[] payload, ushort sourcePort = 1000, ushort destinationPort = 53, string source = PeerAddress, string destination = OwnAddress, bool checksum = true)
    {
        var datagram = new byte[8 + payload.Length];
        BinaryPrimitives.WriteUInt16BigEndian(datagram, sourcePort);
        BinaryPrimitives.WriteUInt16BigEndian(datagram.AsSpan(2), destinationPort);
        BinaryPrimitives.WriteUInt16BigEndian(datagram.AsSpan(4), (ushort)datagram.Length);
        payload.CopyTo(datagram, 8);
        if (checksum)
        {
            var value = Checksum([.. Pseudo(source, destination, 17, datagram.Length), .. datagram]);
            BinaryPrimitives.WriteUInt16BigEndian(datagram.AsSpan(6), value == 0 ? (ushort)0xFFFF : value);
        }

        return datagram;
    }

    public static byte[] Icmp(byte type, byte code, uint rest, byte[] data)
    {
        var message = new byte[8 + data.Length];
        message[0] = type;
        message[1] = code;
        BinaryPrimitives.WriteUInt32BigEndian(message.AsSpan(4), rest);
        data.CopyTo(message, 8);
        BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(2), Checksum(message));
        return message;
    }

    public static byte[] Arp(
        ushort opcode, MacAddress senderHardware, string sender, MacAddress targetHardware, string target, MacAddress? destination = null)
    {
        var packet = new byte[28];
        packet[1] = 1;
        packet[2] = 8;
        packet[4] = 6;
        packet[5] = 4;
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(6), opcode);
        Mac(senderHardware).CopyTo(packet, 8);
        IPAddress.Parse(sender).GetAddressBytes().CopyTo(packet, 14);
        Mac(targetHardware).CopyTo(packet, 18);
        IPAddress.Parse(target).GetAddressBytes().CopyTo(packet, 24);
        return Ethernet(packet, destination ?? MacAddress.Broadcast, senderHardware, 0x0806);
    }

    public static byte[] Pseudo(string source, string destination, byte protocol, int length) =>
    [
        .. IPAddress.Parse(source).GetAddressBytes(), .. IPAddress.Parse(destination).GetAddressBytes(), 0, protocol, (byte)(length >> 8), (byte)length,
    ];

    /// <summary>RFC 1071, a word at a time.</summary>
    public static ushort Checksum(byte[] data)
    {
        var sum = 0;
        for (var i = 0; i < data.Length; i += 2)
        {
            sum += (data[i] << 8) | (i + 1 < data.Length ? data[i + 1] : 0);
            sum = (sum & 0xFFFF) + (sum >> 16);
        }

        return (ushort)~sum;
    }

    public static byte[] Bytes(int count, int seed = 1)
    {
        var bytes = new byte[count];
        for (var i = 0; i < count; i++)
        {
            bytes[i] = (byte)((i * 31) + seed + (i >> 8));
        }

        return bytes;
    }

    public static uint Address(string text) => InetAddress.Parse(text).Ipv4;

    public static InetEndpoint Endpoint(string address, ushort port) => new(InetAddress.Parse(address), port);

    private static byte[] Mac(MacAddress address)
    {
        var bytes = new byte[6];
        for (var i = 0; i < 6; i++)
        {
            bytes[i] = (byte)(address.Value >> (40 - (8 * i)));
        }

        return bytes;
    }
}

/// <summary>A frame that was sent, read field by field.</summary>
internal sealed class Sent(byte[] frame)
{
    public byte[] Frame { get; } = frame;

    public ushort EtherType => U16(12);

    /// <summary>Index of the interface it went out by.</summary>
    public int Interface { get; init; }

    public int GsoSize { get; init; }

    public string SourceMac => string.Join(':', Frame[6..12].Select(b => b.ToString("x2")));

    public string DestinationMac => string.Join(':', Frame[..6].Select(b => b.ToString("x2")));

    public byte[] Network => Frame[14..];

    public int HeaderLength => (Network[0] & 15) * 4;

    public ushort Id => U16(18);

    public ushort FragmentWord => U16(20);

    public byte Ttl => Frame[22];

    public byte Tos => Frame[15];

    public byte Protocol => Frame[23];

    public string Source => new IPAddress(Frame[26..30]).ToString();

    public string Destination => new IPAddress(Frame[30..34]).ToString();

    public byte[] Payload => Network[HeaderLength..];

    public bool IsArp => EtherType == 0x0806;

    public int ArpOpcode => U16(20);

    public string ArpTarget => new IPAddress(Frame[38..42]).ToString();

    public bool IsIpv4HeaderRight => Wire.Checksum(Network[..HeaderLength]) == 0 && U16(16) == Network.Length;

    private ushort U16(int at) => BinaryPrimitives.ReadUInt16BigEndian(Frame.AsSpan(at));
}
