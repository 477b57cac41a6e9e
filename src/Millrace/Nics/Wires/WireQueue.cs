using Millrace.Interop;
using Millrace.Memory;

namespace Millrace.Nics;

/// <summary>The queue pair of one end of a wire: the rings, and how a packet gets into the receiver's frames.</summary>
internal sealed class WireQueue : NicQueue
{
    /// <summary>
    /// Where data begins in a frame that is copied into: between these, by frame, because slots of 2,048 bytes would put
    /// the headers of all packets into the same few sets of the cache.
    /// </summary>
    private const int LeastDataOffset = 64;
    private const int DataOffsetStep = 64;
    private const int DataOffsetSteps = 5;
    private const int CopiedFrameCapacity = Arena.Stride - LeastDataOffset - (DataOffsetStep * (DataOffsetSteps - 1));

    private readonly MemoryWireOptions options;
    private readonly WireGate gate;
    private readonly Arena arena;
    private readonly WireDirection outgoing;
    private readonly WireDirection incoming;
    private readonly Frame[] posted;
    private readonly WakeEvent interrupt = new();
    private NicInterrupt? shared;
    private volatile bool sleeping;
    private volatile bool masked;
    private WireQueue? peer;
    private bool closed;

    public WireQueue(MemoryWireOptions options, WireGate gate, Arena arena, WireDirection outgoing, WireDirection incoming)
    {
        this.options = options;
        this.gate = gate;
        this.arena = arena;
        this.outgoing = outgoing;
        this.incoming = incoming;
        posted = new Frame[options.RingSize];
        outgoing.OpenSender(arena, this);
        if (options.Mode == WireMode.HandOver)
        {
            arena.PrepareToBorrow();
        }

        incoming.Receiver = this;
        peer = outgoing.Receiver;
        if (peer is not null)
        {
            peer.peer = this;
        }
    }

    public override int RingSize => options.RingSize;

    public override int Vacant => options.RingSize - incoming.Posted;

    public override long Missed => incoming.Missed;

    public override int TransmitRoom
    {
        get
        {
            using var entry = gate.Enter();
            return closed ? 0 : outgoing.Room;
        }
    }

    public override long NextEvent
    {
        get
        {
            using var entry = gate.Enter();
            return HasWork ? Math.Max(incoming.Now, outgoing.Now) : NextOnTheWay;
        }
    }

    private bool HasWork => outgoing.CompletedCount > 0 || outgoing.DepartedCount > 0 || IsReceivable;

    private long NextOnTheWay => Math.Min(outgoing.NextDeparture, incoming.NextArrival);

    private bool IsReceivable =>
        incoming.ArrivedCount > 0 && (FramesFor(incoming.FirstArrived) is var needed && (needed <= incoming.Posted || needed > posted.Length));

    public override void Post(Frame empty)
    {
        using var entry = gate.Enter();
        if (incoming.Posted == posted.Length)
        {
            Throw.ReceiveRingFull(posted.Length);
        }

        posted[incoming.Posted++] = empty;
    }

    public override int Transmit(ReadOnlySpan<Frame> packets, long now)
    {
        var count = 0;
        using (gate.Enter())
        {
            outgoing.Advance(now);
            while (count < packets.Length && !closed && outgoing.Room > 0)
            {
                outgoing.Send(packets[count], now);
                count++;
            }
        }

        if (count > 0)
        {
            peer?.Interrupt();
        }

        return count;
    }

    /// <summary>Ends the sleep of the worker, if it sleeps.</summary>
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

        using var entry = gate.Enter();
        outgoing.Advance(now);
        return outgoing.TakeDeparted(packets);
    }

    public override int Reclaim(Span<Frame> packets, long now)
    {
        using var entry = gate.Enter();
        outgoing.Advance(now);
        var count = 0;
        while (count < packets.Length && outgoing.CompletedCount > 0)
        {
            packets[count++] = outgoing.TakeCompleted();
        }

        return count;
    }

    public override int Receive(Span<Frame> packets, long now)
    {
        var count = TakeArrived(packets, now);
        if (count > 0)
        {
            // there is room again for what the peer keeps
            peer?.Interrupt();
        }

        return count;
    }

    private int TakeArrived(Span<Frame> packets, long now)
    {
        using var entry = gate.Enter();
        incoming.Advance(now);
        var count = 0;
        while (count < packets.Length && incoming.ArrivedCount > 0)
        {
            var packet = incoming.FirstArrived;
            var needed = FramesFor(packet);
            if (needed > posted.Length)
            {
                incoming.DropArrived();
                continue;
            }

            if (needed > incoming.Posted)
            {
                break;
            }

            incoming.TakeArrived();
            packets[count++] = options.Mode == WireMode.HandOver ? HandOver(packet) : CopyOver(packet);
        }

        return count;
    }

    public override void SetInterrupt(bool armed)
    {
        using var entry = gate.Enter();
        masked = !armed;

        // whoever sleeps did not reckon with what came, or set off, in the meantime
        if (armed && sleeping && (HasWork || NextOnTheWay != long.MaxValue))
        {
            Wake();
        }
    }

    public override bool Wait(TimeSpan timeout)
    {
        var wait = timeout;
        if (!TryBeginSleep(ref wait))
        {
            EndSleep();
            return true;
        }

        var signalled = interrupt.Wait(wait);
        EndSleep();
        return signalled || wait != timeout;
    }

    public override bool TryShare(NicInterrupt interrupt)
    {
        shared = interrupt;
        return true;
    }

    public override bool TryBeginSleep(ref TimeSpan timeout)
    {
        sleeping = true;
        long until;
        using (gate.Enter())
        {
            if (!masked && HasWork)
            {
                return false;
            }

            var next = masked ? long.MaxValue : NextOnTheWay;
            until = next == long.MaxValue ? long.MaxValue : next - Math.Max(incoming.Now, outgoing.Now);
        }

        if (until != long.MaxValue)
        {
            // rounded up to the next tick, or the wait ends before the event
            var untilEvent = TimeSpan.FromTicks((Math.Max(0, until) / TimeSpan.NanosecondsPerTick) + 1);
            timeout = timeout < TimeSpan.Zero || untilEvent < timeout ? untilEvent : timeout;
        }

        return true;
    }

    public override void EndSleep() => sleeping = false;

    public override void Wake()
    {
        if (shared is null)
        {
            interrupt.Set();
        }
        else
        {
            shared.Set();
        }
    }

    public override void Drain() => Close();

    /// <summary>Ends this queue; what the peer still shows of its frames comes back when the peer frees it.</summary>
    public void Close()
    {
        using var entry = gate.Enter();
        if (closed)
        {
            return;
        }

        closed = true;
        while (incoming.Posted > 0)
        {
            arena.Release(posted[--incoming.Posted], Holders.ReceiveRing);
        }

        outgoing.CloseSender();
    }

    private int FramesFor(WirePacket packet)
    {
        ref var descriptor = ref packet.Source[packet.Head];
        return options.Mode == WireMode.HandOver
            ? descriptor.FrameCount
            : Math.Max(1, (descriptor.TotalLength + CopiedFrameCapacity - 1) / CopiedFrameCapacity);
    }

    private Frame TakePosted()
    {
        var frame = posted[--incoming.Posted];
        ref var metadata = ref arena.Metadata(frame);
        metadata.Holders = Holders.Loop;
        metadata.NextFragment = Frame.None;
        metadata.Next = Frame.None;
        return frame;
    }

    private Frame HandOver(WirePacket packet)
    {
        Frame head = Frame.None, last = Frame.None;
        for (var lent = packet.Head; !lent.IsNone;)
        {
            ref var descriptor = ref packet.Source[lent];
            var own = TakePosted();
            ref var metadata = ref arena.Metadata(own);
            arena.Borrow(own, packet.Source.Arena, lent, packet.Source);
            metadata.DataOffset = descriptor.DataOffset;
            metadata.DataLength = descriptor.DataLength;
            Append(ref head, ref last, own);
            lent = descriptor.Next;
        }

        Describe(head, in packet.Source[packet.Head], shift: 0);
        return head;
    }

    private Frame CopyOver(WirePacket packet)
    {
        ref var described = ref packet.Source[packet.Head];
        Frame head = Frame.None, last = Frame.None;
        var room = Span<byte>.Empty;
        for (var frame = packet.Head; !frame.IsNone;)
        {
            ref var from = ref packet.Source[frame];
            ReadOnlySpan<byte> bytes = packet.Source.Arena.Slot(frame).Slice(from.DataOffset, from.DataLength);
            while (!bytes.IsEmpty)
            {
                if (room.IsEmpty)
                {
                    var own = TakePosted();
                    room = Begin(own);
                    Append(ref head, ref last, own);
                }

                var length = Math.Min(room.Length, bytes.Length);
                bytes[..length].CopyTo(room);
                room = room[length..];
                bytes = bytes[length..];
                ref var filled = ref arena.Metadata(last);
                filled.DataLength = (ushort)(filled.DataLength + length);
            }

            frame = from.Next;
        }

        if (head.IsNone)
        {
            head = TakePosted();
            Begin(head);
        }

        Describe(head, in described, arena.Metadata(head).DataOffset - described.DataOffset);
        packet.Source.Settle(packet.Head);
        return head;
    }

    private Span<byte> Begin(Frame own)
    {
        ref var metadata = ref arena.Metadata(own);
        metadata.DataOffset = (ushort)(LeastDataOffset + (own.Index % DataOffsetSteps * DataOffsetStep));
        metadata.DataLength = 0;
        return arena.Slot(own).Slice(metadata.DataOffset, CopiedFrameCapacity);
    }

    private void Append(ref Frame head, ref Frame last, Frame frame)
    {
        if (head.IsNone)
        {
            head = frame;
        }
        else
        {
            arena.Metadata(last).NextFragment = frame;
        }

        last = frame;
    }

    /// <param name="shift">By how much the head's data begins further into its slot than at the sender's.</param>
    private void Describe(Frame head, ref readonly WireDescriptor from, int shift)
    {
        ref var metadata = ref arena.Metadata(head);
        metadata.TotalLength = from.TotalLength;
        metadata.WirePackets = Math.Max((ushort)1, from.WirePackets);
        metadata.GsoSize = from.GsoSize;
        metadata.VlanTci = from.VlanTci;
        metadata.Flags |= from.Flags;
        metadata.Checksum = from.Checksum;
        if (from.Checksum == ChecksumState.Partial)
        {
            metadata.ChecksumStart = (ushort)(from.ChecksumStart + shift);
            metadata.ChecksumOffset = from.ChecksumOffset;
        }
        else if (!from.IsCorrupted && (options.Features & NicFeatures.ReceiveChecksum) != 0)
        {
            metadata.Checksum = ChecksumState.Unnecessary;
        }
    }
}
