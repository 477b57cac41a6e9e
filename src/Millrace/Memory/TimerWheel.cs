using System.Numerics;
using System.Runtime.CompilerServices;
using Millrace.Interop;

namespace Millrace.Memory;

/// <summary>
/// Timers by number, in a hierarchical wheel (Varghese and Lauck, 1987): setting, cancelling and expiring take constant
/// time, and nothing is allocated. A timer expires at the first tick that is not before its time, so up to
/// <see cref="Tick"/> late and never early.
/// </summary>
public sealed class TimerWheel
{
    /// <summary>Nanoseconds a tick: 2^17, about 131 µs.</summary>
    public const long Tick = 1L << TickShift;

    internal const int TickShift = 17;
    private const int SlotBits = 6;
    private const int SlotCount = 1 << SlotBits;

    // 8 levels of 6 bits and 17 bits of tick cover every non-negative time, so no distance has to be capped
    private const int LevelCount = 8;
    private const int None = -1;

    /// <summary>The list of what is due but not taken yet, so that it can be cancelled and set anew like any other.</summary>
    private const int Expired = LevelCount * SlotCount;

    private readonly NativeTable<Link> links;
    private readonly int[] slots = new int[Expired + 1];
    private readonly ulong[] occupied = new ulong[LevelCount];
    private long current;

    /// <summary>The next tick with work, as long as no slot has been filled, emptied or opened since it was found.</summary>
    private long nextTick;
    private bool isNextKnown;

    /// <param name="count">Timers, numbered from 0.</param>
    public TimerWheel(int count)
    {
        links = new NativeTable<Link>(count);
        Array.Fill(slots, None);
    }

    /// <summary>16 bytes a timer: 53 bits of tick last for 37,000 years.</summary>
    private struct Link
    {
        private const int PlaceBits = 10;

        // the tick above the slot plus one, so that zeroed memory is timers that are not set
        private ulong dueAndPlace;
        public int Next;
        public int Previous;

        public readonly long DueTick => (long)(dueAndPlace >> PlaceBits);

        /// <summary>Slot it is linked in; None if the timer is not set.</summary>
        public int Place
        {
            readonly get => (int)(dueAndPlace & ((1 << PlaceBits) - 1)) - 1;
            set => dueAndPlace = (dueAndPlace >> PlaceBits << PlaceBits) | (uint)(value + 1);
        }

        public void Set(long dueTick) => dueAndPlace = (ulong)dueTick << PlaceBits;
    }

    /// <summary>Bytes reserved for timers.</summary>
    internal long Bytes => links.Bytes + (slots.Length * sizeof(int)) + (occupied.Length * sizeof(ulong));

    public bool IsSet(int timer) => links[timer].Place != None;

    /// <summary>When the timer will expire, in nanoseconds rounded up to a tick; meaningful if <see cref="IsSet"/>.</summary>
    public long DueAt(int timer) => links[timer].DueTick << TickShift;

    /// <summary>Sets a timer to a time, wherever it stood before.</summary>
    public void Set(int timer, long at)
    {
        Cancel(timer);
        SetTick(timer, (at + Tick - 1) >> TickShift);
    }

    /// <summary>Sets a timer to a tick, unless it is set and expires before it already.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Advance(int timer, long tick)
    {
        ref var link = ref links[timer];
        if (link.Place == None || link.DueTick > tick)
        {
            Bring(timer, tick);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Bring(int timer, long tick)
    {
        Cancel(timer);
        SetTick(timer, tick);
    }

    public void Cancel(int timer)
    {
        ref var link = ref links[timer];
        if (link.Place == None)
        {
            return;
        }

        if (link.Previous == None)
        {
            slots[link.Place] = link.Next;
            if (link.Next == None && link.Place != Expired)
            {
                occupied[link.Place >> SlotBits] &= ~(1UL << (link.Place & (SlotCount - 1)));
                isNextKnown = false;
            }
        }
        else
        {
            links[link.Previous].Next = link.Next;
        }

        if (link.Next != None)
        {
            links[link.Next].Previous = link.Previous;
        }

        link.Place = None;
    }

    /// <summary>
    /// When to call <see cref="TryExpire"/> next, <see cref="long.MaxValue"/> for never: not before the earliest expiry could be
    /// due, and always after the time of the last call, so that a driver of virtual time gets on.
    /// </summary>
    public long NextDeadline
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => (isNextKnown ? nextTick : FindNextTick()) is var tick and not long.MaxValue ? tick << TickShift : long.MaxValue;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private long FindNextTick()
    {
        nextTick = TryFindNext(out _, out var tick) ? tick : long.MaxValue;
        isNextKnown = true;
        return nextTick;
    }

    /// <summary>Takes one timer that is due; it is no longer set.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryExpire(long now, out int timer)
    {
        var target = now >> TickShift;
        if (slots[Expired] == None && isNextKnown && nextTick > target)
        {
            current = Math.Max(current, target);
            timer = None;
            return false;
        }

        return TryExpireNext(target, out timer);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool TryExpireNext(long target, out int timer)
    {
        while (slots[Expired] == None)
        {
            if (!TryFindNext(out var slot, out var tick) || tick > target)
            {
                current = Math.Max(current, target);
                timer = None;
                return false;
            }

            current = tick;
            Open(slot);
        }

        timer = slots[Expired];
        Cancel(timer);
        return true;
    }

    /// <summary>Empties a slot whose time has come: what is due now expires, what is later moves to a finer level.</summary>
    private void Open(int slot)
    {
        var timer = slots[slot];
        slots[slot] = None;
        isNextKnown = false;
        occupied[slot >> SlotBits] &= ~(1UL << (slot & (SlotCount - 1)));
        while (timer != None)
        {
            ref var link = ref links[timer];
            var next = link.Next;
            if (link.DueTick <= current)
            {
                LinkFirst(timer, Expired);
            }
            else
            {
                Insert(timer);
            }

            timer = next;
        }
    }

    private bool TryFindNext(out int slot, out long tick)
    {
        // every timer of a level lies behind the current tick's slot there and shares all higher digits with it,
        // so the first slot of the finest level in use is the next
        for (var level = 0; level < LevelCount; level++)
        {
            if (occupied[level] != 0)
            {
                var position = BitOperations.TrailingZeroCount(occupied[level]);
                slot = (level << SlotBits) | position;
                var shift = level * SlotBits;
                tick = (current >> (shift + SlotBits) << (shift + SlotBits)) | ((long)position << shift);
                return true;
            }
        }

        slot = None;
        tick = 0;
        return false;
    }

    private void SetTick(int timer, long tick)
    {
        links[timer].Set(Math.Max(tick, current + 1));
        Insert(timer);
    }

    private void Insert(int timer)
    {
        ref var link = ref links[timer];
        var level = (63 - BitOperations.LeadingZeroCount((ulong)(link.DueTick ^ current))) / SlotBits;
        var position = (int)(link.DueTick >> (level * SlotBits)) & (SlotCount - 1);
        LinkFirst(timer, (level << SlotBits) | position);
        occupied[level] |= 1UL << position;
        isNextKnown = false;
    }

    private void LinkFirst(int timer, int slot)
    {
        ref var link = ref links[timer];
        link.Place = slot;
        link.Previous = None;
        link.Next = slots[slot];
        if (link.Next != None)
        {
            links[link.Next].Previous = timer;
        }

        slots[slot] = timer;
    }
}
