using System.Buffers.Binary;
using Millrace.Headers;
using Millrace.Tests.Nics;

namespace Millrace.Tests.Rss;

/// <summary>Datagrams of flows, each with its flow and its number in it.</summary>
internal static class FlowPackets
{
    private const int NumberOffset = WireBytes.TransportOffset + 8;
    private const int FirstPort = 1000;

    public static byte[] Make(int flow, int number, int length = 64)
    {
        var payload = new byte[Math.Max(4, length - NumberOffset)];
        BinaryPrimitives.WriteInt32BigEndian(payload, number);
        return WireBytes.Partial(IpProtocol.Udp, InetAddress.Parse("10.0.0.1"), InetAddress.Parse("10.0.0.2"), WireBytes.Udp((ushort)(FirstPort + flow), 53, payload));
    }

    public static void SetNumber(Span<byte> frame, int number) => BinaryPrimitives.WriteInt32BigEndian(frame[NumberOffset..], number);

    public static int Flow(ReadOnlySpan<byte> frame) => BinaryPrimitives.ReadUInt16BigEndian(frame[WireBytes.TransportOffset..]) - FirstPort;

    public static int Number(ReadOnlySpan<byte> frame) => BinaryPrimitives.ReadInt32BigEndian(frame[NumberOffset..]);
}
