using Millrace.Memory;

namespace Millrace.Nics;

/// <summary>What the wire noted of a frame when it was transmitted, as a NIC's descriptor does; the lower half is the head's.</summary>
internal struct WireDescriptor
{
    public ushort DataOffset;
    public ushort DataLength;
    public Frame Next;
    public Frame Head;

    public int FrameCount;

    /// <summary>Frames that have still to come back before the packet is complete.</summary>
    public int Outstanding;
    public int TotalLength;
    public ushort ChecksumStart;
    public ushort ChecksumOffset;
    public ushort GsoSize;
    public ushort WirePackets;
    public ushort VlanTci;
    public uint Hash;
    public ChecksumState Checksum;
    public FrameFlags Flags;

    /// <summary>A bit was changed, so nobody vouches for the checksum.</summary>
    public bool IsCorrupted;
}

/// <summary>
/// Packets on the wire whose bytes lie in one arena, by frame: the sender's, or the wire's own. What came back is kept apart by a lock
/// of its own, which is taken last.
/// </summary>
internal abstract class WireSource(Arena arena, bool concurrent) : IFrameLender
{
    protected Lock? Exclusion { get; } = concurrent ? new Lock() : null;

    /// <summary>The lock, if there is one.</summary>
    protected readonly ref struct Entry
    {
        private readonly Lock? exclusion;

        public Entry(Lock? exclusion)
        {
            this.exclusion = exclusion;
            exclusion?.Enter();
        }

        public void Dispose() => exclusion?.Exit();
    }

    private readonly WireDescriptor[] descriptors = new WireDescriptor[arena.Capacity + 1];

    public Arena Arena { get; } = arena;

    public ref WireDescriptor this[Frame frame] => ref descriptors[frame.Index];

    /// <summary>Notes a packet as it is now.</summary>
    /// <param name="rss">How the receiving end hashes it; none if it does not.</param>
    public void Describe(Frame head, bool isCorrupted, RssTable? rss)
    {
        var count = 0;
        for (var frame = head; !frame.IsNone;)
        {
            ref var metadata = ref Arena.Metadata(frame);
            ref var descriptor = ref descriptors[frame.Index];
            descriptor.DataOffset = metadata.DataOffset;
            descriptor.DataLength = metadata.DataLength;
            descriptor.Next = metadata.NextFragment;
            descriptor.Head = head;
            frame = metadata.NextFragment;
            count++;
        }

        ref var facts = ref Arena.Metadata(head);
        ref var described = ref descriptors[head.Index];
        described.FrameCount = count;
        described.Outstanding = count;
        described.TotalLength = facts.TotalLength;
        described.ChecksumStart = facts.ChecksumStart;
        described.ChecksumOffset = facts.ChecksumOffset;
        described.GsoSize = facts.GsoSize;
        described.WirePackets = facts.WirePackets;
        described.VlanTci = facts.VlanTci;
        described.Checksum = facts.Checksum;
        described.Hash = rss is null ? 0 : rss.Hash.OfPacket(Arena, head);
        described.IsCorrupted = isCorrupted;
        described.Flags = facts.Flags & (FrameFlags.Ecn | FrameFlags.FixedIpId);
    }

    /// <summary>A frame that was lent has come back, on the thread of whoever had it.</summary>
    public void Return(Frame lent) => Settle(descriptors[lent.Index].Head, 1);

    /// <summary>A packet is done with, without its frames having been lent.</summary>
    public void Settle(Frame head) => Settle(head, descriptors[head.Index].FrameCount);

    protected abstract void Complete(Frame head);

    private void Settle(Frame head, int frames)
    {
        if (Exclusion is null)
        {
            SettleAlone(head, frames);
            return;
        }

        lock (Exclusion)
        {
            SettleAlone(head, frames);
        }
    }

    private void SettleAlone(Frame head, int frames)
    {
        ref var descriptor = ref descriptors[head.Index];
        descriptor.Outstanding -= frames;
        if (descriptor.Outstanding == 0)
        {
            Complete(head);
        }
    }
}

/// <summary>Packets that lie in the sender's frames; they go back to it by Reclaim.</summary>
internal sealed class SenderSource(Arena arena, bool concurrent, WireQueue owner) : WireSource(arena, concurrent)
{
    private readonly FixedQueue<Frame> completed = new(arena.Capacity);
    private long accepted;
    private long completions;
    private bool closed;

    public int CompletedCount
    {
        get
        {
            using var entry = new Entry(Exclusion);
            return completed.Count;
        }
    }

    public void Accept() => accepted++;

    /// <summary>Takes packets that are complete.</summary>
    /// <returns>How many were written to <paramref name="packets"/>.</returns>
    public int TakeCompleted(Span<Frame> packets)
    {
        using var entry = new Entry(Exclusion);
        var count = Math.Min(packets.Length, completed.Count);
        for (var i = 0; i < count; i++)
        {
            packets[i] = completed.Dequeue();
        }

        return count;
    }

    /// <summary>A packet of which nothing was lent is complete.</summary>
    public void CompleteNow(Frame head)
    {
        using var entry = new Entry(Exclusion);
        Complete(head);
    }

    protected override void Complete(Frame head)
    {
        completions++;
        if (!closed)
        {
            completed.Enqueue(head);
            owner.Interrupt();
            return;
        }

        Arena.ReleaseChain(head, Holders.TransmitRing);
        if (completions == accepted)
        {
            Arena.EndRetention();
        }
    }

    /// <summary>
    /// The sender ends: what is complete is released. Frames the receiver still looks at are released when it frees them,
    /// and keep the arena's memory until then.
    /// </summary>
    public void Close()
    {
        using var entry = new Entry(Exclusion);
        if (closed)
        {
            return;
        }

        while (completed.Count > 0)
        {
            Arena.ReleaseChain(completed.Dequeue(), Holders.TransmitRing);
        }

        closed = true;
        if (completions < accepted)
        {
            Arena.Retain();
        }
    }
}

/// <summary>Packets that lie in the wire's own memory because the sender's must not be touched, or is not to be waited for.</summary>
internal sealed class BufferSource(int frames, bool concurrent) : WireSource(new Arena(0, frames, 0), concurrent)
{
    private bool closed;

    /// <summary>A copy of a packet of another arena, or none if the memory is full.</summary>
    public Frame Copy(Arena sender, Frame packet)
    {
        using var entry = new Entry(Exclusion);
        return PacketReplica.Copy(sender, packet, Arena, Share.Reserve, Holders.TransmitRing);
    }

    protected override void Complete(Frame head)
    {
        Arena.ReleaseChain(head, Holders.TransmitRing);
        if (closed && Arena.FreeCount == Arena.Capacity)
        {
            Arena.Dispose();
        }
    }

    /// <summary>Frees the memory, or lets the last frame that is still looked at do it.</summary>
    public void Close()
    {
        using var entry = new Entry(Exclusion);
        closed = true;
        if (Arena.FreeCount == Arena.Capacity)
        {
            Arena.Dispose();
        }
    }
}
