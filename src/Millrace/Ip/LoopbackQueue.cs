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
        if (!PacketBytes.TryCopyPacket(arena, packet, Share.Receive, Holders.Loopback, out var copy))
        {
            return false;
        }

        // as it comes in, no tag and no hash of its way out belong to it
        ref var metadata = ref arena.Metadata(copy);
        metadata.Flags = FrameFlags.Loopback;
        metadata.VlanTci = 0;
        metadata.Hash = 0;
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
