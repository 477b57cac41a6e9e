using Millrace.Memory;

namespace Millrace.Nics;

/// <summary>
/// Impairs what passes through another queue. Packets that are repeated or damaged are copied into frames of the reserve
/// (without a free one, nothing happens to them); one that is delayed counts for the ring it came from or goes to.
/// </summary>
internal sealed class ImpairedQueue : WrappedQueue
{
    private const int DelayedPackets = 256;

    private readonly Arena arena;
    private readonly Impairments receive;
    private readonly Impairments transmit;

    /// <summary>Packets kept back, in the order they are due, since all are kept equally long.</summary>
    private readonly FixedQueue<Delayed> delayedIn = new(DelayedPackets);
    private readonly FixedQueue<Delayed> delayedOut = new(DelayedPackets);
    private readonly FixedQueue<Frame> ready = new(DelayedPackets);
    private readonly FixedQueue<Frame> completed;
    private readonly bool[] isCopy;
    private readonly Frame[] single = new Frame[1];
    private long lastNow;
    private volatile bool masked;

    private readonly record struct Delayed(long Until, Frame Packet);

    public ImpairedQueue(NicQueue inner, Arena arena, Impairments receive, Impairments transmit)
        : base(inner)
    {
        this.arena = arena;
        this.receive = receive;
        this.transmit = transmit;
        completed = new FixedQueue<Frame>(arena.Capacity);
        isCopy = new bool[arena.Capacity + 1];
    }

    public ImpairmentCounters Received => receive.Counters;

    public ImpairmentCounters Transmitted => transmit.Counters;

    public override long NextEvent
    {
        get
        {
            if (completed.Count > 0 || ready.Count > 0)
            {
                return lastNow;
            }

            // what is overdue on its way out waits for room, and the inner queue knows when there is some
            var due = Math.Min(
                delayedIn.Count > 0 ? delayedIn.First.Until : long.MaxValue,
                delayedOut.Count > 0 && delayedOut.First.Until > lastNow ? delayedOut.First.Until : long.MaxValue);
            return Math.Min(due, Inner.NextEvent);
        }
    }

    public override int Receive(Span<Frame> packets, long now)
    {
        Advance(now);
        var count = 0;
        while (count < packets.Length && TryTakeDelayed(now, out packets[count]))
        {
            count++;
        }

        if (count == packets.Length)
        {
            return count;
        }

        var room = packets.Slice(count, Math.Min(packets.Length - count, DelayedPackets / 2));
        var arrived = Inner.Receive(room, now);
        for (var i = 0; i < arrived; i++)
        {
            // what is repeated makes the list longer than what was read: its end waits in the ready queue
            Admit(room[i], now);
        }

        while (count < packets.Length && ready.Count > 0)
        {
            packets[count++] = ready.Dequeue();
        }

        return count;
    }

    public override int Transmit(ReadOnlySpan<Frame> packets, long now)
    {
        Advance(now);
        var count = 0;
        while (count < packets.Length && TryTransmit(packets[count], now))
        {
            count++;
        }

        return count;
    }

    public override int Reclaim(Span<Frame> packets, long now)
    {
        Advance(now);
        var count = 0;
        while (count < packets.Length)
        {
            if (completed.Count > 0)
            {
                packets[count++] = completed.Dequeue();
                continue;
            }

            if (Inner.Reclaim(single, now) == 0)
            {
                break;
            }

            if (!ReleaseCopy(single[0]))
            {
                packets[count++] = single[0];
            }
        }

        return count;
    }

    public override void SetInterrupt(bool armed)
    {
        masked = !armed;
        Inner.SetInterrupt(armed);
    }

    public override bool Wait(TimeSpan timeout)
    {
        if (masked)
        {
            return Inner.Wait(timeout);
        }

        var next = NextEvent;
        if (next <= lastNow)
        {
            return true;
        }

        if (next == long.MaxValue)
        {
            return Inner.Wait(timeout);
        }

        var until = TimeSpan.FromMilliseconds(Math.Ceiling((next - lastNow) / 1e6));
        return timeout >= TimeSpan.Zero && timeout < until ? Inner.Wait(timeout) : Inner.Wait(until) || true;
    }

    public override bool TryBeginSleep(ref TimeSpan timeout)
    {
        if (masked)
        {
            return base.TryBeginSleep(ref timeout);
        }

        var next = NextEvent;
        if (next <= lastNow)
        {
            return false;
        }

        if (next != long.MaxValue)
        {
            var until = TimeSpan.FromTicks(((next - lastNow) / TimeSpan.NanosecondsPerTick) + 1);
            timeout = timeout >= TimeSpan.Zero && timeout < until ? timeout : until;
        }

        return base.TryBeginSleep(ref timeout);
    }

    public override void Drain()
    {
        while (delayedIn.Count > 0)
        {
            arena.ReleaseChain(delayedIn.Dequeue().Packet, Holders.ReceiveRing);
        }

        while (ready.Count > 0)
        {
            arena.ReleaseChain(ready.Dequeue(), Holders.Loop);
        }

        while (delayedOut.Count > 0)
        {
            arena.ReleaseChain(delayedOut.Dequeue().Packet, Holders.TransmitRing);
        }

        while (completed.Count > 0)
        {
            arena.ReleaseChain(completed.Dequeue(), Holders.TransmitRing);
        }

        Inner.Drain();
    }

    /// <summary>Sends what was kept back long enough.</summary>
    private void Advance(long now)
    {
        lastNow = Math.Max(lastNow, now);
        while (delayedOut.Count > 0 && delayedOut.First.Until <= now)
        {
            if (!PassOn(delayedOut.First.Packet, now))
            {
                break;
            }

            delayedOut.Dequeue();
        }
    }

    private bool TryTakeDelayed(long now, out Frame packet)
    {
        packet = Frame.None;
        if (ready.Count > 0)
        {
            packet = ready.Dequeue();
            return true;
        }

        if (delayedIn.Count == 0 || delayedIn.First.Until > now)
        {
            return false;
        }

        packet = delayedIn.Dequeue().Packet;
        arena.MoveChain(packet, Holders.ReceiveRing, Holders.Loop);
        return true;
    }

    private void Admit(Frame packet, long now)
    {
        var fate = receive.Next();
        if ((fate & Fate.Lost) != 0)
        {
            receive.CountLost();
            arena.ReleaseChain(packet, Holders.Loop);
            return;
        }

        if ((fate & Fate.Corrupted) != 0 && PacketReplica.Copy(arena, packet, arena, Share.Reserve, Holders.Loop) is { IsNone: false } damaged)
        {
            // a copy, because the bytes may be lent
            receive.CountCorrupted();
            arena.ReleaseChain(packet, Holders.Loop);
            packet = damaged;
            PacketReplica.FlipBit(arena, packet, receive.NextBit(arena.Metadata(packet).TotalLength));
        }

        if ((fate & Fate.Duplicated) != 0 && PacketReplica.Copy(arena, packet, arena, Share.Reserve, Holders.Loop) is { IsNone: false } second)
        {
            receive.CountDuplicated();
            ready.Enqueue(second);
        }

        if ((fate & Fate.Reordered) != 0 && delayedIn.Count < DelayedPackets)
        {
            receive.CountReordered();
            arena.MoveChain(packet, Holders.Loop, Holders.ReceiveRing);
            delayedIn.Enqueue(new Delayed(now + receive.ReorderNanoseconds, packet));
            return;
        }

        ready.Enqueue(packet);
    }

    private bool TryTransmit(Frame packet, long now)
    {
        if (TransmitRoom < 2)
        {
            // one for the packet, one for its copy
            return false;
        }

        var fate = transmit.Next();
        if ((fate & Fate.Lost) != 0)
        {
            transmit.CountLost();
            completed.Enqueue(packet);
            return true;
        }

        if ((fate & Fate.Corrupted) != 0 && TryCopy(packet, out var damaged))
        {
            transmit.CountCorrupted();
            PacketReplica.FlipBit(arena, damaged, transmit.NextBit(arena.Metadata(packet).TotalLength));
            completed.Enqueue(packet);
            packet = damaged;
        }

        if ((fate & Fate.Duplicated) != 0 && TryCopy(packet, out var second))
        {
            transmit.CountDuplicated();
            if (!PassOn(second, now))
            {
                ReleaseCopy(second);
            }
        }

        if ((fate & Fate.Reordered) != 0 && delayedOut.Count < DelayedPackets)
        {
            transmit.CountReordered();
            delayedOut.Enqueue(new Delayed(now + transmit.ReorderNanoseconds, packet));
            return true;
        }

        if (PassOn(packet, now))
        {
            return true;
        }

        // room was promised and then refused: the packet stays the caller's, unless it is complete already and this its copy
        if (!ReleaseCopy(packet))
        {
            return false;
        }

        transmit.CountLost();
        return true;
    }

    private bool PassOn(Frame packet, long now)
    {
        single[0] = packet;
        return Inner.Transmit(single, now) == 1;
    }

    private bool TryCopy(Frame packet, out Frame copy)
    {
        copy = PacketReplica.Copy(arena, packet, arena, Share.Reserve, Holders.TransmitRing);
        isCopy[copy.Index] = true;
        return !copy.IsNone;
    }

    private bool ReleaseCopy(Frame packet)
    {
        if (!isCopy[packet.Index])
        {
            return false;
        }

        isCopy[packet.Index] = false;
        arena.ReleaseChain(packet, Holders.TransmitRing);
        return true;
    }
}
