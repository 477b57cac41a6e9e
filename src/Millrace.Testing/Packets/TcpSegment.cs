namespace Millrace.Testing.Packets;

/// <summary>The flags of a TCP header (RFC 9293 §3.1).</summary>
[Flags]
public enum SegmentFlags : ushort
{
    None = 0,
    Fin = 1 << 0,
    Syn = 1 << 1,
    Rst = 1 << 2,
    Psh = 1 << 3,
    Ack = 1 << 4,
    Urg = 1 << 5,
    Ece = 1 << 6,
    Cwr = 1 << 7,
    Ae = 1 << 8,
}

/// <summary>A TCP segment (RFC 9293). What follows from other fields is computed unless it is set.</summary>
public sealed record TcpSegment
{
    public const int MinimumHeaderLength = 20;

    public ushort SourcePort { get; init; }

    public ushort DestinationPort { get; init; }

    public uint Sequence { get; init; }

    public uint Acknowledgement { get; init; }

    public SegmentFlags Flags { get; init; }

    public ushort Window { get; init; } = 65535;

    public ushort UrgentPointer { get; init; }

    /// <summary>The options one behind the other, see <see cref="TcpOption"/>; padded with end-of-list to a multiple of 4.</summary>
    public byte[] Options { get; init; } = [];

    public byte[] Payload { get; init; } = [];

    /// <summary>The data offset field in words, if it shall not be the true one.</summary>
    public byte? HeaderWords { get; init; }

    /// <summary>The checksum field, if it shall not be the right one.</summary>
    public ushort? Checksum { get; init; }

    public byte[] ToBytes(uint source, uint destination)
    {
        var header = MinimumHeaderLength + (Options.Length + 3 & ~3);
        var segment = new byte[header + Payload.Length];
        WireFormat.Put16(segment, 0, SourcePort);
        WireFormat.Put16(segment, 2, DestinationPort);
        WireFormat.Put32(segment, 4, Sequence);
        WireFormat.Put32(segment, 8, Acknowledgement);
        WireFormat.Put16(segment, 12, (ushort)(((HeaderWords ?? header / 4) & 0xF) << 12 | (ushort)Flags & 0x1FF));
        WireFormat.Put16(segment, 14, Window);
        WireFormat.Put16(segment, 18, UrgentPointer);
        Options.CopyTo(segment, MinimumHeaderLength);
        Payload.CopyTo(segment, header);
        var pseudo = WireChecksum.PseudoHeader(source, destination, Ipv4Datagram.Tcp, segment.Length);
        WireFormat.Put16(segment, 16, Checksum ?? WireChecksum.Of(segment, pseudo));
        return segment;
    }
}
