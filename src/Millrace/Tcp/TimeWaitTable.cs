using Millrace.Headers;
using Millrace.Memory;

namespace Millrace.Tcp;

/// <summary>What TIME-WAIT needs to know of a connection that is gone.</summary>
internal struct TimeWaitEntry
{
    public FlowKey Key;
    public SequenceNumber SndNxt;
    public SequenceNumber RcvNxt;
    public int RcvWnd;
    public byte ReceiveWindowScale;
    public bool HasTimestamps;
    public uint TsRecent;
    public uint TimestampOffset;
    public long AnsweredAt;
    public long ExpiresAt;
    public int Next;
    public int Previous;
}

/// <summary>
/// The connections in TIME-WAIT, in the order in which they end: all wait equally long, so a list in order of arrival is
/// their timer. When it is full the oldest makes room.
/// </summary>
internal sealed class TimeWaitTable
{
    private const int None = -1;

    private readonly TimeWaitEntry[] entries;
    private int free;
    private int oldest = None;
    private int youngest = None;

    public TimeWaitTable(int capacity)
    {
        entries = new TimeWaitEntry[capacity];
        for (var i = 0; i < capacity; i++)
        {
            entries[i].Next = i + 1 < capacity ? i + 1 : None;
        }

        free = capacity > 0 ? 0 : None;
    }

    public int Count { get; private set; }

    public bool IsFull => free == None;

    public int Oldest => oldest;

    public long NextExpiry => oldest == None ? long.MaxValue : entries[oldest].ExpiresAt;

    public ref TimeWaitEntry this[int index] => ref entries[index];

    /// <summary>Takes an entry into use; there must be a free one.</summary>
    public int Add(long expiresAt)
    {
        var index = free;
        free = entries[index].Next;
        entries[index] = default;
        Append(index, expiresAt);
        Count++;
        return index;
    }

    /// <summary>Lets an entry wait again from now on.</summary>
    public void Restart(int index, long expiresAt)
    {
        Unlink(index);
        Append(index, expiresAt);
    }

    public void Remove(int index)
    {
        Unlink(index);
        entries[index].Next = free;
        free = index;
        Count--;
    }

    private void Append(int index, long expiresAt)
    {
        ref var entry = ref entries[index];
        entry.ExpiresAt = expiresAt;
        entry.Next = None;
        entry.Previous = youngest;
        if (youngest == None)
        {
            oldest = index;
        }
        else
        {
            entries[youngest].Next = index;
        }

        youngest = index;
    }

    private void Unlink(int index)
    {
        ref var entry = ref entries[index];
        if (entry.Previous == None)
        {
            oldest = entry.Next;
        }
        else
        {
            entries[entry.Previous].Next = entry.Next;
        }

        if (entry.Next == None)
        {
            youngest = entry.Previous;
        }
        else
        {
            entries[entry.Next].Previous = entry.Previous;
        }
    }
}
