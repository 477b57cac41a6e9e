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
    private readonly int capacity;
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
        this.capacity = capacity;

        // twice as many, so that the packet taken last stays as it is while the loop works on it and others are committed
        ring = new Outgoing[2 * capacity];
        mask = ring.Length - 1;
    }

    /// <summary>Packets that can still be committed.</summary>
    public int Room => capacity - (tail - head);

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
    /// <param name="metadata">The packet's.</param>
    /// <returns>To be written, all but the frame.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal ref Outgoing Commit(Frame packet, ref FrameMetadata metadata)
    {
        arena.MoveChain(ref metadata, Holders.None, Holders.Outbox);
        ledger.Created += metadata.WirePackets;
        ref var outgoing = ref ring[tail++ & mask];
        outgoing.Frame = packet;
        return ref outgoing;
    }

    /// <summary>For the loop: takes the oldest packet; its frames pass from the outbox to the loop.</summary>
    public bool TryTake(out Outgoing packet)
    {
        var taken = TryTakeNext(out _);
        packet = taken ? Taken : default;
        return taken;
    }

    /// <inheritdoc cref="TryTake(out Outgoing)"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryTakeNext(out Frame packet)
    {
        if (head == tail)
        {
            // the same few lines again, while nothing waits
            head = 0;
            tail = 0;
            packet = Frame.None;
            return false;
        }

        packet = ring[head++ & mask].Frame;
        arena.MoveChain(packet, Holders.Outbox, Holders.Loop);
        return true;
    }

    /// <summary>For the loop: where the packet that was taken last is to go, as long as no other is taken.</summary>
    public ref readonly Outgoing Taken
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => ref ring[(head - 1) & mask];
    }
}
