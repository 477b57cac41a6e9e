using Millrace.Interop;

namespace Millrace.Tcp;

/// <summary>
/// Connections by the time of their next departure, to the nanosecond: a heap that knows the place of each. The timer wheel would not do:
/// in one of its ticks a gigabit takes eleven packets, and the point of pacing is that they do not go together.
/// </summary>
/// <param name="count">Connections, numbered from 0.</param>
internal sealed class DepartureQueue(int count)
{
    private readonly NativeTable<int> heap = new(count);
    private readonly NativeTable<Entry> entries = new(count);
    private int length;

    private struct Entry
    {
        public long At;

        /// <summary>In the heap, plus one; 0 if it is not there.</summary>
        public int Place;
    }

    /// <summary><see cref="long.MaxValue"/> for never.</summary>
    public long Next { get; private set; } = long.MaxValue;

    /// <summary>Sets the time of a connection, whatever it was before.</summary>
    public void Set(int index, long at)
    {
        ref var entry = ref entries[index];
        entry.At = at;
        if (entry.Place == 0)
        {
            heap[length] = index;
            entry.Place = ++length;
        }

        Rise(entry.Place - 1);
        Sink(entry.Place - 1);
        Next = entries[heap[0]].At;
    }

    public void Cancel(int index)
    {
        ref var entry = ref entries[index];
        if (entry.Place == 0)
        {
            return;
        }

        var place = entry.Place - 1;
        entry.Place = 0;
        length--;
        if (place < length)
        {
            Put(place, heap[length]);
            Rise(place);
            Sink(place);
        }

        Next = length > 0 ? entries[heap[0]].At : long.MaxValue;
    }

    /// <summary>Takes one connection whose time has come.</summary>
    public bool TryTake(long now, out int index)
    {
        index = -1;
        if (Next > now)
        {
            return false;
        }

        index = heap[0];
        Cancel(index);
        return true;
    }

    private void Put(int place, int index)
    {
        heap[place] = index;
        entries[index].Place = place + 1;
    }

    private long TimeAt(int place) => entries[heap[place]].At;

    private void Rise(int place)
    {
        var index = heap[place];
        var at = entries[index].At;
        while (place > 0 && TimeAt((place - 1) / 2) > at)
        {
            Put(place, heap[(place - 1) / 2]);
            place = (place - 1) / 2;
        }

        Put(place, index);
    }

    private void Sink(int place)
    {
        var index = heap[place];
        var at = entries[index].At;
        while ((2 * place) + 1 is var child && child < length)
        {
            child += child + 1 < length && TimeAt(child + 1) < TimeAt(child) ? 1 : 0;
            if (TimeAt(child) >= at)
            {
                break;
            }

            Put(place, heap[child]);
            place = child;
        }

        Put(place, index);
    }
}
