namespace Millrace.Tcp;

/// <summary>
/// Fast Open requests that ended with a reset. Each counts against its listener's limit for a minute more: whoever stole a
/// cookie and floods under a victim's address causes the victim's resets, and so its own end (net/ipv4/tcp_fastopen.c,
/// reqsk_fastopen_remove; RFC 7413 §5.1). One pool for all listeners; a list a listener, oldest first.
/// </summary>
internal sealed class FastOpenResets
{
    /// <summary>No entry.</summary>
    public const int None = -1;

    private const long Penalty = 60_000_000_000;

    private readonly int[] next;
    private readonly long[] until;
    private int free;

    public FastOpenResets(int capacity)
    {
        next = new int[capacity];
        until = new long[capacity];
        for (var i = 0; i < capacity; i++)
        {
            next[i] = i + 1 < capacity ? i + 1 : None;
        }

        free = capacity > 0 ? 0 : None;
    }

    /// <summary>Bytes reserved.</summary>
    public long Bytes => next.Length * (sizeof(int) + sizeof(long));

    /// <summary>A listener's entries.</summary>
    public struct List
    {
        public List()
        {
        }

        public int Head = None;
        public int Tail = None;
    }

    /// <returns>False if the pool is used up: the reset is not held against the listener.</returns>
    public bool TryAdd(ref List list, long now)
    {
        if (free == None)
        {
            return false;
        }

        var place = free;
        free = next[place];
        next[place] = None;
        until[place] = now + Penalty;
        if (list.Head == None)
        {
            list.Head = place;
        }
        else
        {
            next[list.Tail] = place;
        }

        list.Tail = place;
        return true;
    }

    /// <summary>Takes off the oldest, if its minute is over.</summary>
    public bool TryForgive(ref List list, long now)
    {
        if (list.Head == None || until[list.Head] > now)
        {
            return false;
        }

        RemoveFirst(ref list);
        return true;
    }

    public void Clear(ref List list)
    {
        while (list.Head != None)
        {
            RemoveFirst(ref list);
        }
    }

    private void RemoveFirst(ref List list)
    {
        var place = list.Head;
        list.Head = next[place];
        next[place] = free;
        free = place;
    }
}
