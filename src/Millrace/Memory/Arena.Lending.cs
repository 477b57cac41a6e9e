using System.Runtime.CompilerServices;
using Millrace.Interop;

namespace Millrace.Memory;

/// <content>Frames that show the bytes of another arena's.</content>
public sealed partial class Arena
{
    private (IFrameLender Lender, Frame Lent)[]? lenders;

    /// <summary>Makes room for what <see cref="Borrow"/> notes, so that it need not be made while packets pass.</summary>
    internal void PrepareToBorrow() => lenders ??= new (IFrameLender, Frame)[Capacity + 1];

    /// <summary>Makes <paramref name="own"/> show the bytes of a frame of another arena until it is freed.</summary>
    internal void Borrow(Frame own, Arena lenderArena, Frame lent, IFrameLender lender)
    {
        PrepareToBorrow();
        lenders![own.Index] = (lender, lent);
        ref var metadata = ref store[own.Index];
        metadata.Flags |= FrameFlags.Borrowed;
        FrameStore.Borrow(ref metadata, ref lenderArena.store[lent.Index]);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void GiveBack(Frame frame)
    {
        store.Restore(frame.Index);
        var (lender, lent) = lenders![frame.Index];
        lenders[frame.Index] = default;
        lender.Return(lent);
    }

    /// <summary>Nobody looks at this arena any more, so what others lent goes back although its frames were never freed.</summary>
    internal void GiveBackAll()
    {
        for (var i = 1; lenders is not null && i <= Capacity; i++)
        {
            if (lenders[i].Lender is not null)
            {
                store[i].Flags &= ~FrameFlags.Borrowed;
                GiveBack(new Frame(i));
            }
        }
    }

    private int retentions;

    /// <summary>
    /// Keeps the memory although the arena may be disposed, because another arena still shows some of its frames. Undone
    /// by <see cref="EndRetention"/>; the last one frees what <see cref="Dispose"/> left.
    /// </summary>
    internal void Retain() => retentions++;

    internal void EndRetention()
    {
        if (--retentions == 0 && disposed)
        {
            FreeMemory();
        }
    }
}

/// <summary>Whoever lent a frame's bytes to another arena, and is told when they are no longer looked at.</summary>
internal interface IFrameLender
{
    void Return(Frame lent);
}
