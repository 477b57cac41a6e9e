using System.Runtime.CompilerServices;
using Millrace.Headers;
using Millrace.Memory;
using Millrace.Nics;

namespace Millrace.Workloads.Forwarding;

/// <summary>The NIC that frames to be routed come in by: copied from memory into the buffer that was freed last.</summary>
internal sealed class RouterSource(RouterFrames frames) : RouterNic(RouterAddresses.Inside)
{
    /// <summary>The packet that comes next.</summary>
    public int Position { get; set; }

    public override NicQueue Open(int queue, Arena arena) => new Queue(this, frames, arena);

    private sealed class Queue(RouterSource nic, RouterFrames frames, Arena arena) : RouterQueue(nic, arena)
    {
        private const int DataOffset = 64;

        // no ring: the arena gives what was freed last
        public override int RingSize => 0;

        public override int Vacant => 0;

        public override void Post(ReadOnlySpan<Frame> empty)
        {
        }

        public override int Receive(Span<Frame> packets, long now)
        {
            packets = packets.Slice(0, Arena.Allocate(packets, Share.Receive, Holders.Loop));
            var table = Arena.Frames;
            ReadOnlySpan<byte> pattern = frames.Frame.AsSpan(0, RouterFrames.FrameLength);
            var arrivals = frames.Arrivals;
            var position = nic.Position;
            foreach (var packet in packets)
            {
                var data = Millrace.Memory.Arena.SetData(ref table[packet.Index], DataOffset, RouterFrames.FrameLength);
                pattern.Slice(0, RouterFrames.FrameLength).CopyTo(data);
                ref var arrival = ref arrivals[position];
                Unsafe.WriteUnaligned(ref data[RouterFrames.DestinationAt], arrival.Destination);
                Unsafe.WriteUnaligned(ref data[RouterFrames.ChecksumAt], arrival.Checksum);
                position = (position + 1) & (RouterTraffic.Count - 1);
            }

            nic.Position = position;
            return packets.Length;
        }
    }
}

/// <summary>The NIC that they leave by: done at once with what it sends. Gateways behind it answer ARP while a pass inspects.</summary>
internal sealed class RouterSink() : RouterNic(RouterAddresses.Outside)
{
    /// <summary>Frames that the gateways send.</summary>
    public Queue<byte[]> Answers { get; } = [];

    public override NicQueue Open(int queue, Arena arena) => new SinkQueue(this, arena);

    private sealed class SinkQueue(RouterSink nic, Arena arena) : RouterQueue(nic, arena)
    {
        private readonly Queue<Frame> posted = [];

        public override int RingSize => 64;

        public override int Vacant => RingSize - posted.Count;

        public override void Post(ReadOnlySpan<Frame> empty)
        {
            foreach (var frame in empty)
            {
                posted.Enqueue(frame);
            }
        }

        public override int Receive(Span<Frame> packets, long now)
        {
            var count = 0;
            while (count < packets.Length && posted.Count > 0 && nic.Answers.TryDequeue(out var answer))
            {
                var frame = posted.Dequeue();
                ref var metadata = ref Arena.Metadata(frame);
                metadata.DataLength = (ushort)answer.Length;
                metadata.TotalLength = answer.Length;
                metadata.Holders = Holders.Loop;
                answer.CopyTo(Arena.Data(ref metadata));
                packets[count++] = frame;
            }

            return count;
        }

        public override void Drain()
        {
            while (posted.TryDequeue(out var frame))
            {
                Arena.Release(frame, Holders.ReceiveRing);
            }

            base.Drain();
        }
    }
}

/// <summary>What both have: packets that are sent are counted, shown to who inspects, and complete.</summary>
internal abstract class RouterNic(MacAddress address) : Nic
{
    public override NicFeatures Features => NicFeatures.None;

    public override MacAddress Address => address;

    public override int Mtu => 1500;

    public override bool IsLinkUp => true;

    public override int Revision => 0;

    public override int QueueCount => 1;

    /// <summary>Packets that were sent.</summary>
    public long Sent { get; set; }

    /// <summary>Sees every packet that is sent, while a pass checks.</summary>
    public Action<ReadOnlySpan<byte>>? Inspect { get; set; }
}

internal abstract class RouterQueue(RouterNic nic, Arena arena) : NicQueue
{
    private readonly Frame[] sent = new Frame[256];
    private int sentCount;

    protected Arena Arena => arena;

    public override int TransmitRoom => sent.Length - sentCount;

    public override long Missed => 0;

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
        while (sentCount > 0)
        {
            arena.ReleaseChain(sent[--sentCount], Holders.TransmitRing);
        }
    }
}
