using Millrace.Headers;
using Millrace.Interop;
using Millrace.Memory;

namespace Millrace.Nics;

/// <summary>A queue of a TAP. Writing copies, so a packet is complete as soon as the kernel has taken it.</summary>
internal sealed class TapQueue : NicQueue
{
    /// <summary>Where data begins, varied by frame as in <see cref="WireQueue"/>.</summary>
    private const int LeastDataOffset = 64;
    private const int DataOffsetStep = 64;
    private const int DataOffsetSteps = 5;
    private const int FrameCapacity = Arena.Stride - LeastDataOffset - (DataOffsetStep * (DataOffsetSteps - 1));
    private const int LargestPacket = 65536 + EthernetHeader.Length + 4;
    private const int LinkLength = EthernetHeader.Length + 4;
    private const int TcpDataOffsetOffset = 12;

    private readonly TapNic nic;
    private readonly TapDevice device;
    private readonly Arena arena;
    private readonly FixedQueue<Frame> completed;
    private readonly int ringSize;
    private readonly bool takesLarge;
    private NicInterrupt? shared;
    private bool blocked;
    private volatile bool masked;
    private bool closed;
    private long missed;
    private long refused;
    private long down;
    private long malformed;

    public TapQueue(TapNic nic, TapDevice device, Arena arena)
    {
        this.nic = nic;
        this.device = device;
        this.arena = arena;
        ringSize = nic.Options.RingSize;
        const NicFeatures large = NicFeatures.ReceiveChecksum | NicFeatures.TcpSegmentation;
        takesLarge = nic.Options.LargeReceive && (nic.Features & large) == large;
        completed = new FixedQueue<Frame>(ringSize);
    }

    public override int RingSize => ringSize;

    public override int Vacant => closed ? 0 : ringSize - device.PostedCount;

    public override long Missed => missed;

    public override int TransmitRoom => closed ? 0 : ringSize - completed.Count;

    public TapCounters Counters => new(missed, refused, down, malformed);

    public override void Post(ReadOnlySpan<Frame> empty)
    {
        if (empty.Length > Vacant)
        {
            Throw.ReceiveRingFull(ringSize);
        }

        foreach (var frame in empty)
        {
            ref var metadata = ref arena.Metadata(frame);
            metadata.DataOffset = (ushort)(LeastDataOffset + (frame.Index % DataOffsetSteps * DataOffsetStep));
            device.Post(frame, in metadata);
        }
    }

    public override int Receive(Span<Frame> packets, long now)
    {
        nic.LookIfDue(now);
        var count = 0;
        var frames = ((takesLarge ? LargestPacket : nic.Mtu + LinkLength) + FrameCapacity - 1) / FrameCapacity;

        // a packet that finds too few frames is lost, so what may not fit waits in the kernel until the ring is filled again
        while (count < packets.Length && !closed && device.PostedCount >= (count == 0 ? 1 : frames))
        {
            var length = device.Receive(frames, out var header);
            if (length < 0)
            {
                if (-length is Errno.BadAddress or Errno.Invalid)
                {
                    // the packet is gone: it was longer than the frames posted (tun_put_user)
                    missed++;
                    continue;
                }

                if (-length == Errno.Interrupted)
                {
                    continue;
                }

                break;
            }

            var packet = Take(length);
            if (TryDescribe(packet, length, in header))
            {
                packets[count++] = packet;
            }
            else
            {
                malformed++;
                arena.ReleaseChain(packet, Holders.Loop);
            }
        }

        return count;
    }

    public override int Transmit(ReadOnlySpan<Frame> packets, long now)
    {
        blocked = false;
        var count = 0;
        while (count < packets.Length && TransmitRoom > 0)
        {
            var packet = packets[count];
            var error = device.Transmit(arena, packet, HeaderOf(packet));
            switch (error < 0 ? -error : 0)
            {
                case 0:
                    break;
                case Errno.Interrupted:
                    continue;
                case Errno.TryAgain:
                    blocked = true;
                    return count;
                case Errno.InputOutput:
                    down++;
                    break;
                default:
                    refused++;
                    break;
            }

            completed.Enqueue(packet);
            count++;
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

    public override void SetInterrupt(bool armed)
    {
        masked = !armed;
        if (shared is null)
        {
            device.SetInterrupt(armed);
        }
        else if (armed)
        {
            // a shared sleep that began without this queue begins again with it
            shared.Set();
        }
    }

    public override bool Wait(TimeSpan timeout) => (completed.Count > 0 && !masked) || closed || device.Wait(timeout, blocked);

    public override void Wake()
    {
        if (shared is null)
        {
            device.Wake();
        }
        else
        {
            shared.Set();
        }
    }

    public override bool TryShare(NicInterrupt interrupt)
    {
        ArgumentNullException.ThrowIfNull(interrupt);
        shared = interrupt;
        return true;
    }

    public override bool TryBeginSleep(ref TimeSpan timeout)
    {
        if (closed || (completed.Count > 0 && !masked))
        {
            return false;
        }

        if (!masked)
        {
            shared!.Watch(device.Descriptor, blocked);
        }

        return true;
    }

    /// <summary>The descriptor is about to go; frames stay in the rings until <see cref="Drain"/>.</summary>
    public void Close() => closed = true;

    public override void Drain()
    {
        closed = true;
        while (device.PostedCount > 0)
        {
            arena.Release(device.TakePosted(), Holders.ReceiveRing);
        }

        while (completed.Count > 0)
        {
            arena.ReleaseChain(completed.Dequeue(), Holders.TransmitRing);
        }
    }

    /// <summary>Takes the frames that were filled; those that were not stay posted.</summary>
    private Frame Take(int length)
    {
        Frame head = Frame.None, last = Frame.None;
        var left = length;
        do
        {
            var frame = device.TakePosted();
            ref var metadata = ref arena.Metadata(frame);
            metadata.Holders = Holders.Loop;
            metadata.NextFragment = Frame.None;
            metadata.DataLength = (ushort)Math.Min(left, Arena.Stride - metadata.DataOffset);
            left -= metadata.DataLength;
            if (head.IsNone)
            {
                head = frame;
            }
            else
            {
                arena.Metadata(last).NextFragment = frame;
            }

            last = frame;
        }
        while (left > 0);
        return head;
    }

    private bool TryDescribe(Frame packet, int length, in VirtioNetHeader header)
    {
        ref var metadata = ref arena.Metadata(packet);
        metadata.TotalLength = length;
        metadata.WirePackets = 1;
        metadata.Checksum = (header.Flags & VirtioNetHeader.DataValid) != 0 ? ChecksumState.Unnecessary : ChecksumState.None;
        if ((header.Flags & VirtioNetHeader.NeedsChecksum) != 0)
        {
            if (header.ChecksumStart + header.ChecksumOffset + sizeof(ushort) > metadata.DataLength)
            {
                return false;
            }

            metadata.Checksum = ChecksumState.Partial;
            metadata.ChecksumStart = (ushort)(metadata.DataOffset + header.ChecksumStart);
            metadata.ChecksumOffset = header.ChecksumOffset;
        }

        return header.GsoType == VirtioNetHeader.GsoNone || TryDescribeUnsegmented(packet, ref metadata, in header);
    }

    private bool TryDescribeUnsegmented(Frame packet, ref FrameMetadata metadata, in VirtioNetHeader header)
    {
        if ((header.GsoType & ~VirtioNetHeader.GsoEcn) != VirtioNetHeader.GsoTcp4 || header.GsoSize == 0
            || metadata.Checksum != ChecksumState.Partial || header.ChecksumStart + TcpDataOffsetOffset >= metadata.DataLength)
        {
            return false;
        }

        var payload = metadata.TotalLength - HeaderLength(packet, in metadata);
        if (payload <= 0)
        {
            return false;
        }

        metadata.GsoSize = header.GsoSize;
        metadata.WirePackets = (ushort)((payload + header.GsoSize - 1) / header.GsoSize);
        if ((header.GsoType & VirtioNetHeader.GsoEcn) != 0)
        {
            metadata.Flags |= FrameFlags.Ecn;
        }

        return true;
    }

    private VirtioNetHeader HeaderOf(Frame packet)
    {
        ref var metadata = ref arena.Metadata(packet);
        var header = default(VirtioNetHeader);
        if (metadata.Checksum != ChecksumState.Partial)
        {
            return header;
        }

        header.Flags = VirtioNetHeader.NeedsChecksum;
        header.ChecksumStart = (ushort)(metadata.ChecksumStart - metadata.DataOffset);
        header.ChecksumOffset = metadata.ChecksumOffset;
        if (metadata.GsoSize != 0)
        {
            header.GsoType = (byte)(VirtioNetHeader.GsoTcp4 | ((metadata.Flags & FrameFlags.Ecn) != 0 ? VirtioNetHeader.GsoEcn : 0));
            header.GsoSize = metadata.GsoSize;
            header.HeaderLength = (ushort)HeaderLength(packet, in metadata);
        }

        return header;
    }

    /// <summary>Bytes of every header up to the TCP payload of a packet whose checksum is partial.</summary>
    private int HeaderLength(Frame packet, ref readonly FrameMetadata metadata)
    {
        var dataOffset = arena.Slot(packet)[metadata.ChecksumStart + TcpDataOffsetOffset] >> 4;
        return metadata.ChecksumStart - metadata.DataOffset + (dataOffset * 4);
    }
}
