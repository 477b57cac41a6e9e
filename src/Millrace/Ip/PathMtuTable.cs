namespace Millrace.Ip;

/// <summary>
/// Path MTUs learnt from ICMP (RFC 1191), a bounded number, forgotten after a while. Two destinations that meet in one
/// place push each other out; the loser is learnt again.
/// </summary>
internal sealed class PathMtuTable
{
    private const int Capacity = 256;

    private readonly Entry[] entries = new Entry[Capacity];
    private readonly Entropy entropy;

    public PathMtuTable(Entropy entropy) => this.entropy = entropy;

    /// <summary>When the first entry is forgotten.</summary>
    public long NextDeadline { get; private set; } = long.MaxValue;

    /// <param name="isLocked">The path is narrower than what is believed, so packets are sent without DF (Linux's mtu lock).</param>
    public bool TryFind(uint destination, out int mtu, out bool isLocked)
    {
        ref var entry = ref entries[Slot(destination)];
        var isThere = entry.Mtu != 0 && entry.Destination == destination;
        mtu = isThere ? entry.Mtu : 0;
        isLocked = isThere && entry.IsLocked;
        return isThere;
    }

    public void Learn(uint destination, int mtu, bool isLocked, long expiresAt)
    {
        entries[Slot(destination)] = new Entry { Destination = destination, Mtu = mtu, IsLocked = isLocked, ExpiresAt = expiresAt };
        NextDeadline = Math.Min(NextDeadline, expiresAt);
    }

    /// <summary>Forgets what is due.</summary>
    /// <returns>Whether anything was.</returns>
    public bool Advance(long now)
    {
        if (now < NextDeadline)
        {
            return false;
        }

        var forgot = false;
        NextDeadline = long.MaxValue;
        foreach (ref var entry in entries.AsSpan())
        {
            if (entry.Mtu == 0)
            {
                continue;
            }

            if (entry.ExpiresAt <= now)
            {
                entry = default;
                forgot = true;
            }
            else
            {
                NextDeadline = Math.Min(NextDeadline, entry.ExpiresAt);
            }
        }

        return forgot;
    }

    private int Slot(uint destination) => (int)entropy.Hash(0x706D7475, destination, 0) & (Capacity - 1);

    private struct Entry
    {
        public uint Destination;
        public int Mtu;
        public bool IsLocked;
        public long ExpiresAt;
    }
}
