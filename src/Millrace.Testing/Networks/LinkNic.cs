using Millrace.Headers;
using Millrace.Memory;
using Millrace.Nics;

namespace Millrace.Testing.Networks;

/// <summary>
/// An attachment to a <see cref="Link"/>: a NIC without offloads, whose transmits are complete when they have left the link's buffer or were
/// lost before it.
/// </summary>
public sealed class LinkNic : Nic
{
    public const int MinimumMtu = 68;

    /// <summary>A packet lies in one frame.</summary>
    public const int MaximumMtu = 1_980;

    private readonly Link link;
    private readonly LinkSide side;
    private readonly LinkQueue queue;
    private bool isOpen;

    internal LinkNic(Link link, LinkSide side, MacAddress address, int ringSize)
    {
        this.link = link;
        this.side = side;
        Address = address;
        queue = new LinkQueue(this, ringSize);
    }

    public override NicFeatures Features => NicFeatures.ScatterGather;

    public override MacAddress Address { get; }

    public override int Mtu => link.Mtu;

    public override bool IsLinkUp => link.State != LinkState.Down;

    public override int Revision => link.CarrierChanges;

    public override int QueueCount => 1;

    /// <summary>Writes what passes, both ways and as the stack sees it, in the network's time; best to pcapng, which knows directions.</summary>
    public CaptureWriter? Capture { get; set; }

    public override NicQueue Open(int queue, Arena arena)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(queue, 0);
        ArgumentNullException.ThrowIfNull(arena);
        if (isOpen)
        {
            throw new InvalidOperationException("A NIC of a link is for one stack: make another by LinkSide.NewNic.");
        }

        isOpen = true;
        this.queue.Attach(arena);
        return this.queue;
    }

    internal void Arrive(byte[] frame, long at) => queue.Arrive(frame, at);

    internal long Send(byte[] frame, long now)
    {
        Capture?.Write(now, frame, direction: CaptureDirection.Outbound);
        return side.Outgoing.Enter(frame, this, now);
    }
}

/// <summary>The queue of a <see cref="LinkNic"/>.</summary>
internal sealed class LinkQueue(LinkNic nic, int ringSize) : NicQueue
{
    /// <summary>Where data begins: the network header behind 14 bytes of Ethernet is aligned.</summary>
    private const int DataOffset = 66;

    private readonly Frame[] posted = new Frame[ringSize];
    private readonly PriorityQueue<byte[], (long At, long Order)> arriving = new();
    private readonly Queue<(Frame Packet, long DoneAt)> sent = [];
    private Arena arena = null!;
    private int postedCount;
    private long order;
    private long missed;
    private bool isClosed;

    public override int RingSize => ringSize;

    public override int Vacant => isClosed ? 0 : ringSize - postedCount;

    public override int TransmitRoom => isClosed ? 0 : ringSize - sent.Count;

    public override long Missed => missed;

    public override long NextEvent => Math.Min(
        arriving.TryPeek(out _, out var first) ? first.At : long.MaxValue,
        sent.TryPeek(out var oldest) ? oldest.DoneAt : long.MaxValue);

    public void Attach(Arena owner) => arena = owner;

    public void Arrive(byte[] frame, long at)
    {
        if (!isClosed)
        {
            arriving.Enqueue(frame, (at, order++));
        }
    }

    public override void Post(ReadOnlySpan<Frame> empty)
    {
        empty.CopyTo(posted.AsSpan(postedCount));
        postedCount += empty.Length;
    }

    /// <remarks>What comes at one instant waits for frames that a poll posts; what finds none at its beginning is missed, as by a ring of a card.</remarks>
    public override int Receive(Span<Frame> packets, long now)
    {
        var count = 0;
        var isEmpty = postedCount == 0;
        while (count < packets.Length && arriving.TryPeek(out var frame, out var arrival) && arrival.At <= now)
        {
            if (isEmpty)
            {
                arriving.Dequeue();
                missed++;
                continue;
            }

            if (postedCount == 0)
            {
                break;
            }

            arriving.Dequeue();
            nic.Capture?.Write(now, frame, direction: CaptureDirection.Inbound);
            packets[count++] = Fill(frame);
        }

        return count;
    }

    public override int Transmit(ReadOnlySpan<Frame> packets, long now)
    {
        var count = Math.Min(packets.Length, TransmitRoom);
        foreach (var packet in packets[..count])
        {
            sent.Enqueue((packet, nic.Send(Copy(packet), now)));
        }

        return count;
    }

    public override int Reclaim(Span<Frame> packets, long now)
    {
        var count = 0;
        while (count < packets.Length && sent.TryPeek(out var oldest) && oldest.DoneAt <= now)
        {
            packets[count++] = sent.Dequeue().Packet;
        }

        return count;
    }

    public override bool Wait(TimeSpan timeout) => arriving.Count > 0;

    public override void Wake()
    {
    }

    public override void Drain()
    {
        isClosed = true;
        arriving.Clear();
        while (postedCount > 0)
        {
            arena.Release(posted[--postedCount], Holders.ReceiveRing);
        }

        while (sent.TryDequeue(out var oldest))
        {
            arena.ReleaseChain(oldest.Packet, Holders.TransmitRing);
        }
    }

    private Frame Fill(byte[] bytes)
    {
        var frame = posted[--postedCount];
        bytes.CopyTo(arena.Slot(frame)[DataOffset..]);
        ref var metadata = ref arena.Metadata(frame);
        metadata.DataOffset = DataOffset;
        metadata.DataLength = (ushort)bytes.Length;
        metadata.TotalLength = bytes.Length;
        metadata.WirePackets = 1;
        metadata.Checksum = ChecksumState.None;
        metadata.NextFragment = Frame.None;
        metadata.Holders = Holders.Loop;
        return frame;
    }

    private byte[] Copy(Frame head)
    {
        var bytes = new byte[arena.Metadata(head).TotalLength];
        var length = 0;
        for (var frame = head; !frame.IsNone; frame = arena.Metadata(frame).NextFragment)
        {
            var piece = arena.Data(frame);
            piece.CopyTo(bytes.AsSpan(length));
            length += piece.Length;
        }

        return bytes;
    }
}
