using System.Runtime.CompilerServices;
using Millrace.Memory;

namespace Millrace;

/// <summary>
/// The one way by which stages send: reserve a frame, write it, commit it. The generated loop empties it at the end of a
/// poll. When it is full a stage keeps its packet or counts it as dropped.
/// </summary>
public sealed class Outbox
{
    private readonly Arena arena;
    private readonly Ledger ledger;
    private readonly Outgoing[] ring;
    private readonly int mask;
    private int head;
    private int tail;

    /// <param name="capacity">Packets it can hold, a power of two.</param>
    public Outbox(Arena arena, Ledger ledger, int capacity = 256)
    {
        ArgumentNullException.ThrowIfNull(arena);
        ArgumentNullException.ThrowIfNull(ledger);
        if (!int.IsPow2(capacity))
        {
            throw new ArgumentOutOfRangeException(nameof(capacity), capacity, "The capacity of an outbox is a power of two.");
        }

        this.arena = arena;
        this.ledger = ledger;
        ring = new Outgoing[capacity];
        mask = capacity - 1;
    }

    /// <summary>Packets that can still be committed.</summary>
    public int Room => ring.Length - (tail - head);

    public int Count => tail - head;

    /// <summary>Packets of the wire it holds, for the egress ledger.</summary>
    public long HeldPackets
    {
        get
        {
            long held = 0;
            for (var i = head; i != tail; i++)
            {
                held += arena.Metadata(ring[i & mask].Frame).WirePackets;
            }

            return held;
        }
    }

    /// <summary>Takes an empty frame from the reserve, held by <see cref="Holders.Outbox"/>; write it, then commit or discard it.</summary>
    public bool TryReserve(out Frame frame)
    {
        frame = Frame.None;
        return Room > 0 && arena.TryAllocate(Share.Reserve, Holders.Outbox, out frame);
    }

    /// <summary>Gives back a reserved frame that was not committed.</summary>
    public void Discard(Frame frame) => arena.ReleaseChain(frame, Holders.Outbox);

    /// <summary>
    /// Queues a packet for the loop. Its frames are held by <see cref="Holders.Outbox"/> from here on, beside any other
    /// holder they have; the head's <see cref="FrameMetadata.WirePackets"/> must be final.
    /// </summary>
    /// <returns>False, with nothing changed, if the outbox is full.</returns>
    public bool TryCommit(in Outgoing packet)
    {
        if (Room == 0)
        {
            return false;
        }

        arena.HoldChain(packet.Frame, Holders.Outbox);
        ledger.Created += arena.Metadata(packet.Frame).WirePackets;
        ring[tail++ & mask] = packet;
        return true;
    }

    /// <summary>The same for whoever has seen that there is <see cref="Room"/>: where to go is written in place.</summary>
    /// <returns>All zero but for the frame.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal ref Outgoing Commit(Frame packet)
    {
        arena.HoldChain(packet, Holders.Outbox);
        ledger.Created += arena.Metadata(packet).WirePackets;
        ref var outgoing = ref ring[tail++ & mask];
        outgoing = default;
        outgoing.Frame = packet;
        return ref outgoing;
    }

    /// <summary>For the loop: takes the oldest packet; its frames pass from the outbox to the loop.</summary>
    public bool TryTake(out Outgoing packet)
    {
        if (head == tail)
        {
            packet = default;
            return false;
        }

        // field by field: a vector over fields that were just written one by one waits until they have left the store buffer
        ref readonly var outgoing = ref ring[head++ & mask];
        packet.Frame = outgoing.Frame;
        packet.Source = outgoing.Source;
        packet.Destination = outgoing.Destination;
        packet.Protocol = outgoing.Protocol;
        packet.Ttl = outgoing.Ttl;
        packet.TrafficClass = outgoing.TrafficClass;
        packet.Interface = outgoing.Interface;
        packet.DontFragment = outgoing.DontFragment;
        packet.IsLinkFrame = outgoing.IsLinkFrame;
        arena.MoveChain(packet.Frame, Holders.Outbox, Holders.Loop);
        return true;
    }
}
