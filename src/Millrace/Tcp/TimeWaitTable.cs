using System.Runtime.InteropServices;
using Millrace.Headers;
using Millrace.Interop;
using Millrace.Memory;

namespace Millrace.Tcp;

/// <summary>What TIME-WAIT needs to know of a connection that is gone: one cache line.</summary>
[StructLayout(LayoutKind.Sequential, Size = Length)]
internal struct TimeWaitEntry
{
    public const int Length = 64;

    private const int AnswerShift = 22;

    private InetAddress local;
    private InetAddress remote;
    private ushort localPort;
    private ushort remotePort;
    public SequenceNumber SndNxt;
    public SequenceNumber RcvNxt;
    public uint TsRecent;

    /// <summary>In units of <see cref="TimeWaitTable"/>, modulo 2^32.</summary>
    public uint Expires;
    public int Next;
    public int Previous;

    /// <summary>The window field of what is answered.</summary>
    public ushort Window;

    // the lowest bit: timestamps; above it: when a segment was last answered, in 2^22 ns modulo 2^15
    private ushort marks;

    public FlowKey Key
    {
        readonly get => new(local, remote, localPort, remotePort);
        set => (local, remote, localPort, remotePort) = value;
    }

    public readonly bool HasKey(in FlowKey key) =>
        localPort == key.LocalPort && remotePort == key.RemotePort && remote == key.Remote && local == key.Local;

    public bool HasTimestamps
    {
        readonly get => (marks & 1) != 0;
        set => marks = (ushort)((marks & ~1) | (value ? 1 : 0));
    }

    /// <summary>Nanoseconds since the last answer, to 4 ms; after two minutes it begins anew, and one answer too few may be given.</summary>
    public readonly long SinceAnswered(long now) => (((now >> AnswerShift) - (marks >> 1)) & 0x7FFF) << AnswerShift;

    /// <summary>Nanoseconds since it began to wait, or began anew.</summary>
    /// <param name="length">Nanoseconds that it waits in all.</param>
    public readonly long Since(long now, long length) =>
        length - ((long)(int)(Expires - (uint)(now >> TimeWaitTable.ExpiryShift)) << TimeWaitTable.ExpiryShift);

    public void Answered(long now) => marks = (ushort)(((int)(now >> AnswerShift) << 1) | (marks & 1));

    /// <summary>As if the last answer was a minute ago.</summary>
    public void NeverAnswered(long now) => Answered(now - (1L << 36));
}

/// <summary>
/// The connections in TIME-WAIT, in the order in which they end: all wait equally long, so a list in order of arrival is
/// their timer. When it is full the oldest makes room.
/// </summary>
internal sealed class TimeWaitTable
{
    public const int None = -1;

    // 2^16 ns, of which 2^32 are three days
    public const int ExpiryShift = 16;

    private readonly NativeTable<TimeWaitEntry> entries;

    /// <summary>Entries that are free because they were used; those from <see cref="unused"/> on never were.</summary>
    private int free = None;
    private int unused;
    private int oldest = None;
    private int youngest = None;
    private long youngestExpires;

    public TimeWaitTable(int capacity) => entries = new NativeTable<TimeWaitEntry>(capacity);

    public int Count { get; private set; }

    public bool IsFull => free == None && unused == entries.Length;

    public int Oldest => oldest;

    /// <summary>Bytes reserved.</summary>
    public long Bytes => entries.Bytes;

    public long NextExpiry { get; private set; } = long.MaxValue;

    public ref TimeWaitEntry this[int index] => ref entries[index];

    /// <summary>Takes an entry into use; there must be a free one.</summary>
    public int Add(long expiresAt)
    {
        var index = free;
        if (index == None)
        {
            index = unused++;
        }
        else
        {
            free = entries[index].Next;
        }

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
        youngestExpires = (expiresAt + (1L << ExpiryShift) - 1) >> ExpiryShift;
        entry.Expires = (uint)youngestExpires;
        entry.Next = None;
        entry.Previous = youngest;
        if (youngest == None)
        {
            oldest = index;
            NextExpiry = youngestExpires << ExpiryShift;
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
        if (entry.Next == None)
        {
            youngest = entry.Previous;
        }
        else
        {
            entries[entry.Next].Previous = entry.Previous;
        }

        if (entry.Previous == None)
        {
            oldest = entry.Next;
            FindNextExpiry();
        }
        else
        {
            entries[entry.Previous].Next = entry.Next;
        }
    }

    /// <summary>The oldest ends before the youngest, by less than 2^32 units.</summary>
    private void FindNextExpiry() => NextExpiry = oldest == None
        ? long.MaxValue
        : (youngestExpires - ((uint)youngestExpires - entries[oldest].Expires)) << ExpiryShift;
}
