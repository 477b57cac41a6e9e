using Millrace.Headers;
using Millrace.Memory;

namespace Millrace.Ip;

/// <summary>Packets that this stack sent to itself, copied into frames of the receive share.</summary>
internal sealed class LoopbackQueue(Arena arena, Ledger ledger)
{
    private FrameList packets;

    /// <summary>Packets of the wire in it.</summary>
    public long HeldPackets { get; private set; }

    public bool IsEmpty => packets.IsEmpty;

    /// <summary>Copies a packet that has its network and link headers; the original stays the caller's.</summary>
    /// <returns>False if the receive share has not enough frames.</returns>
    public bool TryAdd(Frame packet)
    {
        ref var original = ref arena.Metadata(packet);
        if (!PacketBytes.TryCopy(arena, packet, 0, original.TotalLength, Share.Receive, Holders.Loopback, out var copy))
        {
            return false;
        }

        ref var metadata = ref arena.Metadata(copy);
        var shift = metadata.DataOffset - original.DataOffset;
        metadata.NetworkOffset = (ushort)(original.NetworkOffset + shift);
        metadata.TransportOffset = (ushort)(original.TransportOffset + shift);
        metadata.ChecksumStart = (ushort)(original.ChecksumStart + shift);
        metadata.ChecksumOffset = original.ChecksumOffset;
        metadata.Checksum = original.Checksum;
        metadata.GsoSize = original.GsoSize;
        metadata.WirePackets = original.WirePackets;
        metadata.Interface = original.Interface;
        metadata.Flags = FrameFlags.Loopback;
        packets.Enqueue(arena, copy);
        HeldPackets += metadata.WirePackets;
        ledger.Received += metadata.WirePackets;
        return true;
    }

    /// <summary>Gives the loop a packet.</summary>
    public bool TryTake(out Frame packet)
    {
        if (!packets.TryDequeue(arena, out packet))
        {
            return false;
        }

        HeldPackets -= arena.Metadata(packet).WirePackets;
        arena.MoveChain(packet, Holders.Loopback, Holders.Loop);
        return true;
    }
}
