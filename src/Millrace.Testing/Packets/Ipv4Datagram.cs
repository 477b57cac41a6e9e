namespace Millrace.Testing.Packets;

/// <summary>
/// An IPv4 packet or fragment (RFC 791). What follows from other fields (header length, total length, checksum) is computed
/// unless it is set, so that a wrong packet says in one place what is wrong with it.
/// </summary>
public sealed record Ipv4Datagram
{
    public const int MinimumHeaderLength = 20;
    public const byte Icmp = 1;
    public const byte Tcp = 6;
    public const byte Udp = 17;

    public byte Version { get; init; } = 4;

    public byte TypeOfService { get; init; }

    public ushort Id { get; init; }

    /// <summary>The bit that must be zero.</summary>
    public bool ReservedFlag { get; init; }

    public bool DontFragment { get; init; }

    public bool MoreFragments { get; init; }

    /// <summary>Bytes, a multiple of 8.</summary>
    public int FragmentOffset { get; init; }

    public byte Ttl { get; init; } = 64;

    public byte Protocol { get; init; }

    public uint Source { get; init; }

    public uint Destination { get; init; }

    /// <summary>Option bytes, padded with end-of-list to a multiple of 4.</summary>
    public byte[] Options { get; init; } = [];

    public byte[] Payload { get; init; } = [];

    /// <summary>The header length field in words, if it shall not be the true one.</summary>
    public byte? HeaderWords { get; init; }

    /// <summary>The total length field, if it shall not be the true one.</summary>
    public ushort? TotalLength { get; init; }

    /// <summary>The checksum field, if it shall not be the right one.</summary>
    public ushort? Checksum { get; init; }

    public byte[] ToBytes()
    {
        var header = MinimumHeaderLength + (Options.Length + 3 & ~3);
        var packet = new byte[header + Payload.Length];
        packet[0] = (byte)(Version << 4 | (HeaderWords ?? header / 4) & 0xF);
        packet[1] = TypeOfService;
        WireFormat.Put16(packet, 2, TotalLength ?? (ushort)packet.Length);
        WireFormat.Put16(packet, 4, Id);
        var flags = (ReservedFlag ? 0x8000 : 0) | (DontFragment ? 0x4000 : 0) | (MoreFragments ? 0x2000 : 0);
        WireFormat.Put16(packet, 6, (ushort)(flags | FragmentOffset / 8 & 0x1FFF));
        packet[8] = Ttl;
        packet[9] = Protocol;
        WireFormat.Put32(packet, 12, Source);
        WireFormat.Put32(packet, 16, Destination);
        Options.CopyTo(packet, MinimumHeaderLength);
        Payload.CopyTo(packet, header);
        WireFormat.Put16(packet, 10, Checksum ?? WireChecksum.Of(packet.AsSpan(0, header)));
        return packet;
    }

    /// <summary>The packet as fragments in order, each with the given number of payload bytes but for the last.</summary>
    /// <param name="payloadLength">Bytes a fragment, a multiple of 8.</param>
    public IReadOnlyList<Ipv4Datagram> Fragment(int payloadLength)
    {
        if (payloadLength <= 0 || payloadLength % 8 != 0)
        {
            throw new ArgumentOutOfRangeException(nameof(payloadLength), payloadLength, "Fragments are cut at multiples of 8 bytes.");
        }

        var fragments = new List<Ipv4Datagram>();
        for (var offset = 0; offset < Math.Max(Payload.Length, 1); offset += payloadLength)
        {
            var end = Math.Min(offset + payloadLength, Payload.Length);
            fragments.Add(this with
            {
                FragmentOffset = FragmentOffset + offset,
                MoreFragments = MoreFragments || end < Payload.Length,
                Payload = Payload[offset..end],
            });
        }

        return fragments;
    }
}
