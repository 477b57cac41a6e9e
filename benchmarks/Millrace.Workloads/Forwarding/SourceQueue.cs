using Millrace.Memory;
using Millrace.Nics;

namespace Millrace.Workloads.Forwarding;

/// <summary>The queue of a <see cref="SourceNic{TLength}"/>.</summary>
internal sealed class SourceQueue<TLength>(SourceNic<TLength> nic, FrameSource source, Arena arena, BufferOrder order) : NicQueue
    where TLength : struct, IFrameLength
{
    private const int DataOffset = 64;
    private const int MostSent = 256;

    // posted buffers are filled in their order; without a ring the arena gives what was freed last
    private readonly Frame[] posted = new Frame[order == BufferOrder.FirstInFirstOut ? 4096 : 0];
    private readonly Frame[] sent = new Frame[MostSent];
    private int postedCount;
    private int postedAt;
    private int sentCount;
    private int position;

    public override int RingSize => posted.Length;

    public override int Vacant => posted.Length - postedCount;

    public override int TransmitRoom => sent.Length - sentCount;

    public override long Missed => 0;

    public override void Post(ReadOnlySpan<Frame> empty)
    {
        foreach (var frame in empty)
        {
            posted[(postedAt + postedCount++) & (posted.Length - 1)] = frame;
        }
    }

    public override int Receive(Span<Frame> packets, long now)
    {
        packets = packets.Slice(0, order == BufferOrder.FirstInFirstOut ? TakePosted(packets) : arena.Allocate(packets, Share.Receive, Holders.Loop));
        var frames = arena.Frames;
        ReadOnlySpan<byte> bytes = source.Bytes;
        var distance = source.Distance;
        var position = this.position;
        foreach (var packet in packets)
        {
            var data = Arena.SetData(ref frames[packet.Index], DataOffset, TLength.Bytes);
            bytes.Slice(position, TLength.Bytes).CopyTo(data);
            position += distance;
            if (position >= bytes.Length)
            {
                position = 0;
            }
        }

        this.position = position;
        return packets.Length;
    }

    private int TakePosted(Span<Frame> packets)
    {
        var count = Math.Min(packets.Length, postedCount);
        for (var i = 0; i < count; i++)
        {
            packets[i] = posted[postedAt++ & (posted.Length - 1)];
            arena.Metadata(packets[i]).Holders = Holders.Loop;
        }

        postedCount -= count;
        return count;
    }

    public override int Transmit(ReadOnlySpan<Frame> packets, long now)
    {
        if (nic.Inspect is { } inspect)
        {
            foreach (var packet in packets)
            {
                inspect(arena.Data(packet));
            }
        }

        packets.CopyTo(sent.AsSpan(sentCount));
        sentCount += packets.Length;
        nic.Sent += packets.Length;
        return packets.Length;
    }

    public override int Reclaim(Span<Frame> packets, long now)
    {
        var count = Math.Min(packets.Length, sentCount);
        sent.AsSpan(sentCount - count, count).CopyTo(packets);
        sentCount -= count;
        return count;
    }

    public override bool Wait(TimeSpan timeout) => true;

    public override void Wake()
    {
    }

    public override void Drain()
    {
        for (; postedCount > 0; postedCount--)
        {
            arena.Release(posted[postedAt++ & (posted.Length - 1)], Holders.ReceiveRing);
        }

        while (sentCount > 0)
        {
            arena.ReleaseChain(sent[--sentCount], Holders.TransmitRing);
        }
    }
}
