using System.Runtime.CompilerServices;
using Millrace.Memory;

namespace Millrace.Nics;

/// <summary>A packet on the wire: whose memory it lies in, and its first frame there.</summary>
internal readonly record struct WirePacket(WireSource Source, Frame Head);

/// <summary>
/// One way along a wire, from every queue of the one end to every queue of the other. A packet waits for its departure (bandwidth),
/// travels (delay, ordered by arrival), and waits at the far end until the receiver takes it. All of it happens under the gate, unless it
/// is a direct wire.
/// </summary>
internal sealed partial class WireDirection : IDisposable
{
    private const int NanosecondsPerSecond = 1_000_000_000;

    private readonly MemoryWire wire;
    private readonly MemoryWireOptions options;
    private readonly Impairments impairments;
    private readonly WireSender?[] senders;
    private readonly WireSteering steering;
    private readonly PriorityQueue<WirePacket, (long At, long Order)> travelling = new();
    private readonly RssTable? rss;
    private readonly bool canSendTwice;
    private BufferSource? buffer;
    private int capacity;
    private long order;
    private long busyUntil = long.MinValue;
    private long sent;
    private long delivered;
    private long tooLong;
    private long noCarrier;

    /// <param name="rss">How the receiving end spreads packets over its queues; none if it has but one and does not hash.</param>
    public WireDirection(MemoryWire wire, WireGate gate, ulong stream, int sendingQueues, int receivingQueues, RssTable? rss)
    {
        this.wire = wire;
        this.rss = rss;
        Gate = gate;
        options = wire.Options;
        impairments = new Impairments(options.Impairments, stream);
        senders = new WireSender?[sendingQueues];
        Receivers = new WireReceiver[receivingQueues];
        for (var i = 0; i < receivingQueues; i++)
        {
            Receivers[i] = new WireReceiver(i);
        }

        steering = new WireSteering(rss, Receivers);
        IsInstant = options is { DelayNanoseconds: 0, BandwidthBitsPerSecond: 0, Impairments.Reorder: 0 };
        IsDirect = IsInstant && options is { Concurrent: true, Impairments.Any: false };
        IsPlain = IsInstant && options is { Concurrent: false, Impairments.Any: false };
        fills = IsPlain && options.Mode == WireMode.Copying && sendingQueues == 1 && receivingQueues == 1 && rss is null;
        canSendTwice = options.Impairments.Duplication > 0;
    }

    public WireGate Gate { get; }

    /// <summary>A packet departs and arrives as soon as it is sent.</summary>
    public bool IsInstant { get; }

    /// <summary>Several queues send.</summary>
    public bool IsShared => senders.Length > 1;

    public WireReceiver[] Receivers { get; }

    public WireCounters Counters => new(
        sent + senders.Sum(static sender => sender?.SentDirectly ?? 0),
        delivered + Receivers.Sum(static receiver => receiver.Delivered),
        Receivers.Sum(static receiver => receiver.Missed),
        tooLong,
        noCarrier,
        impairments.Counters);

    /// <summary>The latest time that any queue has told.</summary>
    public long Now { get; private set; } = long.MinValue;

    public long NextArrival => travelling.TryPeek(out _, out var due) ? due.At : long.MaxValue;

    /// <summary>Packets a queue may add: its ring holds what has not departed, and what a receiver that pauses it has no frames for.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Room(WireSender sender)
    {
        if (Receivers.Length == 1 && !IsDirect)
        {
            return Math.Max(0, options.RingSize - sender.WaitingCount - (options.FlowControl ? Receivers[0].Surplus : 0));
        }

        return RoomOfAll(sender);
    }

    private int RoomOfAll(WireSender sender)
    {
        var surplus = 0;
        if (options.FlowControl && !(IsDirect && Volatile.Read(ref pausing) == 0))
        {
            foreach (var receiver in Receivers)
            {
                surplus = Math.Max(surplus, receiver.Surplus);
            }
        }

        return Math.Max(0, options.RingSize - sender.WaitingCount - surplus);
    }

    /// <summary>
    /// Takes packets of the sender while there is room. Each takes at most one place of it, so it is looked at once a burst; when it is used
    /// up, what really was taken may have been less.
    /// </summary>
    /// <param name="describes">Whether they have still to be described.</param>
    /// <returns>How many were taken.</returns>
    public int Send(WireSender sender, ReadOnlySpan<Frame> packets, bool describes, long now)
    {
        if (IsPlain && wire.IsUp)
        {
            return SendPlainly(sender, packets);
        }

        var count = 0;
        var room = 0;
        while (count < packets.Length)
        {
            if (room == 0)
            {
                room = canSendTwice ? Math.Min(1, Room(sender)) : Room(sender);
                if (room == 0)
                {
                    break;
                }
            }

            var packet = packets[count];
            if (describes)
            {
                sender.Describe(packet);
            }

            Send(sender, packet, now);
            count++;
            room--;
        }

        return count;
    }

    public WireSender OpenSender(int queue, Arena arena, WireQueue owner)
    {
        var sender = new WireSender(options, arena, owner, rss);
        senders[queue] = sender;
        capacity += arena.Capacity;
        if (buffer is null && (options.Impairments.Corruption > 0 || options.Impairments.Duplication > 0 || (options.Mode == WireMode.Copying && !IsInstant)))
        {
            buffer = new BufferSource(options.BufferFrames, options.Concurrent);
            capacity += options.BufferFrames;
        }

        foreach (var receiver in Receivers)
        {
            using var entry = Enter(receiver);
            receiver.Grow(capacity);
        }

        travelling.EnsureCapacity(capacity);
        return sender;
    }

    /// <summary>Takes one packet of the sender, as it was described; there must be <see cref="Room"/>.</summary>
    private void Send(WireSender sender, Frame packet, long now)
    {
        sent++;
        sender.Source.Accept();
        var departsAt = Depart(sender, packet, now);
        if (!wire.IsUp)
        {
            noCarrier++;
            sender.CompleteAt(departsAt, packet, now);
            return;
        }

        if (sender.IsTooLong(packet, wire.Mtu))
        {
            tooLong++;
            sender.CompleteAt(departsAt, packet, now);
            return;
        }

        var fate = impairments.Next();
        if ((fate & Fate.Lost) != 0)
        {
            impairments.CountLost();
            sender.CompleteAt(departsAt, packet, now);
            return;
        }

        Launch(sender, packet, fate, departsAt, now);
    }

    private void Launch(WireSender sender, Frame packet, Fate fate, long departsAt, long now)
    {
        var arrivesAt = departsAt + options.DelayNanoseconds;
        if ((fate & Fate.Reordered) != 0)
        {
            impairments.CountReordered();
            arrivesAt += impairments.ReorderNanoseconds;
        }

        var onWire = new WirePacket(sender.Source, packet);
        var corrupt = (fate & Fate.Corrupted) != 0;
        if (corrupt || (options.Mode == WireMode.Copying && arrivesAt > now))
        {
            var copy = buffer!.Copy(sender.Source.Arena, packet);
            if (!copy.IsNone)
            {
                onWire = new WirePacket(buffer, copy);
            }
            else if (corrupt)
            {
                // there is no room to damage a copy, and the sender's bytes must not be touched: it is damaged beyond recognition
                impairments.CountLost();
                sender.CompleteAt(departsAt, packet, now);
                return;
            }
        }

        if (corrupt)
        {
            impairments.CountCorrupted();
            PacketReplica.FlipBit(buffer!.Arena, onWire.Head, impairments.NextBit(sender.Source.Arena.Metadata(packet).TotalLength));
        }

        if (ReferenceEquals(onWire.Source, sender.Source))
        {
            sender.Occupy(departsAt, packet, now);
        }
        else
        {
            // a damaged packet may have become one of another flow
            onWire.Source.Describe(onWire.Head, corrupt, rss);
            sender.CompleteAt(departsAt, packet, now);
        }

        if ((fate & Fate.Duplicated) != 0 && buffer!.Copy(onWire.Source.Arena, onWire.Head) is { IsNone: false } duplicate)
        {
            // a copy in any mode: whoever gets the first may have rewritten its headers before the second is read
            impairments.CountDuplicated();
            buffer.Describe(duplicate, corrupt, rss);
            Travel(new WirePacket(buffer, duplicate), arrivesAt, now);
        }

        Travel(onWire, arrivesAt, now);
    }

    /// <summary>Brings the wire up to date: departures that are over, arrivals that are due.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Advance(long now)
    {
        Now = Math.Max(Now, now);
        if (!IsInstant)
        {
            AdvanceTimed(now);
        }
    }

    private void AdvanceTimed(long now)
    {
        CompleteDepartures(now);
        while (travelling.TryPeek(out var packet, out var due) && due.At <= now)
        {
            travelling.Dequeue();
            Arrive(packet);
        }
    }

    private void CompleteDepartures(long now)
    {
        foreach (var sender in senders)
        {
            sender?.CompleteDepartures(now);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public WirePacket TakeArrived(WireReceiver receiver)
    {
        delivered++;
        return receiver.Take();
    }

    /// <summary>The link went down: whatever is on its way is lost.</summary>
    public void Cut()
    {
        LoseFilled();
        foreach (var receiver in Receivers)
        {
            using var entry = Enter(receiver);
            Interlocked.Add(ref noCarrier, receiver.Lose(source: null));
        }

        while (travelling.TryDequeue(out var packet, out _))
        {
            noCarrier++;
            packet.Source.Settle(packet.Head);
        }

        busyUntil = long.MinValue;
        CompleteDepartures(long.MaxValue);
    }

    /// <summary>A queue of the sender ends: its packets that nobody has seen yet are gone.</summary>
    public void CloseSender(WireSender sender)
    {
        if (!IsShared)
        {
            Cut();
        }
        else
        {
            Withdraw(sender);
        }

        sender.Source.Close();
    }

    private void Withdraw(WireSender sender)
    {
        EnterAll();
        foreach (var receiver in Receivers)
        {
            Interlocked.Add(ref noCarrier, receiver.Lose(sender.Source));
        }

        steering.AwaitAll();
        ExitAll();
        var others = travelling.UnorderedItems.Where(item => !ReferenceEquals(item.Element.Source, sender.Source)).ToArray();
        foreach (var (packet, _) in travelling.UnorderedItems)
        {
            if (ReferenceEquals(packet.Source, sender.Source))
            {
                noCarrier++;
                packet.Source.Settle(packet.Head);
            }
        }

        travelling.Clear();
        travelling.EnqueueRange(others);
        sender.CompleteDepartures(long.MaxValue);
    }

    public void CloseReceiver(WireReceiver receiver)
    {
        // with but one queue, packets wait for whoever sends them to end, as they do before it is open
        if (Receivers.Length > 1)
        {
            using var entry = Enter(receiver);
            receiver.Close();
        }
    }

    public void Dispose() => buffer?.Close();

    private void Travel(WirePacket packet, long arrivesAt, long now)
    {
        if (arrivesAt <= now)
        {
            Arrive(packet);
        }
        else
        {
            travelling.Enqueue(packet, (arrivesAt, order++));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Arrive(WirePacket packet)
    {
        var receiver = steering.For(packet);
        if (receiver.IsClosed || (!options.FlowControl && receiver.ArrivedCount >= receiver.Posted + options.RingSize))
        {
            receiver.Miss(packet);
            return;
        }

        receiver.Give(packet);
    }

    private long Depart(WireSender sender, Frame packet, long now)
    {
        if (options.BandwidthBitsPerSecond == 0)
        {
            return now;
        }

        var bits = (Int128)sender.SerialisedLength(packet) * 8 * NanosecondsPerSecond;
        busyUntil = Math.Max(busyUntil, now) + (long)(bits / options.BandwidthBitsPerSecond);
        return busyUntil;
    }
}
