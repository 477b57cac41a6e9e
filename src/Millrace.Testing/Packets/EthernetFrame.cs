namespace Millrace.Testing.Packets;

/// <summary>An Ethernet frame without preamble and FCS, with an 802.1Q tag if asked for.</summary>
public sealed record EthernetFrame
{
    public const int HeaderLength = 14;

    /// <summary>Bytes of the shortest frame, without FCS; a real card pads up to it (IEEE 802.3 §4.2.3.3).</summary>
    public const int MinimumLength = 60;

    public const ushort TypeIpv4 = 0x0800;
    public const ushort TypeArp = 0x0806;
    public const ushort TypeVlan = 0x8100;
    public const ushort TypeIpv6 = 0x86DD;

    public ulong Destination { get; init; }

    public ulong Source { get; init; }

    /// <summary>Tag control information of an 802.1Q tag, or null for an untagged frame.</summary>
    public ushort? VlanTci { get; init; }

    public ushort EtherType { get; init; } = TypeIpv4;

    public byte[] Payload { get; init; } = [];

    /// <summary>Whether to pad with zeros up to <see cref="MinimumLength"/>.</summary>
    public bool Pad { get; init; }

    public byte[] ToBytes()
    {
        var header = HeaderLength + (VlanTci is null ? 0 : 4);
        var length = header + Payload.Length;
        var frame = new byte[Pad ? Math.Max(length, MinimumLength) : length];
        WireFormat.Put48(frame, 0, Destination);
        WireFormat.Put48(frame, 6, Source);
        if (VlanTci is { } tci)
        {
            WireFormat.Put16(frame, 12, TypeVlan);
            WireFormat.Put16(frame, 14, tci);
        }

        WireFormat.Put16(frame, header - 2, EtherType);
        Payload.CopyTo(frame, header);
        return frame;
    }
}
