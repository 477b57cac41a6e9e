using System.Runtime.CompilerServices;
using Millrace.Headers;
using Millrace.Memory;

namespace Millrace.Nics;

/// <summary>
/// One queue's packets on their way into a wire, until they have departed. Under the gate of its direction, but what is complete;
/// on a wire where every packet departs at once, all of it is its worker's alone.
/// </summary>
internal sealed class WireSender(MemoryWireOptions options, Arena arena, WireQueue owner, RssTable? rss)
{
    private const int TcpDataOffsetOffset = 12;

    private readonly FixedQueue<Departure> departures = new(options.RingSize);
    private LentDepartures? lentDepartures;
    private bool closed;

    /// <summary>A packet that leaves at the time given; it is then complete if its bytes are not lent.</summary>
    private readonly record struct Departure(long At, Frame Head, bool Completes);

    public SenderSource Source { get; } = new(arena, options.Concurrent, owner);

    public WireQueue Queue { get; } = owner;

    public int WaitingCount => departures.Count;

    public long NextDeparture => departures.Count > 0 ? departures.First.At : long.MaxValue;

    /// <summary>Packets that have departed and are lent, if anybody asked for them.</summary>
    public int DepartedCount => lentDepartures?.Count ?? 0;

    /// <summary>Packets sent by a direct wire.</summary>
    public long SentDirectly { get; private set; }

    /// <summary>The queue is closed; set before the gates of all receivers are entered.</summary>
    public bool IsClosed
    {
        get => Volatile.Read(ref closed);
        set => Volatile.Write(ref closed, value);
    }

    public void CountSentDirectly(int packets) => SentDirectly += packets;

    /// <summary>Notes packets as they are; what the wire does not take of them is noted again when it is offered again.</summary>
    public void Describe(ReadOnlySpan<Frame> packets)
    {
        foreach (var packet in packets)
        {
            Describe(packet);
        }
    }

    /// <summary>Notes a packet as it is.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Describe(Frame packet)
    {
        RequireOffered(packet);
        Source.Describe(packet, isCorrupted: false, rss);
    }

    public int TakeDeparted(Span<Frame> packets)
    {
        lentDepartures ??= new LentDepartures(arena.Capacity);
        return lentDepartures.Take(packets);
    }

    public int TakeCompleted(Span<Frame> packets)
    {
        var count = Source.TakeCompleted(packets);
        if (lentDepartures is { } lent)
        {
            foreach (var head in packets.Slice(0, count))
            {
                lent.Forget(head);
            }
        }

        return count;
    }

    /// <summary>The packet is complete when it has departed.</summary>
    public void CompleteAt(long departsAt, Frame packet, long now)
    {
        if (departsAt <= now)
        {
            Source.CompleteNow(packet);
        }
        else
        {
            departures.Enqueue(new Departure(departsAt, packet, Completes: true));
        }
    }

    /// <summary>The packet is lent, and out of the ring when it has departed.</summary>
    public void Occupy(long departsAt, Frame packet, long now)
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

    public void CompleteDepartures(long now)
    {
        while (departures.Count > 0 && departures.First.At <= now)
        {
            var departed = departures.Dequeue();
            if (departed.Completes)
            {
                Source.CompleteNow(departed.Head);
            }
            else
            {
                lentDepartures?.Add(departed.Head);
            }
        }
    }

    /// <summary>Bytes on a real wire, where every segment of an unsegmented packet has headers of its own.</summary>
    public int SerialisedLength(Frame packet)
    {
        ref var metadata = ref arena.Metadata(packet);
        return metadata.TotalLength + (Math.Max(1, (int)metadata.WirePackets) - 1) * HeaderLength(packet, ref metadata);
    }

    public bool IsTooLong(Frame packet, int mtu)
    {
        // a VLAN tag does not count, as on any Ethernet
        const int linkLength = EthernetHeader.Length + 4;
        ref var metadata = ref arena.Metadata(packet);
        var length = metadata.GsoSize == 0 ? metadata.TotalLength : metadata.GsoSize + HeaderLength(packet, ref metadata);
        return length > mtu + linkLength;
    }

    private int HeaderLength(Frame packet, ref readonly FrameMetadata metadata)
    {
        const int plainTcpOverIpv4 = EthernetHeader.Length + 20 + 20;
        var dataOffset = metadata.ChecksumStart + TcpDataOffsetOffset;
        if (metadata.Checksum != ChecksumState.Partial || dataOffset >= metadata.DataOffset + metadata.DataLength)
        {
            return plainTcpOverIpv4;
        }

        return metadata.ChecksumStart - metadata.DataOffset + ((arena.Slot(packet)[dataOffset] >> 4) * 4);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void RequireOffered(Frame packet)
    {
        ref var metadata = ref arena.Metadata(packet);
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
