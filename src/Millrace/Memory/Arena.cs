using System.Runtime.CompilerServices;
using Millrace.Interop;

namespace Millrace.Memory;

/// <summary>
/// The fixed memory of one worker: frames of <see cref="Stride"/> bytes, divided into shares that do not borrow from each
/// other, so that a reader who never reads cannot starve the receive ring. Not thread-safe: one worker owns it.
/// </summary>
public sealed partial class Arena : IDisposable
{
    /// <summary>Bytes a slot; the chunk size of an AF_XDP socket.</summary>
    public const int Stride = 2048;

    /// <summary>Bytes kept free before the data of a frame that a stage fills: room for the headers of every layer.</summary>
    public const int Headroom = 192;

    /// <summary>What one frame costs by truesize: its slot and its metadata.</summary>
    public const int FrameTruesize = Stride + FrameMetadata.Length;

    private const int ShareCount = 4;

    /// <summary>So few packets are released faster one by one than by what all of a burst have in common.</summary>
    private const int FewPackets = 2;

    private readonly FrameStore store;

    // never readonly, or an element would be read out of a copy
    private EachShare<FrameMetadata> fresh;
    private EachShare<int> quota;
    private EachShare<int> used;
    private bool disposed;

    /// <summary>Makes an arena of the sum of the shares given, in frames.</summary>
    public Arena(int receive, int reserve, int sockets, int crossing = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(receive);
        ArgumentOutOfRangeException.ThrowIfNegative(reserve);
        ArgumentOutOfRangeException.ThrowIfNegative(sockets);
        ArgumentOutOfRangeException.ThrowIfNegative(crossing);
        quota[(int)Share.Receive] = receive;
        quota[(int)Share.Reserve] = reserve;
        quota[(int)Share.Sockets] = sockets;
        quota[(int)Share.Crossing] = crossing;
        Capacity = receive + reserve + sockets + crossing;
        store = new FrameStore(Capacity + 1);
        for (var i = 0; i < ShareCount; i++)
        {
            fresh[i] = new FrameMetadata { DataOffset = Headroom, Truesize = FrameTruesize, WirePackets = 1, Share = (Share)i };
        }
    }

    /// <summary>A value for each share, within the arena: most ask for a share that the compiler knows, and then nothing is checked.</summary>
    [InlineArray(ShareCount)]
    private struct EachShare<T>
    {
        private T first;
    }

    /// <summary>Frames in all.</summary>
    public int Capacity { get; }

    /// <summary>Frames that nobody holds.</summary>
    public int FreeCount => store.FreeCount;

    /// <summary>
    /// Bytes of truesize in the queues of sockets, all of them (tcp_memory_allocated). Less than the frames charged to
    /// <see cref="Share.Sockets"/>: datagrams that wait for their fragments, and what only a NIC has yet, are not in it.
    /// </summary>
    public long SocketMemory { get; internal set; }

    public int Quota(Share share) => quota[(int)share];

    public int Used(Share share) => used[(int)share];

    public int Available(Share share) => quota[(int)share] - used[(int)share];

    /// <summary>The metadata of a frame.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref FrameMetadata Metadata(Frame frame) => ref store[frame.Index];

    /// <summary>The metadata of all frames, by <see cref="Frame.Index"/>: for loops over a burst.</summary>
    public Span<FrameMetadata> Frames
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => store.All;
    }

    /// <summary>All <see cref="Stride"/> bytes of a frame.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Span<byte> Slot(Frame frame) => FrameStore.Slot(ref store[frame.Index]);

    /// <summary>The bytes that hold data in one frame (not in the frames chained to it).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Span<byte> Data(Frame frame) => Data(ref store[frame.Index]);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Span<byte> Data(ref readonly FrameMetadata frame) => FrameStore.Slot(in frame).Slice(frame.DataOffset, frame.DataLength);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Span<byte> Slot(ref readonly FrameMetadata frame) => FrameStore.Slot(in frame);

    /// <summary>
    /// Takes a frame out of a share, most recently freed first (it is the one in the cache), empty, with
    /// <see cref="Headroom"/> bytes before its data.
    /// </summary>
    /// <returns>Whether the share had one left.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryAllocate(Share share, Holders holder, out Frame frame)
    {
        if (used[(int)share] >= quota[(int)share])
        {
            frame = Frame.None;
            return false;
        }

        used[(int)share]++;
        frame = store.Take(in Fresh(share, holder));
        return true;
    }

    /// <summary>Takes as many frames out of a share as it has left, like <see cref="TryAllocate"/>.</summary>
    /// <returns>How many, at the front of <paramref name="frames"/>.</returns>
    public int Allocate(Span<Frame> frames, Share share, Holders holder)
    {
        var count = Math.Min(frames.Length, Available(share));
        used[(int)share] += count;
        store.Take(frames.Slice(0, count), in Fresh(share, holder));
        return count;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ref readonly FrameMetadata Fresh(Share share, Holders holder)
    {
        ref var metadata = ref fresh[(int)share];
        if (metadata.Holders != holder)
        {
            metadata.Holders = holder;
        }

        return ref metadata;
    }

    /// <summary>Makes a frame one whole packet of so many bytes; it must be as it was allocated.</summary>
    /// <param name="offset">Where in the slot they begin.</param>
    /// <returns>The bytes, to be written.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Span<byte> SetData(ref FrameMetadata frame, int offset, int length)
    {
        var data = FrameStore.Slot(in frame).Slice(offset, length);
        FrameStore.SetExtent(ref frame, (uint)offset, (uint)length);
        return data;
    }

    /// <summary>Moves a frame's charge to another share; false if that share is full.</summary>
    public bool TryMoveShare(Frame frame, Share share) => TryMoveShare(ref store[frame.Index], share);

    /// <inheritdoc cref="TryMoveShare(Frame, Share)"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool TryMoveShare(ref FrameMetadata metadata, Share share)
    {
        if (metadata.Share == share)
        {
            return true;
        }

        if (used[(int)share] >= quota[(int)share])
        {
            return false;
        }

        used[(int)metadata.Share]--;
        used[(int)share]++;
        metadata.Share = share;
        return true;
    }

    /// <summary>Moves the charge of all frames of a packet; false, with nothing moved, if the share has not room for all of them.</summary>
    public bool TryMoveChain(Frame head, Share share)
    {
        var room = Available(share);
        var count = 0;
        for (var frame = head; !frame.IsNone;)
        {
            ref var metadata = ref store[frame.Index];
            count += metadata.Share != share ? 1 : 0;
            frame = metadata.NextFragment;
        }

        if (count > room)
        {
            return false;
        }

        used[(int)share] += count;
        for (var frame = head; !frame.IsNone;)
        {
            ref var metadata = ref store[frame.Index];
            used[(int)metadata.Share] -= metadata.Share != share ? 1 : 0;
            metadata.Share = share;
            frame = metadata.NextFragment;
        }

        return true;
    }

    /// <summary>Adds a holder to one frame.</summary>
    public void Hold(Frame frame, Holders holder) => store[frame.Index].Holders |= holder;

    /// <summary>Takes a holder off one frame and frees it if that was the last.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Release(Frame frame, Holders holder)
    {
        Release(frame, ref store[frame.Index], holder);
    }

    /// <inheritdoc cref="Release(Frame, Holders)"/>
    /// <param name="metadata">The frame's.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Release(Frame frame, ref FrameMetadata metadata, Holders holder)
    {
        var left = metadata.Holders & ~holder;
        if (left == metadata.Holders)
        {
            Throw.FrameNotHeld(frame.Index, holder, metadata.Holders);
        }

        metadata.Holders = left;
        if (left == Holders.None)
        {
            Free(frame, ref metadata);
        }
    }

    /// <summary>Takes a holder off every frame of a packet.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void ReleaseChain(Frame head, Holders holder)
    {
        if (head.IsNone)
        {
            return;
        }

        ref var metadata = ref store[head.Index];
        var next = metadata.NextFragment;
        Release(head, ref metadata, holder);
        if (!next.IsNone)
        {
            ReleaseRest(next, holder);
        }
    }

    /// <summary>Takes a holder off every frame of the first packets of an array.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public void Release(Frame[] packets, int count, Holders holder)
    {
        var left = new ReadOnlySpan<Frame>(packets, 0, count);
        if (left.Length <= FewPackets)
        {
            foreach (var packet in left)
            {
                ReleaseChain(packet, holder);
            }

            return;
        }

        while (!left.IsEmpty)
        {
            // most are of one frame that nobody else holds
            var share = Metadata(left[0]).Share;
            var freed = store.GiveUsual(left, share, holder);
            used[(int)share] -= freed;
            if (freed == 0)
            {
                ReleaseChain(left[0], holder);
                freed = 1;
            }

            left = left.Slice(freed);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void ReleaseRest(Frame head, Holders holder)
    {
        while (!head.IsNone)
        {
            var next = store[head.Index].NextFragment;
            Release(head, holder);
            head = next;
        }
    }

    /// <summary>Who is told by <see cref="EndTransmit"/>.</summary>
    internal ITransmitCompletions? TransmitCompletions { get; set; }

    /// <summary>
    /// Takes a holder off every frame of a packet that a stage held on its way out and lets go no further; whoever counts what is
    /// below it (<see cref="FrameMetadata.Owner"/>) is told first.
    /// </summary>
    public void EndTransmit(Frame head, Holders holder)
    {
        TransmitCompletions?.Transmitted(head);
        ReleaseChain(head, holder);
    }

    /// <summary>Hands every frame of a packet from one holder to another.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void MoveChain(Frame head, Holders from, Holders to)
    {
        if (!head.IsNone)
        {
            MoveChain(ref store[head.Index], from, to);
        }
    }

    /// <inheritdoc cref="MoveChain(Frame, Holders, Holders)"/>
    /// <param name="head">The metadata of the packet's first frame.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void MoveChain(ref FrameMetadata head, Holders from, Holders to)
    {
        head.Holders = (head.Holders & ~from) | to;
        if (!head.NextFragment.IsNone)
        {
            MoveRest(head.NextFragment, from, to);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void MoveRest(Frame frame, Holders from, Holders to)
    {
        while (!frame.IsNone)
        {
            ref var metadata = ref store[frame.Index];
            metadata.Holders = (metadata.Holders & ~from) | to;
            frame = metadata.NextFragment;
        }
    }

    /// <summary>Adds a holder to every frame of a packet.</summary>
    public void HoldChain(Frame head, Holders holder) => MoveChain(head, Holders.None, holder);

    /// <summary>Frames that carry the given holder: the slow side of the frame ledger, for tests and reports.</summary>
    public int CountHeldBy(Holders holder)
    {
        var count = 0;
        for (var i = 1; i <= Capacity; i++)
        {
            if ((store[i].Holders & holder) != 0)
            {
                count++;
            }
        }

        return count;
    }

    /// <summary>
    /// By frame of a send queue, the sum of its payload (<see cref="Headers.InternetChecksum"/>); empty unless a transport keeps them.
    /// </summary>
    internal ushort[] PayloadSums { get; private set; } = [];

    internal ushort[] KeepPayloadSums() => PayloadSums = PayloadSums.Length > 0 ? PayloadSums : new ushort[Capacity + 1];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Free(Frame frame, ref FrameMetadata metadata)
    {
        used[(int)metadata.Share]--;
        store.Give(frame);
        if ((metadata.Flags & FrameFlags.Borrowed) != 0)
        {
            // last: what goes back may be the last that kept this memory
            GiveBack(frame);
        }
    }

    public void Dispose()
    {
        if (disposed)
        {
            return;
        }

        disposed = true;
        if (retentions == 0)
        {
            FreeMemory();
        }
    }

    private void FreeMemory()
    {
        GiveBackAll();
        store.Dispose();
    }
}
