using Millrace.Memory;

namespace Millrace.Tcp;

/// <summary>
/// A time that has passed, in 32 bits: ticks of the timer wheel, modulo 2^32. What is asked of it is how long ago it was, and after
/// six days the answer is too small by six days, as with any clock of a TCP that counts so (tcp_jiffies32).
/// </summary>
internal readonly struct Moment(long time)
{
    // 0 is never; the tick before stands for that one, because what is over cannot be ahead
    private readonly uint ticks = (uint)(time >> TimerWheel.TickShift) is var tick and not 0 ? tick : uint.MaxValue;

    public bool IsSet => ticks != 0;

    /// <summary>Nanoseconds until <paramref name="now"/>, to a tick.</summary>
    public long Elapsed(long now) => (long)((uint)(now >> TimerWheel.TickShift) - ticks) << TimerWheel.TickShift;

    public static implicit operator Moment(long time) => new(time);
}

/// <summary>
/// A time to come within three days, in 32 bits: the tick of the timer wheel at which it expires, modulo 2^32. The default is
/// never, as is <see cref="long.MaxValue"/>.
/// </summary>
internal readonly struct Deadline
{
    private readonly uint ticks;

    public Deadline(long time) => ticks = time == long.MaxValue ? 0 : Math.Max((uint)((time + TimerWheel.Tick - 1) >> TimerWheel.TickShift), 1);

    public bool IsSet => ticks != 0;

    public bool IsDue(long now) => ticks != 0 && TicksLeft(now) <= 0;

    /// <summary>Ticks from the one that <paramref name="now"/> is in; <see cref="int.MaxValue"/> for never.</summary>
    public int TicksLeft(long now) => ticks == 0 ? int.MaxValue : (int)(ticks - (uint)(now >> TimerWheel.TickShift));

    public static implicit operator Deadline(long time) => new(time);
}
