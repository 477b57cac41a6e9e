namespace Millrace.Testing.Packets;

/// <summary>An ARP message for Ethernet and IPv4 (RFC 826); the first four fields can be made wrong.</summary>
public sealed record ArpMessage
{
    public const int Length = 28;
    public const ushort Request = 1;
    public const ushort Reply = 2;

    public ushort HardwareType { get; init; } = 1;

    public ushort ProtocolType { get; init; } = EthernetFrame.TypeIpv4;

    public byte HardwareLength { get; init; } = 6;

    public byte ProtocolLength { get; init; } = 4;

    public ushort Operation { get; init; } = Request;

    public ulong SenderMac { get; init; }

    public uint SenderAddress { get; init; }

    public ulong TargetMac { get; init; }

    public uint TargetAddress { get; init; }

    public byte[] ToBytes()
    {
        var message = new byte[Length];
        WireFormat.Put16(message, 0, HardwareType);
        WireFormat.Put16(message, 2, ProtocolType);
        message[4] = HardwareLength;
        message[5] = ProtocolLength;
        WireFormat.Put16(message, 6, Operation);
        WireFormat.Put48(message, 8, SenderMac);
        WireFormat.Put32(message, 14, SenderAddress);
        WireFormat.Put48(message, 18, TargetMac);
        WireFormat.Put32(message, 24, TargetAddress);
        return message;
    }
}
