using System.Runtime.CompilerServices;
using Millrace.Headers;
using Millrace.Memory;

namespace Millrace.Ingress;

/// <summary>Which VLANs are let in, and how a tag leaves and enters a frame.</summary>
internal sealed class VlanFilter
{
    private const int Identifiers = 4096;
    private const int WordBits = 64;
    private const int AddressesLength = 2 * MacAddress.Length;

    private readonly ulong[] accepted = new ulong[Identifiers / WordBits];

    public VlanFilter(ReadOnlySpan<int> accept)
    {
        foreach (var id in accept)
        {
            accepted[id / WordBits] |= 1UL << (id % WordBits);
        }
    }

    public static FrameFlags FlagsOf(VlanProtocol protocol) =>
        protocol == VlanProtocol.Ieee8021ad ? FrameFlags.VlanTagged | FrameFlags.ServiceVlan : FrameFlags.VlanTagged;

    /// <summary>Moves the tag of a frame whose link header says that there is one into its metadata.</summary>
    /// <param name="metadata">The network offset is that of the first tag, and afterwards that of the header behind the last.</param>
    /// <param name="ownFlags">What a frame of the stack's own VLAN is marked with.</param>
    /// <param name="ownId">Identifier of that VLAN, or 0 if IP is untagged.</param>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public Verdict Receive(ref FrameMetadata metadata, FrameFlags ownFlags, int ownId)
    {
        // a tag without an identifier is a priority and no VLAN: the tag behind it, if there is one, is the outer one
        var flags = FrameFlags.None;
        while (TypeOf(in metadata) is EtherType.Vlan or EtherType.ServiceVlan)
        {
            if (metadata.DataLength < EthernetHeader.Length + VlanHeader.Length)
            {
                return Verdict.Drop(DropReason.PacketTooSmall);
            }

            var tci = VlanHeader.Tci(Arena.Data(in metadata).Slice(EthernetHeader.Length));
            var id = VlanHeader.Id(tci);
            if (id != 0)
            {
                // the frame has its VLAN already, and nothing is declared within one (QinQ)
                if (flags != FrameFlags.None)
                {
                    return Verdict.Drop(DropReason.VlanFiltered);
                }

                flags = FlagsOf((VlanProtocol)TypeOf(in metadata));
                if (!(id == ownId && flags == ownFlags) && !IsAccepted(id))
                {
                    return Verdict.Drop(DropReason.VlanFiltered);
                }

                flags |= id == ownId && flags == ownFlags ? FrameFlags.None : FrameFlags.OtherVlan;
                metadata.VlanTci = tci;
            }
            else if (flags == FrameFlags.None)
            {
                metadata.VlanTci = tci;
            }

            Remove(ref metadata);
        }

        metadata.Flags |= flags == FrameFlags.None && ownId != 0 ? FrameFlags.OtherVlan : flags;
        return Verdict.Continue;
    }

    /// <summary>Makes a tag of the four bytes that a frame has been lengthened by at its front.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Insert(Span<byte> frame, VlanProtocol protocol, ushort tci)
    {
        frame.Slice(VlanHeader.Length, AddressesLength).CopyTo(frame.Slice(0, AddressesLength));
        VlanHeader.Write(frame.Slice(AddressesLength, VlanHeader.Length), protocol, tci);
    }

    private static EtherType TypeOf(ref readonly FrameMetadata metadata) => EthernetHeader.Type(Arena.Data(in metadata));

    private bool IsAccepted(int id) => (accepted[id / WordBits] >> (id % WordBits) & 1) != 0;

    /// <summary>The addresses move over the tag, and the frame begins four bytes later.</summary>
    private static void Remove(ref FrameMetadata metadata)
    {
        var frame = Arena.Data(in metadata);
        frame.Slice(0, AddressesLength).CopyTo(frame.Slice(VlanHeader.Length, AddressesLength));
        metadata.DataOffset += VlanHeader.Length;
        metadata.DataLength -= VlanHeader.Length;
        metadata.TotalLength -= VlanHeader.Length;
        metadata.NetworkOffset = (ushort)(metadata.DataOffset + EthernetHeader.Length);
    }
}
