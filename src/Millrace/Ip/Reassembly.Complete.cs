using Millrace.Headers;
using Millrace.Memory;

namespace Millrace.Ip;

/// <summary>Makes one packet of all fragments of a datagram (ip_frag_reasm).</summary>
internal sealed partial class Reassembly
{
    // what a transport may read in place without asking: the longest TCP header
    private const int LinearLength = 60;

    private const byte NotEct = 1 << 0;
    private const byte CongestionExperienced = 1 << 3;
    private const byte EcnMask = 3;

    private void Complete(int index)
    {
        ref var datagram = ref table[index];
        if ((datagram.EcnSeen & NotEct) != 0 && datagram.EcnSeen != NotEct)
        {
            // fragments with and without ECN are not of one datagram (RFC 3168 §5.3)
            Discard(index, DropReason.IpInHeader);
            return;
        }

        var head = Chain(ref datagram);
        ref var metadata = ref arena.Metadata(head);
        var header = Header(ref metadata);
        var headerLength = Ipv4Header.HeaderLength(header);
        var typeOfService = Ipv4Header.TypeOfService(header);
        if ((datagram.EcnSeen & CongestionExperienced) != 0)
        {
            typeOfService |= EcnMask;
        }

        Ipv4Header.MakeWhole(header.Slice(0, headerLength), headerLength + datagram.End, typeOfService);
        metadata.WirePackets = (ushort)datagram.WirePackets;
        metadata.TransportOffset = (ushort)(metadata.NetworkOffset + headerLength);
        metadata.Checksum = ChecksumState.None;
        metadata.GsoSize = 0;
        var isLinear = TryMakeLinear(head, Math.Min(datagram.End, LinearLength));
        table.Remove(index);
        if (isLinear)
        {
            whole.Enqueue(arena, head);
            return;
        }

        ledger.DropHeld(head, new PacketDrop(DropReason.FragmentMemory, "Ipv4", IsIngress: true, HasLinkHeader: true), metadata.WirePackets);
        HeldPackets -= metadata.WirePackets;
        heldFrames -= PacketBytes.CountFrames(arena, head);
        arena.ReleaseChain(head, Holders.Reassembly);
    }

    /// <summary>Links the fragments to one packet: the first with its headers, of the others the payload.</summary>
    private Frame Chain(ref FragmentedDatagram datagram)
    {
        datagram.Fragments.TryDequeue(arena, out var head);
        ref var first = ref arena.Metadata(head);
        var last = LastFrame(head);
        while (datagram.Fragments.TryDequeue(arena, out var fragment))
        {
            ref var metadata = ref arena.Metadata(fragment);
            var headers = metadata.NetworkOffset + Ipv4Header.HeaderLength(Header(ref metadata)) - metadata.DataOffset;
            metadata.DataOffset += (ushort)headers;
            metadata.DataLength -= (ushort)headers;
            first.TotalLength += metadata.TotalLength - headers;
            arena.Metadata(last).NextFragment = fragment;
            last = LastFrame(fragment);
        }

        return head;
    }

    private Frame LastFrame(Frame frame)
    {
        while (!arena.Metadata(frame).NextFragment.IsNone)
        {
            frame = arena.Metadata(frame).NextFragment;
        }

        return frame;
    }

    /// <summary>Copies bytes up from the following frames until so many of the transport's lie in the first.</summary>
    private bool TryMakeLinear(Frame head, int length)
    {
        ref var metadata = ref arena.Metadata(head);
        var missing = metadata.TransportOffset + length - (metadata.DataOffset + metadata.DataLength);
        if (missing > Arena.Stride - (metadata.DataOffset + metadata.DataLength))
        {
            return false;
        }

        while (missing > 0)
        {
            var next = metadata.NextFragment;
            ref var source = ref arena.Metadata(next);
            var count = Math.Min(missing, source.DataLength);
            Arena.Data(ref source).Slice(0, count).CopyTo(Arena.Slot(ref metadata).Slice(metadata.DataOffset + metadata.DataLength));
            metadata.DataLength += (ushort)count;
            source.DataOffset += (ushort)count;
            source.DataLength -= (ushort)count;
            missing -= count;
            if (source.DataLength == 0)
            {
                metadata.NextFragment = source.NextFragment;
                source.NextFragment = Frame.None;
                heldFrames--;
                arena.Release(next, Holders.Reassembly);
            }
        }

        return true;
    }
}
