using System.ComponentModel;
using System.Runtime.CompilerServices;
using Millrace.Memory;
using Millrace.Nics;

namespace Millrace.CompilerServices;

/// <summary>
/// The queues that one worker drives on several interfaces. A packet goes out by the interface in its metadata; behind each
/// ring is a device queue as Linux has one (pfifo_fast), so that a full ring delays nobody but the packets that want it.
/// Called by generated code.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class InterfaceQueues
{
    // DEFAULT_TX_QUEUE_LEN
    private const int DeviceQueueLength = 1000;

    private readonly NetworkInterface[] interfaces;
    private readonly InterfaceQueue[] queues;
    private readonly SharedSleep sleep;
    private readonly Arena arena;
    private readonly int ringFrames;
    private int reclaimed;
    private int refilledFirst;

    /// <param name="opened">The queue of every NIC that the worker owns.</param>
    /// <param name="weight">Packets a poll takes in at most.</param>
    /// <param name="ringFrames">Frames each receive ring is kept filled with at most.</param>
    public InterfaceQueues(NetworkInterface[] interfaces, NicQueue[] opened, Arena arena, Ledger ledger, int weight, int ringFrames)
    {
        ArgumentNullException.ThrowIfNull(interfaces);
        ArgumentNullException.ThrowIfNull(opened);
        ArgumentNullException.ThrowIfNull(arena);
        this.interfaces = interfaces;
        this.arena = arena;
        this.ringFrames = ringFrames;
        queues = new InterfaceQueue[interfaces.Length];
        for (var i = 0; i < queues.Length; i++)
        {
            queues[i] = new InterfaceQueue(opened[i], arena, ledger, weight, DeviceQueueLength);
        }

        Received = queues[0].Received;
        Ended = queues[0].Ended;
        Turned = queues[0].Turned;
        sleep = new SharedSleep(opened);
    }

    /// <summary>The packets of this poll.</summary>
    public Frame[] Received { get; private set; }

    /// <inheritdoc cref="InterfaceQueue.Ended"/>
    public Frame[] Ended { get; }

    public TurnedPackets Turned { get; }

    /// <summary>Whether a ring took not all in this turn: who makes packets goes on in the next poll, or could do so for ever.</summary>
    public bool IsFull { get; private set; }

    public long NextEvent
    {
        get
        {
            var next = long.MaxValue;
            foreach (var queue in queues)
            {
                next = Math.Min(next, queue.NextEvent);
            }

            return next;
        }
    }

    /// <summary>Packets of the wire in the device queues.</summary>
    public long HeldPackets
    {
        get
        {
            long held = 0;
            foreach (var queue in queues)
            {
                held += queue.HeldPackets;
            }

            return held;
        }
    }

    /// <summary>The interface that they came by; the loop writes it into them, whatever a frame carried before.</summary>
    public int ReceivedBy { get; private set; }

    /// <summary>Takes a burst in.</summary>
    public int Receive(int networkInterface, int budget, long now)
    {
        var queue = queues[networkInterface];
        var count = queue.Receive(budget, now);
        Received = queue.Received;
        ReceivedBy = networkInterface;
        return count;
    }

    /// <summary>Whether there is such an interface, and its link is up.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool IsUp(int networkInterface)
    {
        var interfaces = this.interfaces;
        return (uint)networkInterface < (uint)interfaces.Length && interfaces[networkInterface].IsUp;
    }

    /// <summary>Begins a turn of packets that go out.</summary>
    public void BeginTransmit()
    {
        IsFull = false;
        for (var i = 0; i < queues.Length; i++)
        {
            queues[i].IsFull = false;
            queues[i].Limit = queues[i].Room(interfaces[i].IsUp);
        }
    }

    /// <summary>
    /// Whether the ring has room for a packet that was turned round, which does not wait: it would keep the frames of the
    /// receive rings. Of an interface that is not there or down <see cref="IsUp"/> says more.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool HasRoom(int networkInterface, long now)
    {
        var queues = this.queues;
        return (uint)networkInterface >= (uint)queues.Length
            || queues[networkInterface].Pending < queues[networkInterface].Limit
            || MakeRoom(networkInterface, now)
            || !interfaces[networkInterface].IsUp;
    }

    /// <summary>Puts packets that were turned round behind the batches of their interfaces.</summary>
    /// <param name="list">Gets, as the loop's, what finds no room at once, or an interface that is not there or down.</param>
    public void Turn(ref FrameList list)
    {
        var frames = arena.Frames;
        var packets = Turned.Packets.AsSpan(0, Turned.Count);
        var taken = 0;
        while (taken < packets.Length)
        {
            // packets by one interface follow each other, mostly
            var networkInterface = frames[packets[taken].Index].Interface;
            if (!IsUp(networkInterface))
            {
                break;
            }

            var queue = queues[networkInterface];
            var batch = queue.Batch.AsSpan(0, Math.Min(queue.Batch.Length, queue.Limit));
            var pending = queue.Pending;
            var fitting = packets.Slice(taken, Math.Min(packets.Length - taken, Math.Max(0, batch.Length - pending)));
            var count = 0;
            while (count < fitting.Length && frames[fitting[count].Index].Interface == networkInterface)
            {
                count++;
            }

            fitting.Slice(0, count).CopyTo(queue.Batch.AsSpan(pending));
            var more = Turned.CountMore(arena, taken, count);
            taken += count;
            pending += count;
            queue.Pending = pending;
            queue.HeldPackets += count + more;
            if (pending >= batch.Length)
            {
                break;
            }
        }

        if (taken < packets.Length)
        {
            Turned.Remove(arena, taken);
            Turned.GiveBack(arena, ref list);
        }
        else
        {
            Turned.Clear();
        }
    }

    /// <summary>Puts a packet of the loop into the device queue of an interface that is up.</summary>
    /// <returns>False if it is full; the packet is still the loop's.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryEnqueue(Frame packet, int wirePackets, int networkInterface, long now)
    {
        var queue = queues[networkInterface];
        if (queue.Pending >= queue.Limit && !MakeRoom(networkInterface, now) && !MayWait(queue))
        {
            return false;
        }

        arena.MoveChain(packet, Holders.Loop, Holders.TransmitRing);
        queue.Batch[queue.Pending++] = packet;
        queue.HeldPackets += wirePackets;
        return true;
    }

    /// <summary>Hands to the NICs what their rings take.</summary>
    public void Flush(long now)
    {
        foreach (var queue in queues)
        {
            if (queue.Pending > 0 && !queue.IsFull)
            {
                queue.Flush(queue.Pending, now);
            }
        }
    }

    /// <summary>Frees the first of <see cref="Ended"/>.</summary>
    public void ReleaseEnded(int count) => arena.Release(Ended, count, Holders.Loop);

    /// <summary>Releases packets whose transmission is complete, on all interfaces.</summary>
    public void Reclaim(long now)
    {
        foreach (var queue in queues)
        {
            queue.Reclaim(now);
        }
    }

    /// <inheritdoc cref="InterfaceQueue.TryTakeTransmitted"/>
    public bool TryTakeTransmitted(long now, out Frame packet, out bool isComplete)
    {
        while (!queues[reclaimed].TryTakeTransmitted(now, out packet, out isComplete))
        {
            if (++reclaimed == queues.Length)
            {
                reclaimed = 0;
                return false;
            }
        }

        return true;
    }

    /// <summary>Fills the receive rings, each up to its part, beginning with another one each time: none starves when frames are few.</summary>
    public void Refill()
    {
        for (var i = 0; i < queues.Length; i++)
        {
            queues[(refilledFirst + i) % queues.Length].Refill(ringFrames);
        }

        refilledFirst = (refilledFirst + 1) % queues.Length;
    }

    public bool Wait(TimeSpan timeout) => sleep.Wait(timeout);

    public void Wake() => sleep.Wake();

    /// <summary>Masks the interrupts of all NICs, or arms them again.</summary>
    public void SetInterrupt(bool armed)
    {
        foreach (var queue in queues)
        {
            queue.SetInterrupt(armed);
        }
    }

    /// <summary>Takes everything back from the NICs, for a stack that ends.</summary>
    public void Drain()
    {
        foreach (var queue in queues)
        {
            queue.Drain();
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool MakeRoom(int networkInterface, long now)
    {
        var queue = queues[networkInterface];
        if (queue.IsFull)
        {
            return false;
        }

        queue.Flush(queue.Pending, now);
        queue.Limit = queue.Room(interfaces[networkInterface].IsUp);
        if (queue.Pending < queue.Limit)
        {
            return true;
        }

        // it is not asked again in this turn: for a TAP that would be a call of the system a packet
        queue.IsFull = true;
        IsFull = true;
        return false;
    }

    /// <summary>The queue of one interface must not take what the others need to send.</summary>
    private bool MayWait(InterfaceQueue queue) =>
        queue.Pending < DeviceQueueLength && arena.Available(Share.Reserve) * 4 >= arena.Quota(Share.Reserve);
}
