using System.Runtime.CompilerServices;
using Millrace.Interop;
using Millrace.Memory;

namespace Millrace.Nics;

/// <summary>A queue pair of one end of a wire: the rings and the interrupt.</summary>
internal sealed partial class WireQueue : NicQueue
{
    /// <summary>Packets taken off a wire of several threads at a time, before their bytes are looked at.</summary>
    private const int TakenAtOnce = 64;

    private readonly MemoryWireOptions options;
    private readonly Arena arena;
    private readonly WireDirection outgoing;
    private readonly WireDirection incoming;
    private readonly WireSender sender;
    private readonly WireReceiver receiver;
    private readonly Frame[] posted;
    private readonly FixedQueue<Frame> filled;
    private readonly WirePacket[] taken;
    private readonly WakeEvent interrupt = new();
    private NicInterrupt? shared;
    private volatile bool sleeping;
    private volatile bool masked;
    private volatile bool wantsRoom;
    private bool closed;

    public WireQueue(MemoryWireOptions options, int queue, Arena arena, WireDirection outgoing, WireDirection incoming)
    {
        this.options = options;
        this.arena = arena;
        this.outgoing = outgoing;
        this.incoming = incoming;
        posted = new Frame[options.RingSize];
        filled = new FixedQueue<Frame>(options.RingSize);
        taken = new WirePacket[options.Concurrent ? TakenAtOnce : 0];
        receiver = incoming.Receivers[queue];
        if (options.Mode == WireMode.HandOver)
        {
            arena.PrepareToBorrow();
        }

        using (outgoing.Gate.Enter())
        {
            sender = outgoing.OpenSender(queue, arena, this);
        }

        using (incoming.Gate.Enter())
        {
            using var entry = incoming.Enter(receiver);
            receiver.Queue = this;
        }
    }

    public override int RingSize => options.RingSize;

    public override int Vacant => options.RingSize - receiver.Posted - filled.Count;

    public override long Missed => receiver.Missed;

    /// <summary>Packets were refused, and nothing was accepted since.</summary>
    public bool WantsRoom => wantsRoom;

    public override int TransmitRoom
    {
        get
        {
            if (outgoing.IsDirect || outgoing.IsPlain)
            {
                return RoomNow();
            }

            using var entry = outgoing.Gate.Enter();
            return RoomNow();
        }
    }

    public override long NextEvent => !HasWork() ? NextChange() : outgoing.IsDirect ? receiver.PolledAt : Math.Max(incoming.Now, outgoing.Now);

    public override void Post(ReadOnlySpan<Frame> empty)
    {
        var count = receiver.Posted;
        if (empty.Length > posted.Length - count - filled.Count)
        {
            Throw.ReceiveRingFull(posted.Length);
        }

        receiver.Posted = count + empty.Length;
        if (empty.Length == 1)
        {
            posted[count] = empty[0];
        }
        else
        {
            empty.CopyTo(posted.AsSpan(count));
        }
    }

    public override int Transmit(ReadOnlySpan<Frame> packets, long now)
    {
        if (outgoing.IsDirect)
        {
            sender.Describe(packets);
            var taken = closed ? 0 : outgoing.SendDirectly(sender, packets);
            WantRoom(taken < packets.Length);
            return taken;
        }

        // others wait for the gate: what can be done before it is
        if (options.Concurrent)
        {
            sender.Describe(packets);
        }

        int count;
        using (outgoing.Gate.Enter())
        {
            outgoing.Advance(now);
            count = closed ? 0 : outgoing.Send(sender, packets, describes: !options.Concurrent, now);
            WantRoom(count < packets.Length);
        }

        if (count > 0)
        {
            outgoing.InterruptReceivers();
        }

        return count;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int RoomNow()
    {
        var room = closed ? 0 : outgoing.Room(sender);
        WantRoom(room == 0);
        return room;
    }

    /// <summary>Written only when it changes, because queues of other workers read it in every poll.</summary>
    private void WantRoom(bool wants)
    {
        if (wantsRoom != wants)
        {
            wantsRoom = wants;
        }
    }

    /// <summary>Ends the sleep of the worker, if it sleeps.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Interrupt()
    {
        if (sleeping && !masked)
        {
            Wake();
        }
    }

    public override int TakeDeparted(Span<Frame> packets, long now)
    {
        if (options.Mode == WireMode.Copying)
        {
            return 0;
        }

        if (outgoing.IsInstant)
        {
            return sender.TakeDeparted(packets);
        }

        using var entry = outgoing.Gate.Enter();
        outgoing.Advance(now);
        return sender.TakeDeparted(packets);
    }

    public override int Reclaim(Span<Frame> packets, long now)
    {
        if (outgoing.IsInstant)
        {
            return sender.TakeCompleted(packets);
        }

        using var entry = outgoing.Gate.Enter();
        outgoing.Advance(now);
        return sender.TakeCompleted(packets);
    }

    public override int Receive(Span<Frame> packets, long now)
    {
        var count = options.Concurrent ? TakeApart(packets, now) : incoming.IsPlain ? TakePlainly(packets, now) : TakeInPlace(packets, now);
        if (count > 0)
        {
            incoming.InterruptSenders();
        }

        return count;
    }

    /// <summary>Nobody else is about: packets are turned into frames while they are taken.</summary>
    private int TakeInPlace(Span<Frame> packets, long now)
    {
        using var entry = incoming.Gate.Enter();
        incoming.Advance(now);
        receiver.BeginPoll();
        var count = 0;
        var available = receiver.Posted;
        while (count < packets.Length && TryTake(ref available, out var packet))
        {
            packets[count++] = Accept(packet);
        }

        return count;
    }

    /// <summary>The same on a plain wire, where nearly every packet is one frame that fits another.</summary>
    private int TakePlainly(Span<Frame> packets, long now)
    {
        using var entry = incoming.Gate.Enter();
        incoming.Advance(now);
        var count = filled.Count > 0 ? TakeFilled(packets) : 0;
        receiver.BeginPoll();
        while (count < packets.Length && receiver.ArrivedCount > 0)
        {
            var packet = receiver.FirstArrived;
            ref var described = ref packet.Source[packet.Head];
            var available = receiver.Posted;
            if (described.FrameCount == 1 && described.DataLength <= CopiedFrameCapacity)
            {
                if (available == 0)
                {
                    break;
                }

                incoming.TakeArrived(receiver);
                packets[count++] = options.Mode == WireMode.HandOver ? HandOver(packet) : CopyFrame(packet, in described);
            }
            else if (TryTake(ref available, out packet))
            {
                packets[count++] = Accept(packet);
            }
            else
            {
                break;
            }
        }

        return count;
    }

    /// <summary>Others wait for the gate: packets are only taken behind it, and looked at when it is open again.</summary>
    private int TakeApart(Span<Frame> packets, long now)
    {
        var count = 0;
        int burst;
        do
        {
            var most = Math.Min(taken.Length, packets.Length - count);
            burst = incoming.IsDirect ? TakeDirectly(most, count == 0, now) : TakeGated(most, count == 0, now);

            foreach (var packet in taken.AsSpan(0, burst))
            {
                packets[count++] = Accept(packet);
            }
        }
        while (burst == taken.Length && count < packets.Length);
        return count;
    }

    private int TakeGated(int most, bool isFirst, long now)
    {
        using var entry = incoming.Gate.Enter();
        if (isFirst)
        {
            incoming.Advance(now);
            receiver.BeginPoll();
        }

        return TakeBurst(most);
    }

    private int TakeDirectly(int most, bool isFirst, long now)
    {
        using var entry = incoming.Enter(receiver);
        if (isFirst)
        {
            receiver.BeginPoll(now);
        }

        var burst = TakeBurst(most);
        incoming.TookDirectly(receiver, burst);
        return burst;
    }

    private int TakeBurst(int most)
    {
        var burst = 0;
        var available = receiver.Posted;
        while (burst < most && TryTake(ref available, out taken[burst]))
        {
            burst++;
        }

        return burst;
    }

    /// <param name="available">Posted frames that no packet taken so far will fill.</param>
    private bool TryTake(ref int available, out WirePacket packet)
    {
        while (receiver.ArrivedCount > 0)
        {
            packet = receiver.FirstArrived;
            var needed = FramesFor(packet);
            if (needed > posted.Length)
            {
                receiver.Miss(receiver.Take());
                continue;
            }

            if (needed > available)
            {
                return false;
            }

            available -= needed;
            if (incoming.IsDirect)
            {
                receiver.Take();
            }
            else
            {
                incoming.TakeArrived(receiver);
            }

            return true;
        }

        packet = default;
        return false;
    }

    private Frame Accept(WirePacket packet) => options.Mode == WireMode.HandOver ? HandOver(packet) : CopyOver(packet);

    public override void Drain() => Close();

    /// <summary>Ends this queue; what the peer still shows of its frames comes back when the peer frees it.</summary>
    public void Close()
    {
        using (outgoing.Gate.Enter())
        {
            if (closed)
            {
                return;
            }

            closed = true;
            sender.IsClosed = true;
            outgoing.CloseSender(sender);
        }

        using (incoming.Gate.Enter())
        {
            incoming.CloseReceiver(receiver);
        }

        incoming.LoseFilled();

        // its peers need not wait for room that this queue will never make
        incoming.InterruptSenders();
        while (receiver.Posted > 0)
        {
            arena.Release(posted[--receiver.Posted], Holders.ReceiveRing);
        }
    }
}
