using System.Runtime.CompilerServices;
using Millrace.Headers;
using Millrace.Memory;

namespace Millrace.Nics;

/// <content>
/// Packets that were copied into this queue's frames when they were sent (<see cref="WireDirection.Fill"/>). Such a frame is out of
/// <c>posted</c> and still the ring's until a poll takes it.
/// </content>
internal sealed partial class WireQueue
{
    /// <summary>Copies a packet of a peer on the same thread into the frame posted last, if it needs but one and none waits before it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryFill(Arena peer, Frame packet, int mtu)
    {
        // a VLAN tag does not count, as on any Ethernet
        const int linkLength = EthernetHeader.Length + 4;
        ref var facts = ref peer.Metadata(packet);
        int length = facts.DataLength;
        if (!facts.NextFragment.IsNone || facts.GsoSize != 0 || length > Math.Min(mtu + linkLength, CopiedFrameCapacity)
            || (facts.Checksum == ChecksumState.Partial && (options.Features & NicFeatures.TransmitChecksum) == 0)
            || receiver.Posted == 0 || receiver.ArrivedCount > 0)
        {
            return false;
        }

        var own = posted[--receiver.Posted];
        ref var metadata = ref arena.Metadata(own);
        ReadOnlySpan<byte> bytes = Arena.Slot(ref facts).Slice(facts.DataOffset, length);
        var room = Arena.Slot(ref metadata).Slice(CopiedDataOffset, length);
        metadata.DataOffset = CopiedDataOffset;
        metadata.DataLength = (ushort)length;
        metadata.NextFragment = Frame.None;
        metadata.Next = Frame.None;
        metadata.TotalLength = length;
        metadata.WirePackets = Math.Max((ushort)1, facts.WirePackets);
        metadata.GsoSize = 0;
        metadata.VlanTci = facts.VlanTci;
        metadata.Hash = 0;
        metadata.Flags |= facts.Flags & (FrameFlags.Ecn | FrameFlags.FixedIpId);
        metadata.Checksum = facts.Checksum;
        if (facts.Checksum == ChecksumState.Partial)
        {
            metadata.ChecksumStart = (ushort)(facts.ChecksumStart + CopiedDataOffset - facts.DataOffset);
            metadata.ChecksumOffset = facts.ChecksumOffset;
            bytes.CopyTo(room);
        }
        else
        {
            if ((options.Features & NicFeatures.ReceiveChecksum) != 0)
            {
                metadata.Checksum = ChecksumState.Unnecessary;
            }

            if ((options.Features & NicFeatures.ReceiveSum) != 0)
            {
                metadata.ReceivedSum = SumIsKnown | InternetChecksum.CopyAndSum(bytes, room);
            }
            else
            {
                bytes.CopyTo(room);
            }
        }

        filled.Enqueue(own);
        return true;
    }

    private int TakeFilled(Span<Frame> packets)
    {
        var count = Math.Min(packets.Length, filled.Count);
        for (var i = 0; i < count; i++)
        {
            var frame = filled.Dequeue();
            arena.Metadata(frame).Holders = Holders.Loop;
            packets[i] = frame;
        }

        incoming.TookFilled(count);
        return count;
    }

    /// <summary>Frees frames whose packets are lost.</summary>
    /// <returns>How many.</returns>
    public int ReleaseFilled()
    {
        var count = filled.Count;
        while (filled.Count > 0)
        {
            arena.Release(filled.Dequeue(), Holders.ReceiveRing);
        }

        return count;
    }
}
