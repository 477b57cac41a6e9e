using System.Runtime.CompilerServices;
using Millrace.Headers;
using Millrace.Memory;

namespace Millrace.Nics;

/// <summary>A packet on the wire: whose memory it lies in, and its first frame there.</summary>
internal readonly record struct WirePacket(WireSource Source, Frame Head);

/// <summary>
/// One way along a wire. A packet waits for its departure (bandwidth), travels (delay, ordered by arrival), and waits at the
/// far end until the receiver takes it. All of it happens under the wire's gate.
/// </summary>
internal sealed class WireDirection(MemoryWire wire, WireGate gate, ulong stream) : IDisposable
{
    private const int TcpDataOffsetOffset = 12;
    private const int NanosecondsPerSecond = 1_000_000_000;

    private readonly MemoryWireOptions options = wire.Options;
    private readonly Impairments impairments = new(wire.Options.Impairments, stream);
    private SenderSource? sender;
    private BufferSource? buffer;
    private FixedQueue<WirePacket> arrived = new(0);
    private FixedQueue<Departure> departures = new(0);
    private PriorityQueue<WirePacket, (long At, long Order)> travelling = new();
    private LentDepartures? lentDepartures;
    private long order;
    private long busyUntil = long.MinValue;
    private long sent;
    private long delivered;
    private long missed;
    private long tooLong;
    private long noCarrier;

    /// <summary>A packet that leaves at the time given; it is then complete if its bytes are not lent.</summary>
    private readonly record struct Departure(long At, Frame Head, bool Completes);

    public WireCounters Counters => new(sent, delivered, missed, tooLong, noCarrier, impairments.Counters);

    public long Missed => missed;

    /// <summary>The queue at the far end, once it is open.</summary>
    public WireQueue? Receiver { get; set; }

    /// <summary>Frames the receiver has posted and not yet got back.</summary>
    public int Posted { get; set; }

    /// <summary>The latest time that either end has told.</summary>
    public long Now { get; private set; } = long.MinValue;

    /// <summary>Packets the sender may add: its ring holds what has not departed, and what a receiver that pauses it has no frames for.</summary>
    public int Room => Math.Max(0, options.RingSize - departures.Count - (options.FlowControl ? Math.Max(0, arrived.Count - Posted) : 0));

    public int ArrivedCount => arrived.Count;

    public WirePacket FirstArrived => arrived.First;

    public int CompletedCount => sender?.CompletedCount ?? 0;

    /// <summary>Packets that have departed and are lent, if anybody asked for them.</summary>
    public int DepartedCount => lentDepartures?.Count ?? 0;

    public int TakeDeparted(Span<Frame> packets)
    {
        lentDepartures ??= new LentDepartures(sender!.Arena.Capacity);
        return lentDepartures.Take(packets);
    }

    public void OpenSender(Arena arena, WireQueue owner)
    {
        sender = new SenderSource(arena, gate, owner);
        var mayDelay = options.DelayNanoseconds > 0 || options.BandwidthBitsPerSecond > 0 || options.Impairments.Reorder > 0;
        if (options.Impairments.Corruption > 0 || options.Impairments.Duplication > 0 || (options.Mode == WireMode.Copying && mayDelay))
        {
            buffer = new BufferSource(options.BufferFrames, gate);
        }

        var capacity = arena.Capacity + (buffer?.Arena.Capacity ?? 0);
        arrived = new FixedQueue<WirePacket>(capacity);
        departures = new FixedQueue<Departure>(options.RingSize);
        travelling = new PriorityQueue<WirePacket, (long, long)>(capacity);
    }

    /// <summary>Takes one packet of the sender; there must be <see cref="Room"/>.</summary>
    public void Send(Frame packet, long now)
    {
        RequireOffered(packet);
        sent++;
        sender!.Accept();
        var departsAt = Depart(packet, now);
        if (!wire.IsUp)
        {
            noCarrier++;
            CompleteAt(departsAt, packet, now);
            return;
        }

        if (IsTooLong(packet))
        {
            tooLong++;
            CompleteAt(departsAt, packet, now);
            return;
        }

        var fate = impairments.Next();
        if ((fate & Fate.Lost) != 0)
        {
            impairments.CountLost();
            CompleteAt(departsAt, packet, now);
            return;
        }

        Launch(packet, fate, departsAt, now);
    }

    private void Launch(Frame packet, Fate fate, long departsAt, long now)
    {
        var arrivesAt = departsAt + options.DelayNanoseconds;
        if ((fate & Fate.Reordered) != 0)
        {
            impairments.CountReordered();
            arrivesAt += impairments.ReorderNanoseconds;
        }

        var onWire = new WirePacket(sender!, packet);
        var corrupt = (fate & Fate.Corrupted) != 0;
        if (corrupt || (options.Mode == WireMode.Copying && arrivesAt > now))
        {
            var copy = buffer!.Copy(sender!.Arena, packet);
            if (!copy.IsNone)
            {
                onWire = new WirePacket(buffer, copy);
            }
            else if (corrupt)
            {
                // there is no room to damage a copy, and the sender's bytes must not be touched: it is damaged beyond recognition
                impairments.CountLost();
                CompleteAt(departsAt, packet, now);
                return;
            }
        }

        if (corrupt)
        {
            impairments.CountCorrupted();
            PacketReplica.FlipBit(buffer!.Arena, onWire.Head, impairments.NextBit(sender!.Arena.Metadata(packet).TotalLength));
        }

        onWire.Source.Describe(onWire.Head, corrupt);
        if (ReferenceEquals(onWire.Source, sender))
        {
            Occupy(departsAt, packet, now);
        }
        else
        {
            CompleteAt(departsAt, packet, now);
        }

        if ((fate & Fate.Duplicated) != 0 && buffer!.Copy(onWire.Source.Arena, onWire.Head) is { IsNone: false } duplicate)
        {
            // a copy in any mode: whoever gets the first may have rewritten its headers before the second is read
            impairments.CountDuplicated();
            buffer.Describe(duplicate, corrupt);
            Travel(new WirePacket(buffer, duplicate), arrivesAt, now);
        }

        Travel(onWire, arrivesAt, now);
    }

    /// <summary>Brings the wire up to date: departures that are over, arrivals that are due.</summary>
    public void Advance(long now)
    {
        Now = Math.Max(Now, now);
        CompleteDepartures(now);
        while (travelling.TryPeek(out var packet, out var due) && due.At <= now)
        {
            travelling.Dequeue();
            Arrive(packet);
        }
    }

    private void CompleteDepartures(long now)
    {
        while (departures.Count > 0 && departures.First.At <= now)
        {
            var departed = departures.Dequeue();
            if (departed.Completes)
            {
                sender!.CompleteNow(departed.Head);
            }
            else
            {
                lentDepartures?.Add(departed.Head);
            }
        }
    }

    public WirePacket TakeArrived()
    {
        delivered++;
        return arrived.Dequeue();
    }

    public void DropArrived()
    {
        missed++;
        var packet = arrived.Dequeue();
        packet.Source.Settle(packet.Head);
    }

    public Frame TakeCompleted()
    {
        var head = sender!.TakeCompleted();
        lentDepartures?.Forget(head);
        return head;
    }

    public long NextDeparture => departures.Count > 0 ? departures.First.At : long.MaxValue;

    public long NextArrival => travelling.TryPeek(out _, out var due) ? due.At : long.MaxValue;

    /// <summary>The link went down: whatever is on its way is lost.</summary>
    public void Cut()
    {
        while (arrived.Count > 0)
        {
            noCarrier++;
            var packet = arrived.Dequeue();
            packet.Source.Settle(packet.Head);
        }

        while (travelling.TryDequeue(out var packet, out _))
        {
            noCarrier++;
            packet.Source.Settle(packet.Head);
        }

        busyUntil = long.MinValue;
        CompleteDepartures(long.MaxValue);
    }

    /// <summary>The sender ends: its packets that nobody has seen yet are gone.</summary>
    public void CloseSender()
    {
        Cut();
        sender?.Close();
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

    private void Arrive(WirePacket packet)
    {
        if (!options.FlowControl && arrived.Count >= Posted + options.RingSize)
        {
            missed++;
            packet.Source.Settle(packet.Head);
            return;
        }

        arrived.Enqueue(packet);
    }

    private void CompleteAt(long departsAt, Frame packet, long now)
    {
        if (departsAt <= now)
        {
            sender!.CompleteNow(packet);
        }
        else
        {
            departures.Enqueue(new Departure(departsAt, packet, Completes: true));
        }
    }

    private void Occupy(long departsAt, Frame packet, long now)
    {
        if (departsAt > now)
        {
            departures.Enqueue(new Departure(departsAt, packet, Completes: false));
        }
        else
        {
            lentDepartures?.Add(packet);
        }
    }

    private long Depart(Frame packet, long now)
    {
        if (options.BandwidthBitsPerSecond == 0)
        {
            return now;
        }

        var bits = (Int128)SerialisedLength(packet) * 8 * NanosecondsPerSecond;
        busyUntil = Math.Max(busyUntil, now) + (long)(bits / options.BandwidthBitsPerSecond);
        return busyUntil;
    }

    /// <summary>Bytes on a real wire, where every segment of an unsegmented packet has headers of its own.</summary>
    private int SerialisedLength(Frame packet)
    {
        ref var metadata = ref sender!.Arena.Metadata(packet);
        return metadata.TotalLength + (Math.Max(1, (int)metadata.WirePackets) - 1) * HeaderLength(packet, ref metadata);
    }

    private int HeaderLength(Frame packet, ref readonly FrameMetadata metadata)
    {
        const int plainTcpOverIpv4 = EthernetHeader.Length + 20 + 20;
        var dataOffset = metadata.ChecksumStart + TcpDataOffsetOffset;
        if (metadata.Checksum != ChecksumState.Partial || dataOffset >= metadata.DataOffset + metadata.DataLength)
        {
            return plainTcpOverIpv4;
        }

        return metadata.ChecksumStart - metadata.DataOffset + ((sender!.Arena.Slot(packet)[dataOffset] >> 4) * 4);
    }

    private bool IsTooLong(Frame packet)
    {
        // a VLAN tag does not count, as on any Ethernet
        const int linkLength = EthernetHeader.Length + 4;
        ref var metadata = ref sender!.Arena.Metadata(packet);
        var length = metadata.GsoSize == 0 ? metadata.TotalLength : metadata.GsoSize + HeaderLength(packet, ref metadata);
        return length > wire.Mtu + linkLength;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void RequireOffered(Frame packet)
    {
        ref var metadata = ref sender!.Arena.Metadata(packet);
        if (metadata.GsoSize != 0 && (options.Features & NicFeatures.TcpSegmentation) == 0)
        {
            Throw.NotOffered(nameof(NicFeatures.TcpSegmentation));
        }

        if (!metadata.NextFragment.IsNone && (options.Features & NicFeatures.ScatterGather) == 0)
        {
            Throw.NotOffered(nameof(NicFeatures.ScatterGather));
        }

        if (metadata.Checksum == ChecksumState.Partial && (options.Features & NicFeatures.TransmitChecksum) == 0)
        {
            Throw.NotOffered(nameof(NicFeatures.TransmitChecksum));
        }
    }
}
