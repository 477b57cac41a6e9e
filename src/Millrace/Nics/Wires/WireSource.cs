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
    public ChecksumState Checksum;
    public FrameFlags Flags;

    /// <summary>A bit was changed, so nobody vouches for the checksum.</summary>
    public bool IsCorrupted;
}

/// <summary>Packets on the wire whose bytes lie in one arena, by frame: the sender's, or the wire's own.</summary>
internal abstract class WireSource(Arena arena, WireGate gate) : IFrameLender
{
    private readonly WireDescriptor[] descriptors = new WireDescriptor[arena.Capacity + 1];

    public Arena Arena { get; } = arena;

    public ref WireDescriptor this[Frame frame] => ref descriptors[frame.Index];

    /// <summary>Notes a packet as it is now.</summary>
    public void Describe(Frame head, bool isCorrupted)
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
        described.IsCorrupted = isCorrupted;
        described.Flags = facts.Flags & (FrameFlags.Ecn | FrameFlags.FixedIpId);
    }

    /// <summary>A frame that was lent has come back, on the thread of whoever had it.</summary>
    public void Return(Frame lent)
    {
        if (!gate.Concurrent)
        {
            Settle(descriptors[lent.Index].Head, 1);
            return;
        }

        using var entry = gate.Enter();
        Settle(descriptors[lent.Index].Head, 1);
    }

    /// <summary>A packet is done with, without its frames having been lent.</summary>
    public void Settle(Frame head) => Settle(head, descriptors[head.Index].FrameCount);

    protected abstract void Complete(Frame head);

    private void Settle(Frame head, int frames)
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
internal sealed class SenderSource(Arena arena, WireGate gate, WireQueue owner) : WireSource(arena, gate)
{
    private readonly FixedQueue<Frame> completed = new(arena.Capacity);
    private int incomplete;
    private bool closed;

    public int CompletedCount => completed.Count;

    public void Accept() => incomplete++;

    public Frame TakeCompleted() => completed.Dequeue();

    public void CompleteNow(Frame head) => Complete(head);

    protected override void Complete(Frame head)
    {
        incomplete--;
        if (!closed)
        {
            completed.Enqueue(head);
            owner.Interrupt();
            return;
        }

        Arena.ReleaseChain(head, Holders.TransmitRing);
        if (incomplete == 0)
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
        if (closed)
        {
            return;
        }

        while (completed.Count > 0)
        {
            Arena.ReleaseChain(completed.Dequeue(), Holders.TransmitRing);
        }

        closed = true;
        if (incomplete > 0)
        {
            Arena.Retain();
        }
    }
}

/// <summary>Packets that lie in the wire's own memory because the sender's must not be touched, or is not to be waited for.</summary>
internal sealed class BufferSource(int frames, WireGate gate) : WireSource(new Arena(0, frames, 0), gate)
{
    private bool closed;

    /// <summary>A copy of a packet of another arena, or none if the memory is full.</summary>
    public Frame Copy(Arena sender, Frame packet) => PacketReplica.Copy(sender, packet, Arena, Share.Reserve, Holders.TransmitRing);

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
        closed = true;
        if (Arena.FreeCount == Arena.Capacity)
        {
            Arena.Dispose();
        }
    }
}
