using Millrace.Headers;
using Millrace.Memory;
using Millrace.Nics;

namespace Millrace.Testing.Traffic;

/// <summary>
/// A NIC with one queue whose other side is the test: what is injected arrives at the next poll, what the stack sends is kept
/// for the test to take. Nothing happens by itself, so two stacks on two of these see the same.
/// </summary>
/// <param name="features">What it claims to do; segmentation and checksums are left to whoever takes the frames.</param>
/// <param name="completionAfter">Nanoseconds until a transmit is complete and its frames come back.</param>
public sealed class ScriptedNic(
    MacAddress address, NicFeatures features = NicFeatures.None, int mtu = 1500, int ringSize = 256, long completionAfter = 0) : Nic
{
    private ScriptedQueue? queue;
    private bool isLinkUp = true;
    private int revision;

    public override NicFeatures Features { get; } = features;

    public override MacAddress Address { get; } = address;

    public override int Mtu { get; } = mtu;

    public override bool IsLinkUp => isLinkUp;

    public override int Revision => revision;

    public override int QueueCount => 1;

    /// <summary>Called with each packet that the stack hands over, before its frames complete.</summary>
    public Action<SentPacket>? Sent { get; set; }

    /// <summary>Packets the stack has handed over.</summary>
    public long SentCount { get; internal set; }

    /// <summary>
    /// Bytes of a frame of the arena that are filled before the next is begun, at least 128 so that headers stay together;
    /// 0 fills one frame only, as a card with large buffers does.
    /// </summary>
    public int SplitAt { get; init; }

    /// <summary>
    /// Lets a frame arrive; it is lost, and counted, if no empty frame waits for it. With
    /// <see cref="NicFeatures.ReceiveChecksum"/> it is vouched for if its transport checksum is right.
    /// </summary>
    public void Inject(ReadOnlySpan<byte> frame) => Queue.Inject(frame);

    /// <summary>Takes the link away or gives it back; the stack sees it in its next poll.</summary>
    public void SetLink(bool isUp)
    {
        isLinkUp = isUp;
        revision++;
    }

    public override NicQueue Open(int queue, Arena arena)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(queue, 0);
        ArgumentNullException.ThrowIfNull(arena);
        if (this.queue is not null)
        {
            throw new InvalidOperationException("The queue of a scripted NIC is open already: make a NIC for each stack.");
        }

        return this.queue = new ScriptedQueue(this, arena, ringSize, completionAfter);
    }

    private ScriptedQueue Queue => queue ?? throw new InvalidOperationException("No stack has opened this NIC yet: make the stack before the traffic.");
}

/// <summary>A packet a stack has handed to a <see cref="ScriptedNic"/>, whole.</summary>
/// <param name="Bytes">The bytes of all its frames, one behind the other.</param>
/// <param name="GsoSize">Payload bytes a segment if it is unsegmented, else 0.</param>
/// <param name="Checksum">Whether the transport checksum was left to the NIC.</param>
public sealed record SentPacket(byte[] Bytes, int WirePackets, int GsoSize, ChecksumState Checksum, long At)
{
    /// <summary>Index of the interface it left by, where a run has several.</summary>
    public int Interface { get; init; }

    public bool IsSame(SentPacket other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return Bytes.AsSpan().SequenceEqual(other.Bytes) && (WirePackets, GsoSize, Checksum, At, Interface) == (other.WirePackets, other.GsoSize, other.Checksum, other.At, other.Interface);
    }

    public override string ToString()
    {
        var unsegmented = GsoSize == 0 ? string.Empty : $" gso {GsoSize}x{WirePackets}";
        return $"{Packets.PacketText.Of(Bytes)}{unsegmented}{(Checksum == ChecksumState.Partial ? " partial" : string.Empty)}";
    }
}

/// <summary>The queue of a <see cref="ScriptedNic"/>. Rings are arrays: nothing is allocated unless somebody looks at what is sent.</summary>
internal sealed class ScriptedQueue(ScriptedNic nic, Arena arena, int ringSize, long completionAfter) : NicQueue
{
    /// <summary>Where data begins: an address divisible by 4 for the network header behind 14 bytes of Ethernet.</summary>
    private const int DataOffset = 66;

    private readonly Ring<Frame> posted = new(ringSize);
    private readonly Ring<Frame> arrived = new(ringSize);
    private readonly Ring<(Frame Packet, long DoneAt)> sent = new(ringSize);
    private long missed;

    public override int RingSize => ringSize;

    public override int Vacant => ringSize - posted.Count - arrived.Count;

    public override int TransmitRoom => ringSize - sent.Count;

    public override long Missed => missed;

    public override long NextEvent => arrived.Count > 0 ? 0 : sent.Count > 0 ? sent.Peek().DoneAt : long.MaxValue;

    public override void Post(ReadOnlySpan<Frame> empty)
    {
        foreach (var frame in empty)
        {
            posted.Add(frame);
        }
    }

    public void Inject(ReadOnlySpan<byte> bytes)
    {
        var room = nic.SplitAt == 0 ? Arena.Stride - DataOffset : Math.Clamp(nic.SplitAt, 128, Arena.Stride - DataOffset);
        var needed = Math.Max(1, (bytes.Length + room - 1) / room);
        if (posted.Count < needed || (nic.SplitAt == 0 && needed > 1))
        {
            missed++;
            return;
        }

        var head = Fill(bytes[..Math.Min(room, bytes.Length)]);
        var last = head;
        for (var done = room; done < bytes.Length; done += room)
        {
            var next = Fill(bytes.Slice(done, Math.Min(room, bytes.Length - done)));
            arena.Metadata(last).NextFragment = next;
            last = next;
        }

        ref var metadata = ref arena.Metadata(head);
        metadata.TotalLength = bytes.Length;
        metadata.WirePackets = 1;
        metadata.Checksum = Vouches(bytes) ? ChecksumState.Unnecessary : ChecksumState.None;
        arrived.Add(head);
    }

    private bool Vouches(ReadOnlySpan<byte> bytes) =>
        (nic.Features & NicFeatures.ReceiveChecksum) != 0 && Packets.Dissection.Of(bytes).IsTransportChecksumRight == true;

    private Frame Fill(ReadOnlySpan<byte> bytes)
    {
        var frame = posted.Take();
        bytes.CopyTo(arena.Slot(frame)[DataOffset..]);
        ref var metadata = ref arena.Metadata(frame);
        metadata.DataOffset = DataOffset;
        metadata.DataLength = (ushort)bytes.Length;
        return frame;
    }

    public override int Receive(Span<Frame> packets, long now)
    {
        var count = Math.Min(packets.Length, arrived.Count);
        for (var i = 0; i < count; i++)
        {
            packets[i] = arrived.Take();
            arena.MoveChain(packets[i], Holders.ReceiveRing, Holders.Loop);
        }

        return count;
    }

    public override int Transmit(ReadOnlySpan<Frame> packets, long now)
    {
        var count = Math.Min(packets.Length, TransmitRoom);
        for (var i = 0; i < count; i++)
        {
            sent.Add((packets[i], now + completionAfter));
            nic.SentCount++;
            nic.Sent?.Invoke(Copy(packets[i], now));
        }

        return count;
    }

    public override int Reclaim(Span<Frame> packets, long now)
    {
        var count = 0;
        while (count < packets.Length && sent.Count > 0 && sent.Peek().DoneAt <= now)
        {
            packets[count++] = sent.Take().Packet;
        }

        return count;
    }

    public override bool Wait(TimeSpan timeout) => arrived.Count > 0;

    public override void Wake()
    {
    }

    public override void Drain()
    {
        while (posted.Count > 0)
        {
            arena.ReleaseChain(posted.Take(), Holders.ReceiveRing);
        }

        while (arrived.Count > 0)
        {
            arena.ReleaseChain(arrived.Take(), Holders.ReceiveRing);
        }

        while (sent.Count > 0)
        {
            arena.ReleaseChain(sent.Take().Packet, Holders.TransmitRing);
        }
    }

    private SentPacket Copy(Frame head, long now)
    {
        var metadata = arena.Metadata(head);
        var bytes = new byte[metadata.TotalLength];
        var length = 0;
        for (var frame = head; !frame.IsNone; frame = arena.Metadata(frame).NextFragment)
        {
            var piece = arena.Data(frame);
            piece.CopyTo(bytes.AsSpan(length));
            length += piece.Length;
        }

        return length == bytes.Length
            ? new SentPacket(bytes, metadata.WirePackets, metadata.GsoSize, metadata.Checksum, now)
            : throw new InvalidOperationException($"A packet says that it has {bytes.Length} bytes, but its frames have {length}.");
    }

    private sealed class Ring<T>(int capacity)
    {
        private readonly T[] items = new T[capacity];
        private int head;

        public int Count { get; private set; }

        public void Add(T item)
        {
            if (Count == items.Length)
            {
                throw new InvalidOperationException("A ring of a scripted NIC was given more than it has room for.");
            }

            items[(head + Count++) % items.Length] = item;
        }

        public T Peek() => items[head];

        public T Take()
        {
            var item = items[head];
            head = (head + 1) % items.Length;
            Count--;
            return item;
        }
    }
}
