using Millrace.Memory;

namespace Millrace.Workers;

/// <content>How the bytes of one worker's frames are looked at by another, and how the frames come home.</content>
public sealed partial class WorkerPort
{
    /// <summary>Shows a packet of another worker's arena in frames of this one.</summary>
    /// <returns>False if there are not enough.</returns>
    internal bool TryBorrow(WorkerPort from, Frame packet, Holders holder, out Frame head)
    {
        head = Frame.None;
        if (from.FramesOf(packet) > arena.Available(Share.Crossing))
        {
            return false;
        }

        var lender = lenders[from.Worker] ??= new Lender(from, this);
        var last = Frame.None;
        for (var lent = packet; !lent.IsNone; lent = from.arena.Metadata(lent).NextFragment)
        {
            arena.TryAllocate(Share.Crossing, holder, out var own);
            arena.Borrow(own, from.arena, lent, lender);
            Describe(ref arena.Metadata(own), ref from.arena.Metadata(lent));
            if (last.IsNone)
            {
                head = own;
            }
            else
            {
                arena.Metadata(last).NextFragment = own;
            }

            last = own;
        }

        return true;
    }

    /// <summary>
    /// Whether a packet may be shown in frames that the NIC will keep for a while. Half of the share is left to what comes in,
    /// which keeps none: a NIC that is slow to send must not make others' packets be dropped.
    /// </summary>
    /// <param name="ever">Whether it may be when nothing else is.</param>
    internal bool MayBorrowToSend(WorkerPort from, Frame packet, out bool ever)
    {
        var (count, quota, used) = (from.FramesOf(packet), arena.Quota(Share.Crossing), arena.Used(Share.Crossing));
        ever = count <= quota;
        return used + count <= quota / 2 || (used == 0 && ever);
    }

    private int FramesOf(Frame packet)
    {
        var count = 0;
        for (var frame = packet; !frame.IsNone; frame = arena.Metadata(frame).NextFragment)
        {
            count++;
        }

        return count;
    }

    private static void Describe(ref FrameMetadata own, ref readonly FrameMetadata lent)
    {
        own.DataOffset = lent.DataOffset;
        own.DataLength = lent.DataLength;
        own.NetworkOffset = lent.NetworkOffset;
        own.TransportOffset = lent.TransportOffset;
        own.TotalLength = lent.TotalLength;
        own.ChecksumStart = lent.ChecksumStart;
        own.ChecksumOffset = lent.ChecksumOffset;
        own.GsoSize = lent.GsoSize;
        own.WirePackets = lent.WirePackets;
        own.Hash = lent.Hash;
        own.Checksum = lent.Checksum;
        own.Interface = lent.Interface;
        own.Flags |= lent.Flags & ~FrameFlags.Borrowed;
        own.VlanTci = lent.VlanTci;
    }

    internal void ReturnChain(WorkerPort lender, Frame packet)
    {
        for (var frame = packet; !frame.IsNone;)
        {
            // read before it goes home, where it may be used again at once
            var next = lender.arena.Metadata(frame).NextFragment;
            (lenders[lender.Worker] ??= new Lender(lender, this)).Return(frame);
            frame = next;
        }
    }

    private bool TryLend(Frame packet, out int frames)
    {
        frames = 0;
        for (var frame = packet; !frame.IsNone; frame = arena.Metadata(frame).NextFragment)
        {
            frames++;
        }

        if (lentFrames + frames > lendable)
        {
            return false;
        }

        lentFrames += frames;
        return true;
    }

    /// <summary>A frame that another worker has let go of.</summary>
    private void TakeHome(Frame frame)
    {
        if ((arena.Metadata(frame).Holders & Holders.Crossing) != 0)
        {
            lentFrames--;
            arena.Release(frame, Holders.Crossing);
        }
        else
        {
            TakeDeparted(frame);
        }
    }

    /// <summary>
    /// Takes nothing any more, for a worker whose thread has ended with a fault, in its place: what lies in its rings is dropped and
    /// counted, and all that it has borrowed goes home, or it would keep it from the others for ever.
    /// </summary>
    internal void Close()
    {
        closed = true;
        EmptyRings();

        // flows that had gone there are free to go elsewhere
        Array.ForEach(rings, ring => ring.Finish());
        arena.GiveBackAll();

        // also who waits for room at a queue of this worker's
        kicks = ulong.MaxValue >> (WorkerGroup.MaximumWorkers - Group.Count);
        Kick();
    }

    /// <summary>
    /// Leaves the group, for a stack that ends; every worker of the group has stopped by then. The rings of all are emptied, their
    /// packets counted as dropped; what others still look at keeps this arena's memory until they let go.
    /// </summary>
    public void Leave()
    {
        for (var i = 0; i < Group.Count; i++)
        {
            Group[i]?.EmptyRings();
        }

        BeginPoll();
        left = true;
        for (var i = 1; i <= arena.Capacity; i++)
        {
            if (IsAbroad(new Frame(i)))
            {
                arena.Retain();
            }
        }

        Group.Leave(this);
    }

    private bool IsAbroad(Frame frame) =>
        (arena.Metadata(frame).Holders & Holders.Crossing) != 0 || packetOf[frame.Index] != 0;

    private void EmptyRings()
    {
        changes.Stop();
        foreach (var ring in rings)
        {
            while (ring.Count > 0)
            {
                ref readonly var crossing = ref ring.Peek();
                var lender = Group[crossing.Lender]!;
                var wirePackets = lender.arena.Metadata(crossing.Head).WirePackets;
                ledger.SteeredIn += wirePackets;
                ledger.DropIngress(DropReason.DeviceNotReady, wirePackets);
                ReturnChain(lender, crossing.Head);
                ring.Remove();
            }
        }

        foreach (var queues in transmitQueues)
        {
            for (; queues is { Departures.Count: > 0 }; queues.Departures.Remove())
            {
                ref readonly var crossing = ref queues.Departures.Peek();
                ReturnChain(Group[crossing.Lender]!, crossing.Head);
            }
        }
    }

    /// <summary>Takes frames of one worker back from another, on the thread of the latter.</summary>
    private sealed class Lender(WorkerPort owner, WorkerPort borrower) : IFrameLender
    {
        private readonly HomeRing ring = owner.homecomers[borrower.Worker]!;

        public void Return(Frame lent)
        {
            if (owner.left)
            {
                // the owner's stack is disposed, and this was the last that kept its memory
                owner.arena.EndRetention();
                return;
            }

            ring.Add(lent);
            borrower.kicks |= 1UL << owner.Worker;
        }
    }
}
