using System.Runtime.CompilerServices;
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
/// Packets on the wire whose bytes lie in one arena, by frame: the sender's, or the wire's own. A packet is with one thread at a
/// time, so what is noted of it needs no lock.
/// </summary>
internal abstract class WireSource(Arena arena) : IFrameLender
{
    private readonly WireDescriptor[] descriptors = new WireDescriptor[arena.Capacity + 1];

    public Arena Arena { get; } = arena;

    public ref WireDescriptor this[Frame frame] => ref descriptors[frame.Index];

    /// <summary>Notes a packet as it is now.</summary>
    /// <param name="rss">How the receiving end hashes it; none if it does not.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Describe(Frame head, bool isCorrupted, RssTable? rss)
    {
        ref var facts = ref Arena.Metadata(head);
        ref var described = ref descriptors[head.Index];
        described.DataOffset = facts.DataOffset;
        described.DataLength = facts.DataLength;
        described.Next = facts.NextFragment;
        described.Head = head;
        var count = facts.NextFragment.IsNone ? 1 : 1 + DescribeRest(head, facts.NextFragment);
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

    private int DescribeRest(Frame head, Frame frame)
    {
        var count = 0;
        while (!frame.IsNone)
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

        return count;
    }

    /// <summary>A frame that was lent has come back, on the thread of whoever had it.</summary>
    public void Return(Frame lent)
    {
        var head = descriptors[lent.Index].Head;
        ref var descriptor = ref descriptors[head.Index];
        descriptor.Outstanding--;
        if (descriptor.Outstanding == 0)
        {
            Complete(head);
        }
    }

    /// <summary>A packet is done with, without its frames having been lent.</summary>
    public void Settle(Frame head) => Complete(head);

    /// <summary>A packet is done with; other threads may say so of others at the same time.</summary>
    protected abstract void Complete(Frame head);
}
