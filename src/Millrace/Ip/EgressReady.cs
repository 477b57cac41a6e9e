using Millrace.Memory;

namespace Millrace.Ip;

/// <summary>Packets that are complete with their link header and wait for the loop: fragments, and what a neighbour had held up.</summary>
internal sealed class EgressReady(Arena arena)
{
    private FrameList packets;

    /// <summary>Packets of the wire in it.</summary>
    public long HeldPackets { get; private set; }

    public bool IsEmpty => packets.IsEmpty;

    /// <summary>Takes a packet whose frames are held by <see cref="Holders.Neighbour"/>.</summary>
    public void Add(Frame packet)
    {
        HeldPackets += arena.Metadata(packet).WirePackets;
        packets.Enqueue(arena, packet);
    }

    /// <summary>Gives a packet to the loop.</summary>
    public bool TryTake(out Frame packet)
    {
        if (!packets.TryDequeue(arena, out packet))
        {
            return false;
        }

        HeldPackets -= arena.Metadata(packet).WirePackets;
        arena.MoveChain(packet, Holders.Neighbour, Holders.Loop);
        return true;
    }
}
