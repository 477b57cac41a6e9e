using System.Buffers.Binary;

namespace Millrace.Headers;

/// <summary>
/// The VLAN tag of IEEE 802.1Q clause 9, as it stands behind the type field that announces it. Every accessor needs the four
/// bytes of <see cref="Length"/> to be there.
/// <code>
///  0      tag control information: priority (3 bits), drop eligible (1), VLAN identifier (12)
///  2      type of what follows (2)
/// </code>
/// </summary>
public static class VlanHeader
{
    public const int Length = 4;

    private const int TciOffset = 0;
    private const int TypeOffset = 2;

    private const int PriorityShift = 13;
    private const int IdMask = 0x0FFF;

    /// <summary>Priority, drop eligibility and VLAN identifier as they came.</summary>
    public static ushort Tci(ReadOnlySpan<byte> tag) => BinaryPrimitives.ReadUInt16BigEndian(tag.Slice(TciOffset, sizeof(ushort)));

    /// <summary>The type of the header behind the tag.</summary>
    public static EtherType Type(ReadOnlySpan<byte> tag) => (EtherType)BinaryPrimitives.ReadUInt16BigEndian(tag.Slice(TypeOffset, sizeof(ushort)));

    /// <summary>The VLAN identifier of a tag; 0 says nothing but a priority.</summary>
    public static int Id(ushort tci) => tci & IdMask;

    public static ushort ToTci(int id, int priority) => (ushort)((priority << PriorityShift) | id);

    /// <summary>Writes a tag between the addresses of a link header and the type that was there.</summary>
    /// <param name="announced">The four bytes behind the addresses: the tag's own type, then its control information.</param>
    public static void Write(Span<byte> announced, VlanProtocol protocol, ushort tci) =>
        BinaryPrimitives.WriteUInt32BigEndian(announced.Slice(0, Length), ((uint)protocol << 16) | tci);
}

/// <summary>Which of the two tags of IEEE 802.1Q: the customer's, or the provider's that stands before it (QinQ).</summary>
public enum VlanProtocol : ushort
{
    /// <summary>The customer tag, 802.1Q.</summary>
    Ieee8021Q = EtherType.Vlan,

    /// <summary>The service tag, 802.1ad.</summary>
    Ieee8021ad = EtherType.ServiceVlan,
}
