using System.Runtime.CompilerServices;
using Millrace.Memory;

namespace Millrace.Tcp;

/// <content>
/// Badly filled frames are packed: their bytes move together, in place, and the frames that become empty are free
/// (net/ipv4/tcp_input.c, tcp_collapse; it copies to new buffers, which here might not be had).
/// </content>
public sealed partial class Tcp<TSettings, TMemory, TSmallQueues, TApplications, TCongestionControl>
{
    /// <summary>Packs what a connection has received, from the first frame on that holds less than the window counts on.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void CollapseQueues(ref TcpConnection connection)
    {
        for (var range = connection.OutOfOrder.First; !range.IsNone; range = arena.Metadata(range).Next)
        {
            var tail = new Frame(arena.Metadata(range).Owner);
            Collapse(ref connection, range, ref tail, Holders.OutOfOrderQueue);
            arena.Metadata(range).Owner = tail.Index;
        }

        Collapse(ref connection, connection.ReceiveHead, ref connection.ReceiveTail, Holders.ReceiveQueue);
    }

    private void Collapse(ref TcpConnection connection, Frame head, ref Frame tail, Holders holder)
    {
        var first = head;
        while (!first.IsNone && PayloadOf(ref connection, arena.Metadata(first).Truesize) <= arena.Metadata(first).DataLength)
        {
            first = arena.Metadata(first).NextFragment;
        }

        // a copy that frees nothing is not worth it
        var (frames, length) = (0, 0);
        for (var frame = first; !frame.IsNone; frame = arena.Metadata(frame).NextFragment)
        {
            frames++;
            length += arena.Metadata(frame).DataLength;
        }

        if ((length + Arena.Stride - 1) / Arena.Stride < frames)
        {
            var freed = Pack(first, ref tail, holder, keepsStart: false, out var count);
            UnchargeReceive(ref connection, freed);
            counters.TCPRcvCollapsed += count;
        }
    }

    /// <summary>
    /// A merged packet of small segments comes in as one frame each: packed on arrival it is kept, judged and charged as what
    /// its bytes need (as small payloads are, <see cref="TryCopyBehind"/>).
    /// </summary>
    private void PackSegment(ref TcpSegment segment)
    {
        var tail = Frame.None;
        Pack(segment.Frame, ref tail, Holders.Loop, keepsStart: true, out var count);
        counters.TCPRcvCoalesce += count;
    }

    /// <summary>Moves the bytes of a chain together. Frames that somebody else holds or lends stay as they are.</summary>
    /// <param name="tail">Set to the last frame.</param>
    /// <param name="keepsStart">Whether the first frame's bytes stay where they are: there are headers among them.</param>
    /// <param name="count">Frames that became free.</param>
    /// <returns>Their truesize.</returns>
    private int Pack(Frame head, ref Frame tail, Holders holder, bool keepsStart, out int count)
    {
        count = 0;
        var freed = 0;
        var to = head;
        for (var from = arena.Metadata(to).NextFragment; !from.IsNone;)
        {
            ref var target = ref arena.Metadata(to);
            ref var source = ref arena.Metadata(from);
            var next = source.NextFragment;
            if (IsOwn(ref target, holder) && source.Holders == holder)
            {
                if (target.DataOffset > 0 && !keepsStart)
                {
                    Arena.Data(ref target).CopyTo(Arena.Slot(ref target));
                    target.DataOffset = 0;
                }

                var end = target.DataOffset + target.DataLength;
                var moved = Math.Min(Arena.Stride - end, (int)source.DataLength);
                Arena.Data(ref source)[..moved].CopyTo(Arena.Slot(ref target)[end..]);
                target.DataLength = (ushort)(target.DataLength + moved);
                source.DataOffset = (ushort)(source.DataOffset + moved);
                source.DataLength = (ushort)(source.DataLength - moved);
                if (source.DataLength == 0)
                {
                    target.NextFragment = next;
                    freed += source.Truesize;
                    count++;
                    arena.Release(from, holder);
                    from = next;
                    continue;
                }
            }

            keepsStart = false;
            to = from;
            from = next;
        }

        tail = to;
        return freed;
    }

    /// <summary>Whether bytes may be written to a frame: nobody else looks at it, and the memory is this arena's.</summary>
    private static bool IsOwn(ref FrameMetadata metadata, Holders holder) =>
        metadata.Holders == holder && (metadata.Flags & FrameFlags.Borrowed) == 0;
}
