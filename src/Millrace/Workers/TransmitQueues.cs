using System.Numerics;
using System.Runtime.CompilerServices;
using Millrace.Memory;
using Millrace.Nics;

namespace Millrace.Workers;

/// <summary>
/// A NIC's queues as one worker sees them: it receives by its own, and sends by any. What goes by a queue of another worker
/// crosses to that worker by a ring, is put into the NIC from borrowed frames, and is complete when the frames are home.
/// </summary>
internal sealed class TransmitQueues : NicQueue
{
    private const int Burst = 64;

    private readonly WorkerPort port;
    private readonly Arena arena;
    private readonly NicQueue? own;
    private readonly int networkInterface;
    private readonly int queueCount;
    private readonly FlowQueues? flows;
    private readonly CrossingRing departures = new(WorkerPort.RingPackets);
    private readonly AutoResetEvent interrupt = new(false);
    private NicInterrupt? shared;
    private readonly Frame[] batch = new Frame[1];
    private readonly FixedQueue<Frame> completed;

    /// <summary>Workers that found no room among the departures, a bit each.</summary>
    private ulong askers;

    /// <summary>Whether a queue of another worker had no room when it was looked at last.</summary>
    private bool isHeldUp;

    /// <param name="own">The queue of this worker; null if it has none.</param>
    /// <param name="map">Null to send by the own queue, or one that is shared: a queue each, for ever.</param>
    public TransmitQueues(WorkerPort port, Arena arena, NicQueue? own, int networkInterface, int queueCount, XpsMap? map)
    {
        this.port = port;
        this.arena = arena;
        this.own = own;
        this.networkInterface = networkInterface;
        this.queueCount = queueCount;
        flows = map is null ? null : new FlowQueues(map, port.Worker, arena.Capacity);
        completed = new FixedQueue<Frame>(arena.Capacity);
    }

    /// <summary>Packets of other workers that wait for this worker's queue.</summary>
    internal CrossingRing Departures => departures;

    /// <summary>Whether some of them could be put into the NIC now.</summary>
    internal bool HasDepartures => departures.Count != 0 && own is { TransmitRoom: > 0 } && IsFirstReady(out _);

    public override int RingSize => own?.RingSize ?? 0;

    public override int Vacant => own?.Vacant ?? 0;

    public override long Missed => own?.Missed ?? 0;

    /// <summary>Whether packets of this worker, which had to wait for the queue of another, could go there now.</summary>
    internal bool HasRoomAgain => isHeldUp && RemoteRoom() > 0;

    public override long NextEvent => completed.Count != 0 ? 0 : own?.NextEvent ?? long.MaxValue;

    /// <summary>The least of what any queue would take, because a packet's queue is not known before it is looked at.</summary>
    public override int TransmitRoom
    {
        get
        {
            var room = RemoteRoom();
            if (room == 0)
            {
                AskForRoom();
                room = RemoteRoom();
            }

            isHeldUp = room == 0;
            return own is null ? room : Math.Min(room, own.TransmitRoom);
        }
    }

    private int DefaultQueue => own is null ? port.Worker % queueCount : port.Worker;

    public override void Post(ReadOnlySpan<Frame> empty) => own!.Post(empty);

    public override int Receive(Span<Frame> packets, long now) => own?.Receive(packets, now) ?? 0;

    public override int Transmit(ReadOnlySpan<Frame> packets, long now)
    {
        var count = 0;
        while (count < packets.Length && TryTransmit(packets[count], now))
        {
            count++;
        }

        return count;
    }

    public override int TakeDeparted(Span<Frame> packets, long now)
    {
        var count = own?.TakeDeparted(packets, now) ?? 0;
        Note(packets[..count]);
        return count;
    }

    public override int Reclaim(Span<Frame> packets, long now)
    {
        Serve(now);
        var count = own?.Reclaim(packets, now) ?? 0;
        while (count < packets.Length && completed.Count > 0)
        {
            packets[count++] = completed.Dequeue();
        }

        Note(packets[..count]);
        return count;
    }

    public override bool Wait(TimeSpan timeout) => own?.Wait(timeout) ?? interrupt.WaitOne(timeout);

    public override void Wake()
    {
        if (own is not null)
        {
            own.Wake();
        }
        else if (shared is not null)
        {
            shared.Set();
        }
        else
        {
            interrupt.Set();
        }
    }

    public override bool TryShare(NicInterrupt interrupt)
    {
        shared = interrupt;
        return own?.TryShare(interrupt) ?? true;
    }

    public override bool TryBeginSleep(ref TimeSpan timeout) => own?.TryBeginSleep(ref timeout) ?? true;

    public override void EndSleep() => own?.EndSleep();

    public override void SetInterrupt(bool armed) => own?.SetInterrupt(armed);

    public override void Drain()
    {
        own?.Drain();
        while (completed.Count > 0)
        {
            arena.ReleaseChain(completed.Dequeue(), Holders.TransmitRing);
        }
    }

    /// <summary>A packet that was sent by another worker's queue is home.</summary>
    internal void Complete(Frame packet) => completed.Enqueue(packet);

    /// <summary>Puts packets of other workers into the NIC, as far as it takes them.</summary>
    private void Serve(long now)
    {
        var removed = false;
        for (var left = Burst; left > 0 && departures.Count != 0 && own is { TransmitRoom: > 0 } && IsFirstReady(out var ever); left--)
        {
            ref readonly var crossing = ref departures.Peek();
            var lender = port.Group[crossing.Lender]!;
            if (!ever)
            {
                // more frames than this worker could ever borrow: it goes home as if it were sent
                port.ReturnChain(lender, crossing.Head);
            }
            else if (!port.TryBorrow(lender, crossing.Head, Holders.TransmitRing, out batch[0]))
            {
                break;
            }
            else if (own.Transmit(batch, now) == 0)
            {
                // it had room when it was asked; the packet goes home as if it were sent, as from any full ring
                arena.ReleaseChain(batch[0], Holders.TransmitRing);
            }

            departures.Remove();
            removed = true;
        }

        if (removed)
        {
            KickAskers();
        }
    }

    /// <summary>Whether the oldest departure can be put into frames of this worker, or never will be.</summary>
    private bool IsFirstReady(out bool ever)
    {
        ref readonly var crossing = ref departures.Peek();
        return port.MayBorrowToSend(port.Group[crossing.Lender]!, crossing.Head, out ever) || !ever;
    }

    private bool TryTransmit(Frame packet, long now)
    {
        uint hash = 0;
        var queue = DefaultQueue;
        if (flows is not null)
        {
            hash = HashOf(packet);
            queue = flows.Choose(hash);
        }

        if (queue == port.Worker && own is not null)
        {
            batch[0] = packet;
            if (own.Transmit(batch, now) == 0)
            {
                return false;
            }
        }
        else if (!TrySend(queue, packet))
        {
            return false;
        }

        flows?.Sent(packet, hash);
        return true;
    }

    private bool TrySend(int queue, Frame packet)
    {
        if (Remote(queue) is not { } ring)
        {
            return false;
        }

        if (port.Group[queue]!.IsClosed)
        {
            // nobody serves that queue any more: as on a cable that is out, the packet is sent and never arrives
            completed.Enqueue(packet);
            return true;
        }

        if (!ring.TryAdd(new Crossing { Head = packet, Lender = (byte)port.Worker }, out _))
        {
            return false;
        }

        port.NoteAbroad(packet);
        port.KickAtEnd(queue);
        return true;
    }

    private int RemoteRoom()
    {
        var room = int.MaxValue;
        for (var queue = 0; queue < queueCount; queue++)
        {
            if (IsRemote(queue))
            {
                room = Math.Min(room, RoomOf(queue));
            }
        }

        return room;
    }

    private bool IsRemote(int queue) => queue != port.Worker && (flows is not null || queue == DefaultQueue);

    /// <summary>Has those whose departures are full wake this worker when they are not; ask for the room again behind it.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void AskForRoom()
    {
        for (var queue = 0; queue < queueCount; queue++)
        {
            if (IsRemote(queue) && port.Group[queue]?.QueuesOf(networkInterface) is { } queues)
            {
                Interlocked.Or(ref queues.askers, 1UL << port.Worker);
            }
        }
    }

    private void KickAskers()
    {
        // the room must be visible before the askers are looked at, who ask first and look at the room then
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref askers) != 0)
        {
            for (var left = Interlocked.Exchange(ref askers, 0); left != 0; left &= left - 1)
            {
                port.KickAtEnd(BitOperations.TrailingZeroCount(left));
            }
        }
    }

    private CrossingRing? Remote(int queue) => port.Group[queue]?.QueuesOf(networkInterface)?.departures;

    private int RoomOf(int queue) =>
        Remote(queue) is not { } ring ? 0 : port.Group[queue]!.IsClosed ? ring.Capacity : ring.Capacity - ring.Count;

    private uint HashOf(Frame packet)
    {
        ref var metadata = ref arena.Metadata(packet);
        if (metadata.Hash == 0)
        {
            metadata.Hash = port.Hash.OfPacket(arena, packet);
        }

        return metadata.Hash;
    }

    private void Note(ReadOnlySpan<Frame> packets)
    {
        if (flows is not null)
        {
            foreach (var packet in packets)
            {
                flows.Completed(packet);
            }
        }
    }
}
