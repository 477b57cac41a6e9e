using System.Runtime.CompilerServices;

namespace Millrace.Nics;

/// <summary>
/// Which queue of the receiving end gets a packet. An entry of the table that was set takes effect when the queue it names no more is
/// through with what it was given (the rule of Linux's receive flow steering, get_rps_cpu in net/core/dev.c): its worker has taken
/// all of it and begun another poll, or the queue is closed. So no flow is reordered. All of it is under the gate of the direction; on a
/// direct wire each entry is under the gate of the queue that it has in effect.
/// </summary>
internal sealed class WireSteering
{
    private readonly RssTable? table;
    private readonly WireReceiver[] receivers;
    private readonly Entry[] entries;

    public WireSteering(RssTable? table, WireReceiver[] receivers)
    {
        this.table = table;
        this.receivers = receivers;
        entries = new Entry[table?.Length ?? 0];
        for (var i = 0; i < entries.Length; i++)
        {
            entries[i].Queue = table![i];
        }
    }

    /// <summary>An entry as it is in effect. It is written only around a move, so that senders share it in their caches.</summary>
    private struct Entry
    {
        public int Queue;
        public bool IsMoving;

        /// <summary>While it is moving: with how many packets the old queue must be through.</summary>
        public long Awaited;
    }

    /// <summary>Where a packet goes that is given to a queue next.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public WireReceiver For(WirePacket packet)
    {
        if (table is null)
        {
            return receivers[0];
        }

        var index = table.EntryOf(packet.Source[packet.Head].Hash);
        ref var entry = ref entries[index];
        var wanted = table[index];
        return wanted == entry.Queue && !entry.IsMoving ? receivers[wanted] : Move(ref entry, wanted);
    }

    /// <summary>The same on a direct wire: enters the gate of the queue that the packet is to be given to.</summary>
    /// <param name="held">The queue whose gate is held; none before the first packet of a burst.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public WireReceiver Enter(WirePacket packet, WireReceiver? held)
    {
        var index = table is null ? 0 : table.EntryOf(packet.Source[packet.Head].Hash);
        if (table is not null)
        {
            ref var entry = ref entries[index];
            if (held is null || entry.IsMoving || !ReferenceEquals(held, receivers[entry.Queue]) || table[index] != entry.Queue)
            {
                held = Change(index, held);
            }
        }
        else if (held is null)
        {
            held = receivers[0];
            held.Enter();
        }

        return held;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private WireReceiver Change(int index, WireReceiver? held)
    {
        ref var entry = ref entries[index];
        while (true)
        {
            var queue = Volatile.Read(ref entry.Queue);
            var receiver = receivers[queue];
            if (!ReferenceEquals(receiver, held))
            {
                held?.Exit();
                receiver.Enter();
                held = receiver;
            }

            // until the gate was entered, another sender may have moved it
            if (Volatile.Read(ref entry.Queue) == queue)
            {
                var wanted = table![index];
                if ((wanted == queue && !entry.IsMoving) || ReferenceEquals(Move(ref entry, wanted), receiver))
                {
                    return receiver;
                }
            }
        }
    }

    /// <summary>Packets were taken out of the middle of the queues, so places in them are worth nothing: all of each is awaited.</summary>
    public void AwaitAll()
    {
        foreach (ref var entry in entries.AsSpan())
        {
            entry.Awaited = receivers[entry.Queue].Given;
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private WireReceiver Move(ref Entry entry, int wanted)
    {
        var old = receivers[entry.Queue];
        if (wanted == entry.Queue)
        {
            entry.IsMoving = false;
            return old;
        }

        if (!entry.IsMoving)
        {
            entry.IsMoving = true;
            entry.Awaited = old.Given;
        }

        if (old.IsClosed || old.Processed >= entry.Awaited)
        {
            entry.Queue = wanted;
            entry.IsMoving = false;
            return receivers[wanted];
        }

        // this packet follows those that went before
        entry.Awaited = old.Given + 1;
        return old;
    }
}
