using Millrace.Memory;

namespace Millrace.Nics;

/// <summary>The queue of a capture that is played: the reader is always one packet ahead.</summary>
internal sealed class PcapQueue : NicQueue
{
    private const int DataOffset = 64;
    private const int FrameCapacity = Arena.Stride - DataOffset;

    private readonly CaptureReader reader;
    private readonly PcapNicOptions options;
    private readonly Frame[] posted;
    private readonly FixedQueue<Frame> completed;
    private readonly AutoResetEvent interrupt = new(false);
    private NicInterrupt? shared;
    private Arena arena = null!;
    private int postedCount;
    private volatile bool masked;
    private long? startedAt;
    private readonly long firstTimestamp;
    private long lastNow;
    private bool isClosed;

    public PcapQueue(CaptureReader reader, PcapNicOptions options)
    {
        this.reader = reader;
        this.options = options;
        posted = new Frame[options.RingSize];
        completed = new FixedQueue<Frame>(options.RingSize);
        startedAt = options.StartAt;
        ReadAhead();
        firstTimestamp = IsAtEnd ? 0 : reader.Current.Timestamp;
    }

    public bool IsAtEnd { get; private set; }

    public CaptureFormatException? Failure { get; private set; }

    public long Played { get; private set; }

    public long Skipped { get; private set; }

    public long CutShort { get; private set; }

    public override int RingSize => options.RingSize;

    public override int Vacant => isClosed ? 0 : posted.Length - postedCount;

    public override int TransmitRoom => isClosed ? 0 : options.RingSize - completed.Count;

    public override long Missed => 0;

    /// <summary>0 if it is not known yet when the replay begins.</summary>
    public override long NextEvent
    {
        get
        {
            if (completed.Count > 0)
            {
                return lastNow;
            }

            return IsAtEnd || isClosed || postedCount < FramesFor(reader.Data.Length) ? long.MaxValue : DueAt;
        }
    }

    private long DueAt => options.Timing == ReplayTiming.AsFastAsPossible ? lastNow
        : startedAt is { } start ? start + Math.Max(0, reader.Current.Timestamp - firstTimestamp) : 0;

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

    public override int Receive(Span<Frame> packets, long now)
    {
        lastNow = Math.Max(lastNow, now);
        startedAt ??= now;
        var count = 0;
        while (count < packets.Length && !isClosed && !IsAtEnd && DueAt <= now)
        {
            var needed = FramesFor(reader.Data.Length);
            if (needed > posted.Length)
            {
                // no ring of this size can ever hold it
                Skipped++;
                ReadAhead();
                continue;
            }

            if (needed > postedCount)
            {
                break;
            }

            packets[count++] = Play();
            ReadAhead();
        }

        return count;
    }

    public override int Transmit(ReadOnlySpan<Frame> packets, long now)
    {
        lastNow = Math.Max(lastNow, now);
        var count = Math.Min(packets.Length, TransmitRoom);
        for (var i = 0; i < count; i++)
        {
            if (options.Transmitted is not null)
            {
                PacketCapture.Write(options.Transmitted, arena, packets[i], TimestampOf(now), 0, CaptureDirection.Outbound);
            }

            completed.Enqueue(packets[i]);
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
        if (armed)
        {
            Wake();
        }
    }

    public override bool Wait(TimeSpan timeout)
    {
        if (masked)
        {
            return interrupt.WaitOne(timeout);
        }

        var next = NextEvent;
        if (next <= lastNow)
        {
            return true;
        }

        var wait = timeout;
        if (next != long.MaxValue)
        {
            var until = TimeSpan.FromMilliseconds(Math.Ceiling((next - lastNow) / 1e6));
            wait = timeout < TimeSpan.Zero || until < timeout ? until : timeout;
        }

        return interrupt.WaitOne(wait) || wait != timeout;
    }

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

    public override bool TryBeginSleep(ref TimeSpan timeout)
    {
        if (masked)
        {
            return true;
        }

        var next = NextEvent;
        if (next <= lastNow)
        {
            return false;
        }

        if (next != long.MaxValue)
        {
            var until = TimeSpan.FromMilliseconds(Math.Ceiling((next - lastNow) / 1e6));
            timeout = timeout < TimeSpan.Zero || until < timeout ? until : timeout;
        }

        return true;
    }

    public override void Drain()
    {
        isClosed = true;
        while (postedCount > 0)
        {
            arena.Release(posted[--postedCount], Holders.ReceiveRing);
        }

        while (completed.Count > 0)
        {
            arena.ReleaseChain(completed.Dequeue(), Holders.TransmitRing);
        }
    }

    private static int FramesFor(int length) => Math.Max(1, (length + FrameCapacity - 1) / FrameCapacity);

    /// <summary>The capture's clock goes on in what is sent.</summary>
    private long TimestampOf(long now) => Math.Max(0, firstTimestamp + (startedAt is { } start ? now - start : 0));

    private Frame Play()
    {
        var bytes = reader.Data;
        Frame head = Frame.None, last = Frame.None;
        do
        {
            var frame = posted[--postedCount];
            ref var metadata = ref arena.Metadata(frame);
            metadata.Holders = Holders.Loop;
            metadata.NextFragment = Frame.None;
            metadata.DataOffset = DataOffset;
            metadata.DataLength = (ushort)Math.Min(FrameCapacity, bytes.Length);
            bytes[..metadata.DataLength].CopyTo(Arena.Data(in metadata));
            bytes = bytes[metadata.DataLength..];
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
        while (!bytes.IsEmpty);

        ref var described = ref arena.Metadata(head);
        described.TotalLength = reader.Data.Length;
        described.WirePackets = 1;
        described.Checksum = ChecksumState.None;
        Played++;
        CutShort += reader.Current.OriginalLength > reader.Data.Length ? 1 : 0;
        return head;
    }

    private void ReadAhead()
    {
        try
        {
            while (reader.Read())
            {
                var isWanted = options.Interface is not { } wanted || wanted == reader.Current.Interface;
                if (isWanted && reader.Current.LinkType == LinkType.Ethernet)
                {
                    return;
                }

                Skipped++;
            }
        }
        catch (CaptureFormatException exception)
        {
            Failure = exception;
        }

        IsAtEnd = true;
    }
}
