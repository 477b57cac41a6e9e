namespace Millrace.Testing.Packets;

/// <summary>A UDP datagram (RFC 768).</summary>
public sealed record UdpMessage
{
    public const int HeaderLength = 8;

    public ushort SourcePort { get; init; }

    public ushort DestinationPort { get; init; }

    public byte[] Payload { get; init; } = [];

    /// <summary>The length field, if it shall not be the true one.</summary>
    public ushort? Length { get; init; }

    /// <summary>The checksum field, if it shall not be the right one; 0 says that there is none.</summary>
    public ushort? Checksum { get; init; }

    public byte[] ToBytes(uint source, uint destination)
    {
        var datagram = new byte[HeaderLength + Payload.Length];
        WireFormat.Put16(datagram, 0, SourcePort);
        WireFormat.Put16(datagram, 2, DestinationPort);
        WireFormat.Put16(datagram, 4, Length ?? (ushort)datagram.Length);
        Payload.CopyTo(datagram, HeaderLength);
        var computed = WireChecksum.Of(datagram, WireChecksum.PseudoHeader(source, destination, Ipv4Datagram.Udp, datagram.Length));
        WireFormat.Put16(datagram, 6, Checksum ?? (computed == 0 ? (ushort)0xFFFF : computed));
        return datagram;
    }
}
