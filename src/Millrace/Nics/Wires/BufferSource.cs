using Millrace.Memory;

namespace Millrace.Nics;

/// <summary>
/// Packets that lie in the wire's own memory because the sender's must not be touched, or is not to be waited for. They are freed by
/// whoever had them, behind a lock that is taken last.
/// </summary>
internal sealed class BufferSource(int frames, bool concurrent) : WireSource(new Arena(0, frames, 0))
{
    private readonly Lock? exclusion = concurrent ? new Lock() : null;
    private bool closed;

    /// <summary>A copy of a packet of another arena, or none if the memory is full.</summary>
    public Frame Copy(Arena sender, Frame packet)
    {
        using var entry = new Entry(exclusion);
        return PacketReplica.Copy(sender, packet, Arena, Share.Reserve, Holders.TransmitRing);
    }

    protected override void Complete(Frame head)
    {
        using var entry = new Entry(exclusion);
        Arena.ReleaseChain(head, Holders.TransmitRing);
        if (closed && Arena.FreeCount == Arena.Capacity)
        {
            Arena.Dispose();
        }
    }

    /// <summary>Frees the memory, or lets the last frame that is still looked at do it.</summary>
    public void Close()
    {
        using var entry = new Entry(exclusion);
        closed = true;
        if (Arena.FreeCount == Arena.Capacity)
        {
            Arena.Dispose();
        }
    }

    /// <summary>The lock, if there is one.</summary>
    private readonly ref struct Entry
    {
        private readonly Lock? exclusion;

        public Entry(Lock? exclusion)
        {
            this.exclusion = exclusion;
            exclusion?.Enter();
        }

        public void Dispose() => exclusion?.Exit();
    }
}
