using Millrace.Headers;
using Millrace.Memory;

namespace Millrace.Nics;

/// <summary>
/// The queue of an <see cref="IpNic"/>: what comes in lies in posted frames until the poll, what leaves stays in the stack's frames until its
/// owner takes it.
/// </summary>
internal sealed class IpQueue(int length) : NicQueue, IDisposable
{
    private const int DataOffset = 64;
    private const int FrameCapacity = Arena.Stride - DataOffset;

    private readonly Frame[] posted = new Frame[length];
    private readonly FixedQueue<Frame> arriving = new(length);
    private readonly FixedQueue<Frame> leaving = new(length);
    private readonly FixedQueue<Frame> completed = new(length);
    private readonly AutoResetEvent interrupt = new(false);
    private NicInterrupt? shared;
    private Arena arena = null!;
    private int postedCount;
    private int inUse;
    private bool isClosed;

    public int Arriving => arriving.Count;

    public int Leaving => leaving.Count;

    public override int RingSize => length;

    public override int Vacant => isClosed ? 0 : length - postedCount - inUse;

    public override int TransmitRoom => isClosed ? 0 : length - leaving.Count - completed.Count;

    public override long Missed => 0;

    public override long NextEvent => arriving.Count > 0 || completed.Count > 0 ? 0 : long.MaxValue;

    public int NextLength => leaving.Count == 0 ? 0 : arena.Metadata(leaving.First).TotalLength - EthernetHeader.Length;

    public void Attach(Arena owner) => arena = owner;

    public override void Post(ReadOnlySpan<Frame> empty)
    {
        if (empty.Length > Vacant)
        {
            Throw.ReceiveRingFull(RingSize);
        }

        empty.CopyTo(posted.AsSpan(postedCount));
        postedCount += empty.Length;
    }

    public bool TryPut(ReadOnlySpan<byte> packet)
    {
        var total = EthernetHeader.Length + packet.Length;
        var needed = (total + FrameCapacity - 1) / FrameCapacity;
        if (isClosed || needed > postedCount || arriving.Count == length)
        {
            return false;
        }

        var type = packet[0] >> 4 == 6 ? EtherType.Ipv6 : EtherType.Ipv4;
        Frame head = Frame.None, last = Frame.None;
        for (var room = FrameCapacity - EthernetHeader.Length; head.IsNone || !packet.IsEmpty; room = FrameCapacity)
        {
            var frame = posted[--postedCount];
            inUse++;
            ref var metadata = ref arena.Metadata(frame);
            metadata.NextFragment = Frame.None;
            var count = Math.Min(room, packet.Length);
            var before = FrameCapacity - room;
            metadata.DataOffset = DataOffset;
            metadata.DataLength = (ushort)(before + count);
            var data = Arena.Data(in metadata);
            packet[..count].CopyTo(data[before..]);
            packet = packet[count..];
            if (head.IsNone)
            {
                EthernetHeader.Write(data, IpNic.Own, IpNic.Everybody, type);
                head = frame;
            }
            else
            {
                arena.Metadata(last).NextFragment = frame;
            }

            last = frame;
        }

        ref var described = ref arena.Metadata(head);
        described.TotalLength = total;
        described.WirePackets = 1;
        described.Checksum = ChecksumState.None;
        arriving.Enqueue(head);
        Wake();
        return true;
    }

    /// <param name="destination">As long as the packet.</param>
    public void Take(Span<byte> destination)
    {
        var packet = leaving.Dequeue();
        PacketBytes.CopyTo(arena, packet, arena.Metadata(packet).DataOffset + EthernetHeader.Length, destination);
        completed.Enqueue(packet);
    }

    public override int Receive(Span<Frame> packets, long now)
    {
        var count = 0;
        while (count < packets.Length && arriving.Count > 0)
        {
            var head = arriving.Dequeue();
            for (var frame = head; !frame.IsNone; frame = arena.Metadata(frame).NextFragment)
            {
                arena.Metadata(frame).Holders = Holders.Loop;
                inUse--;
            }

            packets[count++] = head;
        }

        return count;
    }

    public override int Transmit(ReadOnlySpan<Frame> packets, long now)
    {
        var count = Math.Min(packets.Length, TransmitRoom);
        for (var i = 0; i < count; i++)
        {
            ref var metadata = ref arena.Metadata(packets[i]);
            var isIp = EthernetHeader.Type(Arena.Data(ref metadata)) is EtherType.Ipv4 or EtherType.Ipv6;
            (isIp ? leaving : completed).Enqueue(packets[i]);
        }

        return count;
    }

    public override int Reclaim(Span<Frame> packets, long now)
    {
        var count = 0;
        while (count < packets.Length && completed.Count > 0)
        {
            packets[count++] = completed.Dequeue();
        }

        return count;
    }

    public override bool Wait(TimeSpan timeout) => arriving.Count > 0 || interrupt.WaitOne(timeout);

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

    public override bool TryShare(NicInterrupt interrupt)
    {
        shared = interrupt;
        return true;
    }

    public override bool TryBeginSleep(ref TimeSpan timeout) => arriving.Count == 0;

    public override void Drain()
    {
        isClosed = true;
        while (postedCount > 0)
        {
            arena.Release(posted[--postedCount], Holders.ReceiveRing);
        }

        while (arriving.Count > 0)
        {
            arena.ReleaseChain(arriving.Dequeue(), Holders.ReceiveRing);
        }

        while (leaving.Count > 0)
        {
            arena.ReleaseChain(leaving.Dequeue(), Holders.TransmitRing);
        }

        while (completed.Count > 0)
        {
            arena.ReleaseChain(completed.Dequeue(), Holders.TransmitRing);
        }
    }

    public void Dispose() => interrupt.Dispose();
}
