using System.Numerics;
using System.Runtime.CompilerServices;

namespace Millrace.Nics;

/// <summary>A first-in-first-out queue whose capacity never changes.</summary>
internal sealed class FixedQueue<T>(int capacity)
    where T : struct
{
    private readonly T[] items = new T[BitOperations.RoundUpToPowerOf2((uint)Math.Max(1, capacity))];
    private int head;
    private int tail;

#pragma warning disable CS0169, IDE0051, CA1823 // the rings of two workers may have been made one behind the other
    private readonly CacheLines distance;
#pragma warning restore CS0169, IDE0051, CA1823

    public int Count => tail - head;

    public ref T First => ref items[head & (items.Length - 1)];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Enqueue(in T item)
    {
        if (Count == items.Length)
        {
            Throw.QueueFull();
        }

        items[tail++ & (items.Length - 1)] = item;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public T Dequeue()
    {
        if (head == tail)
        {
            Throw.QueueEmpty();
        }

        return items[head++ & (items.Length - 1)];
    }
}
