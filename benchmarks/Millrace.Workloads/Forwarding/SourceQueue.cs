using Millrace.Memory;
using Millrace.Nics;

namespace Millrace.Workloads.Forwarding;

/// <summary>The queue of a <see cref="SourceNic{TLength}"/>.</summary>
internal sealed class SourceQueue<TLength>(SourceNic<TLength> nic, FrameSource source, Arena arena, BufferOrder order) : NicQueue
    where TLength : struct, IFrameLength
{
    private const int DataOffset = 64;
    private const int MostSent = 256;

    private readonly Frame[] posted = new Frame[order == BufferOrder.LastInFirstOut ? MostSent : 4096];
    private readonly Frame[] sent = new Frame[MostSent];
    private int postedHead;
    private int postedTail;
    private int sentCount;
    private int position;

    public override int RingSize => posted.Length;

    public override int Vacant => posted.Length - (postedTail - postedHead);

    public override int TransmitRoom => sent.Length - sentCount;

    public override long Missed => 0;

    public override void Post(Frame empty) => posted[postedTail++ & (posted.Length - 1)] = empty;

    public override int Receive(Span<Frame> packets, long now)
    {
        var count = Math.Min(packets.Length, postedTail - postedHead);
        for (var i = 0; i < count; i++)
        {
            var frame = order == BufferOrder.LastInFirstOut ? posted[--postedTail & (posted.Length - 1)] : posted[postedHead++ & (posted.Length - 1)];
            ref var metadata = ref arena.Metadata(frame);
            metadata.DataOffset = DataOffset;
            metadata.DataLength = (ushort)TLength.Bytes;
            metadata.TotalLength = TLength.Bytes;
            metadata.Holders = Holders.Loop;
            source.Bytes.AsSpan(position, TLength.Bytes).CopyTo(Arena.Data(ref metadata));
            position += source.Distance;
            if (position == source.Bytes.Length)
            {
                position = 0;
            }

            packets[i] = frame;
        }

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
        while (postedTail > postedHead)
        {
            arena.Release(posted[--postedTail & (posted.Length - 1)], Holders.ReceiveRing);
        }

        while (sentCount > 0)
        {
            arena.ReleaseChain(sent[--sentCount], Holders.TransmitRing);
        }
    }
}
