using System.ComponentModel;
using Millrace.Memory;
using Millrace.Nics;

namespace Millrace.CompilerServices;

/// <summary>
/// A NIC's queue as a generated loop drives it: a burst of packets in, a batch of packets out, completions, refill.
/// Called by generated code.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class InterfaceQueue
{
    private const int BatchLength = 64;

    private readonly NicQueue queue;
    private readonly Arena arena;
    private readonly Ledger ledger;
    private readonly Frame[] completed = new Frame[BatchLength];
    private int completedCount;
    private int completedTaken;
    private readonly int room;
    private bool areDepartures;
    private readonly Frame[] empty = new Frame[BatchLength];

    /// <param name="weight">Packets a poll takes in at most.</param>
    public InterfaceQueue(NicQueue queue, Arena arena, Ledger ledger, int weight)
        : this(queue, arena, ledger, weight, Math.Max(weight, BatchLength))
    {
    }

    /// <param name="capacity">Packets that may wait for the NIC.</param>
    internal InterfaceQueue(NicQueue queue, Arena arena, Ledger ledger, int weight, int capacity)
    {
        ArgumentNullException.ThrowIfNull(queue);
        ArgumentNullException.ThrowIfNull(arena);
        ArgumentNullException.ThrowIfNull(ledger);
        this.queue = queue;
        this.arena = arena;
        this.ledger = ledger;
        Received = new Frame[weight];
        Ended = new Frame[weight];
        Turned = new TurnedPackets(weight);
        Batch = new Frame[capacity];
        room = capacity;
    }

    /// <summary>The packets of this poll.</summary>
    public Frame[] Received { get; }

    /// <summary>Packets on their way to the NIC, held by <see cref="Holders.TransmitRing"/>.</summary>
    public Frame[] Batch { get; }

    /// <summary>Packets in <see cref="Batch"/> that the NIC has not accepted yet.</summary>
    public int Pending { get; set; }

    /// <summary>Packets of the wire that they stand for.</summary>
    public long HeldPackets { get; set; }

    /// <summary>Packets that a loop has done with and frees together, at its end or when these are full.</summary>
    public Frame[] Ended { get; }

    public TurnedPackets Turned { get; }

    /// <summary>For several interfaces: packets in <see cref="Batch"/> at which it must be handed over.</summary>
    internal int Limit { get; set; }

    /// <summary>For several interfaces: whether the NIC did not take all it was given in this turn.</summary>
    internal bool IsFull { get; set; }

    public long NextEvent => queue.NextEvent;

    /// <summary>Packets the batch may grow to before it must be handed over.</summary>
    public int Room(bool isUp) => isUp ? Math.Min(room, queue.TransmitRoom) : room;

    /// <param name="budget">Packets to take at most; never more than the weight.</param>
    public int Receive(int budget, long now) => queue.Receive(Received.AsSpan(0, Math.Min(budget, Received.Length)), now);

    /// <summary>Puts packets that were turned round behind the batch, which is handed over when it is full.</summary>
    /// <param name="count">Packets in the batch.</param>
    /// <param name="list">Gets, as the loop's, what the NIC takes no more, or what finds its interface down.</param>
    /// <returns>Packets in the batch.</returns>
    public int Turn(int count, bool isUp, ref FrameList list, long now)
    {
        while (isUp && Turned.Count > 0)
        {
            var free = Room(isUp) - count;
            if (free <= 0)
            {
                count = Flush(count, now);
                free = Room(isUp) - count;
                if (free <= 0)
                {
                    break;
                }
            }

            var fitting = Math.Min(free, Turned.Count);
            Turned.Packets.AsSpan(0, fitting).CopyTo(Batch.AsSpan(count));
            count += fitting;
            var more = Turned.More;
            Turned.Remove(arena, fitting);
            HeldPackets += fitting + more - Turned.More;
        }

        Turned.GiveBack(arena, ref list);
        return count;
    }

    /// <summary>Hands the batch to the NIC. What it does not accept stays, in order, at the front.</summary>
    /// <returns>Packets left.</returns>
    public int Flush(int count, long now)
    {
        var taken = 0;
        while (taken < count)
        {
            var length = Math.Min(BatchLength, count - taken);
            var accepted = queue.Transmit(Batch.AsSpan(taken, length), now);
            taken += accepted;
            if (accepted < length)
            {
                break;
            }
        }

        if (taken == count)
        {
            ledger.Transmitted += HeldPackets;
            HeldPackets = 0;
            Pending = 0;
            return 0;
        }

        var left = 0L;
        for (var i = taken; i < count; i++)
        {
            left += arena.Metadata(Batch[i]).WirePackets;
        }

        if (taken > 0)
        {
            Array.Copy(Batch, taken, Batch, 0, count - taken);
        }

        ledger.Transmitted += HeldPackets - left;
        HeldPackets = left;
        Pending = count - taken;
        return Pending;
    }

    /// <summary>Frees the first of <see cref="Ended"/>.</summary>
    public void ReleaseEnded(int count) => arena.Release(Ended, count, Holders.Loop);

    /// <summary>Releases packets whose transmission is complete.</summary>
    public void Reclaim(long now)
    {
        int count;
        do
        {
            count = queue.Reclaim(completed, now);
            if (count > 0)
            {
                arena.Release(completed, count, Holders.TransmitRing);
            }
        }
        while (count == completed.Length);
    }

    /// <summary>
    /// For a loop with a stage that is told (<see cref="ITransmitCompletions"/>): the next packet that has left the NIC's ring.
    /// </summary>
    /// <param name="isComplete">The caller releases <see cref="Holders.TransmitRing"/>; otherwise the packet comes again.</param>
    public bool TryTakeTransmitted(long now, out Frame packet, out bool isComplete)
    {
        if (completedTaken == completedCount)
        {
            completedTaken = 0;
            completedCount = queue.TakeDeparted(completed, now);
            areDepartures = completedCount > 0;
            if (!areDepartures)
            {
                completedCount = queue.Reclaim(completed, now);
            }
        }

        isComplete = !areDepartures;
        packet = completedCount > 0 ? completed[completedTaken++] : Frame.None;
        return completedCount > 0;
    }

    /// <summary>Fills the receive ring as far as its share of the arena reaches.</summary>
    public void Refill() => Post(queue.Vacant);

    /// <summary>Fills the receive ring with so many frames at most, as far as the share of the arena reaches.</summary>
    internal void Refill(int frames) => Post(Math.Min(queue.Vacant, frames - (queue.RingSize - queue.Vacant)));

    private void Post(int missing)
    {
        while (missing > 0)
        {
            var count = arena.Allocate(empty.AsSpan(0, Math.Min(missing, empty.Length)), Share.Receive, Holders.ReceiveRing);
            if (count == 0)
            {
                break;
            }

            queue.Post(empty.AsSpan(0, count));
            missing -= count;
        }
    }

    /// <summary>Drops packets that were turned round and found no room.</summary>
    public void DropSurplus(ref FrameList packets)
    {
        while (packets.TryDequeue(arena, out var packet))
        {
            ledger.DropHeld(packet, new PacketDrop(DropReason.FullRing, "loop", IsIngress: false, HasLinkHeader: true), arena.Metadata(packet).WirePackets);
            arena.ReleaseChain(packet, Holders.Loop);
        }
    }

    public bool Wait(TimeSpan timeout) => queue.Wait(timeout);

    public void Wake() => queue.Wake();

    public void SetInterrupt(bool armed) => queue.SetInterrupt(armed);

    /// <summary>Takes everything back from the NIC, for a stack that ends.</summary>
    public void Drain() => queue.Drain();
}
