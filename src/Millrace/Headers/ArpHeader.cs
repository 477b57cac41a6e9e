using System.Buffers.Binary;

namespace Millrace.Headers;

/// <summary>
/// An ARP packet for IPv4 over Ethernet (RFC 826) as it lies on the wire. A view judges nothing but length: every accessor
/// needs the 28 bytes of <see cref="Length"/> to be there.
/// <code>
///  0      hardware address space (2)
///  2      protocol address space (2)
///  4      length of a hardware address (1)
///  5      length of a protocol address (1)
///  6      opcode (2)
///  8      sender's hardware address (6)
/// 14      sender's protocol address (4)
/// 18      target's hardware address (6)
/// 24      target's protocol address (4)
/// </code>
/// </summary>
public static class ArpHeader
{
    public const int Length = 28;

    private const int HardwareSpaceOffset = 0;
    private const int ProtocolSpaceOffset = 2;
    private const int HardwareLengthOffset = 4;
    private const int ProtocolLengthOffset = 5;
    private const int OpcodeOffset = 6;
    private const int SenderHardwareOffset = 8;
    private const int SenderProtocolOffset = 14;
    private const int TargetHardwareOffset = 18;
    private const int TargetProtocolOffset = 24;

    private const ushort EthernetSpace = 1;
    private const byte ProtocolAddressLength = 4;

    /// <summary>Whether the packet maps IPv4 to Ethernet addresses, and so has the layout above.</summary>
    public static bool IsIpv4OverEthernet(ReadOnlySpan<byte> packet) =>
        BinaryPrimitives.ReadUInt16BigEndian(packet.Slice(HardwareSpaceOffset, 2)) == EthernetSpace
        && BinaryPrimitives.ReadUInt16BigEndian(packet.Slice(ProtocolSpaceOffset, 2)) == (ushort)EtherType.Ipv4
        && packet[HardwareLengthOffset] == MacAddress.Length
        && packet[ProtocolLengthOffset] == ProtocolAddressLength;

    public static ArpOpcode Opcode(ReadOnlySpan<byte> packet) => (ArpOpcode)BinaryPrimitives.ReadUInt16BigEndian(packet.Slice(OpcodeOffset, 2));

    public static MacAddress SenderHardware(ReadOnlySpan<byte> packet) => MacAddress.Read(packet.Slice(SenderHardwareOffset, MacAddress.Length));

    public static uint SenderProtocol(ReadOnlySpan<byte> packet) => BinaryPrimitives.ReadUInt32BigEndian(packet.Slice(SenderProtocolOffset, 4));

    public static MacAddress TargetHardware(ReadOnlySpan<byte> packet) => MacAddress.Read(packet.Slice(TargetHardwareOffset, MacAddress.Length));

    public static uint TargetProtocol(ReadOnlySpan<byte> packet) => BinaryPrimitives.ReadUInt32BigEndian(packet.Slice(TargetProtocolOffset, 4));

    public static void Write(
        Span<byte> packet, ArpOpcode opcode, MacAddress senderHardware, uint senderProtocol, MacAddress targetHardware, uint targetProtocol)
    {
        BinaryPrimitives.WriteUInt16BigEndian(packet.Slice(HardwareSpaceOffset, 2), EthernetSpace);
        BinaryPrimitives.WriteUInt16BigEndian(packet.Slice(ProtocolSpaceOffset, 2), (ushort)EtherType.Ipv4);
        packet[HardwareLengthOffset] = MacAddress.Length;
        packet[ProtocolLengthOffset] = ProtocolAddressLength;
        BinaryPrimitives.WriteUInt16BigEndian(packet.Slice(OpcodeOffset, 2), (ushort)opcode);
        senderHardware.Write(packet.Slice(SenderHardwareOffset, MacAddress.Length));
        BinaryPrimitives.WriteUInt32BigEndian(packet.Slice(SenderProtocolOffset, 4), senderProtocol);
        targetHardware.Write(packet.Slice(TargetHardwareOffset, MacAddress.Length));
        BinaryPrimitives.WriteUInt32BigEndian(packet.Slice(TargetProtocolOffset, 4), targetProtocol);
    }
}

public enum ArpOpcode : ushort
{
    Request = 1,
    Reply = 2,
}
