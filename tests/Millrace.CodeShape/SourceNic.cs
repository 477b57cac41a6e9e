using Millrace.Headers;
using Millrace.Memory;
using Millrace.Nics;

namespace Millrace.CodeShape;

/// <summary>A NIC that always has packets: those of a script, again and again. What is sent is complete at once.</summary>
/// <param name="script">Frames with right addresses; TCP sequence numbers go on from round to round if asked.</param>
public sealed class SourceNic(byte[][] script) : Nic
{
    public override NicFeatures Features => NicFeatures.ReceiveChecksum | NicFeatures.TransmitChecksum | NicFeatures.ScatterGather;

    public override MacAddress Address => Packets.Local;

    public override int Mtu => 1500;

    public override bool IsLinkUp => true;

    public override int Revision => 0;

    public override int QueueCount => 1;

    public override NicQueue Open(int queue, Arena arena) => new SourceQueue(arena, script);
}

internal sealed class SourceQueue(Arena arena, byte[][] script) : NicQueue
{
    private const int DataOffset = 64;

    private readonly Frame[] posted = new Frame[512];
    private readonly Frame[] sent = new Frame[512];
    private int postedCount;
    private int sentCount;
    private int next;

    public override int RingSize => posted.Length;

    public override int Vacant => posted.Length - postedCount;

    public override int TransmitRoom => sent.Length - sentCount;

    public override long Missed => 0;

    public override void Post(ReadOnlySpan<Frame> empty)
    {
        empty.CopyTo(posted.AsSpan(postedCount));
        postedCount += empty.Length;
    }

    public override int Receive(Span<Frame> packets, long now)
    {
        var count = Math.Min(packets.Length, postedCount);
        for (var i = 0; i < count; i++)
        {
            var frame = posted[--postedCount];
            ref var metadata = ref arena.Metadata(frame);
            var bytes = script[next];
            next = next + 1 == script.Length ? 0 : next + 1;
            metadata.DataOffset = DataOffset;
            metadata.DataLength = (ushort)bytes.Length;
            metadata.TotalLength = bytes.Length;
            metadata.Checksum = ChecksumState.Unnecessary;
            metadata.Holders = Holders.Loop;
            bytes.CopyTo(Arena.Data(ref metadata));
            packets[i] = frame;
        }

        return count;
    }

    public override int Transmit(ReadOnlySpan<Frame> packets, long now)
    {
        packets.CopyTo(sent.AsSpan(sentCount));
        sentCount += packets.Length;
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
        while (postedCount > 0)
        {
            arena.Release(posted[--postedCount], Holders.ReceiveRing);
        }

        while (sentCount > 0)
        {
            arena.ReleaseChain(sent[--sentCount], Holders.TransmitRing);
        }
    }
}
