using Millrace.Memory;
using Millrace.Nics;

namespace Millrace.Stack.Tests.Attacks;

/// <summary>A NIC to whose wire somebody else has access: frames of his arrive among the others, and he may see what is sent.</summary>
internal sealed class SpoofingNic(Nic inner) : WrappedNic(inner)
{
    public const int Burst = 128;

    private SpoofingQueue? queue;

    /// <summary>Gets what is sent, as one piece of memory a packet; null looks at nothing.</summary>
    public Action<ReadOnlySpan<byte>>? Sent { get; set; }

    /// <summary>Frames that can be injected before the next poll.</summary>
    public int Room => queue!.Room;

    public override NicQueue Open(int queue, Arena arena) => this.queue = new SpoofingQueue(this, Inner.Open(queue, arena), arena);

    public void Inject(ReadOnlySpan<byte> frame) => queue!.Inject(frame);

    private sealed class SpoofingQueue(SpoofingNic nic, NicQueue inner, Arena arena) : WrappedQueue(inner)
    {
        private const int DataOffset = 64;

        private readonly Frame[] empty = new Frame[Burst];
        private readonly Frame[] arrived = new Frame[Burst];
        private readonly byte[] seen = new byte[70_000];
        private int emptyCount;
        private int arrivedCount;

        public override int RingSize => Inner.RingSize + Burst;

        public override int Vacant => Inner.Vacant + Burst - emptyCount - arrivedCount;

        public override long NextEvent => arrivedCount > 0 ? 0 : Inner.NextEvent;

        public int Room => emptyCount;

        public override void Post(ReadOnlySpan<Frame> empty)
        {
            var own = Math.Min(empty.Length, Burst - emptyCount - arrivedCount);
            empty[..own].CopyTo(this.empty.AsSpan(emptyCount));
            emptyCount += own;
            Inner.Post(empty[own..]);
        }

        public void Inject(ReadOnlySpan<byte> bytes)
        {
            var frame = empty[--emptyCount];
            ref var metadata = ref arena.Metadata(frame);
            metadata.DataOffset = DataOffset;
            metadata.DataLength = (ushort)bytes.Length;
            metadata.TotalLength = bytes.Length;
            metadata.Checksum = ChecksumState.None;
            bytes.CopyTo(Arena.Data(ref metadata));
            arrived[arrivedCount++] = frame;
        }

        public override int Receive(Span<Frame> packets, long now)
        {
            var count = Math.Min(arrivedCount, packets.Length);
            for (var i = 0; i < count; i++)
            {
                packets[i] = arrived[i];
                arena.Metadata(packets[i]).Holders = Holders.Loop;
            }

            arrived.AsSpan(count, arrivedCount - count).CopyTo(arrived);
            arrivedCount -= count;
            return count + Inner.Receive(packets[count..], now);
        }

        public override int Transmit(ReadOnlySpan<Frame> packets, long now)
        {
            if (nic.Sent is { } sent)
            {
                foreach (var packet in packets[..Math.Min(packets.Length, Inner.TransmitRoom)])
                {
                    var length = 0;
                    for (var frame = packet; !frame.IsNone; frame = arena.Metadata(frame).NextFragment)
                    {
                        arena.Data(frame).CopyTo(seen.AsSpan(length));
                        length += arena.Metadata(frame).DataLength;
                    }

                    sent(seen.AsSpan(0, length));
                }
            }

            return Inner.Transmit(packets, now);
        }

        public override void Drain()
        {
            arrived.AsSpan(0, arrivedCount).CopyTo(empty.AsSpan(emptyCount));
            emptyCount += arrivedCount;
            arrivedCount = 0;
            while (emptyCount > 0)
            {
                arena.Release(empty[--emptyCount], Holders.ReceiveRing);
            }

            Inner.Drain();
        }
    }
}
