namespace Millrace.Workers;

/// <summary>Notices for one worker, from all threads. They are rare, so a lock keeps them in order; one that finds it full is lost and counted.</summary>
internal sealed class NoticeRing(int capacity)
{
    private readonly WorkerNotice[] notices = new WorkerNotice[capacity];
    private readonly Lock adding = new();
    private RingPositions positions;
    private long lost;

    public bool IsEmpty => Volatile.Read(ref positions.Head) == Volatile.Read(ref positions.Tail);

    public long Lost => Volatile.Read(ref lost);

    public void Add(in WorkerNotice notice)
    {
        lock (adding)
        {
            if (positions.Head - Volatile.Read(ref positions.Tail) == notices.Length)
            {
                lost++;
                return;
            }

            notices[positions.Head % notices.Length] = notice;
            Volatile.Write(ref positions.Head, positions.Head + 1);
        }
    }

    /// <summary>The worker whose ring it is.</summary>
    public bool TryTake(out WorkerNotice notice)
    {
        var tail = positions.Tail;
        if (tail == Volatile.Read(ref positions.Head))
        {
            notice = default;
            return false;
        }

        notice = notices[tail % notices.Length];
        Volatile.Write(ref positions.Tail, tail + 1);
        return true;
    }
}
