using System.Runtime.ConstrainedExecution;

namespace Millrace.Interop;

/// <summary>
/// A sleep that another thread can end; a wake-up that comes before it is kept. Unlike <see cref="AutoResetEvent"/> its time is
/// one of nanoseconds (eventfd(2), ppoll(2)), which the kernel lengthens by the thread's timer slack. Elsewhere than on
/// Linux it sleeps whole milliseconds, rounded up.
/// </summary>
internal sealed class WakeEvent : CriticalFinalizerObject
{
    private readonly int descriptor = -1;
    private readonly AutoResetEvent? coarse;

    public WakeEvent()
    {
        descriptor = OperatingSystem.IsLinux() ? Libc.OpenEvent() : -1;
        coarse = descriptor < 0 ? new AutoResetEvent(false) : null;
    }

    ~WakeEvent()
    {
        if (descriptor >= 0)
        {
            _ = Libc.Close(descriptor);
        }
    }

    public void Set()
    {
        if (coarse is not null)
        {
            coarse.Set();
            return;
        }

        Libc.SignalEvent(descriptor);
        GC.KeepAlive(this);
    }

    /// <summary>The same, ended by descriptors too (Linux alone); what became of them stands in them afterwards.</summary>
    /// <param name="descriptors">Room for the event itself, then what is watched.</param>
    /// <returns>Whether it was woken, or a descriptor is ready.</returns>
    public bool Wait(TimeSpan timeout, Span<PollDescriptor> descriptors)
    {
        descriptors[0] = new PollDescriptor { Descriptor = descriptor, Events = Libc.PollIn };
        var ready = Libc.Poll(descriptors, timeout);
        while (ready > 0 && IgnoreFaulty(descriptors) == ready)
        {
            ready = Libc.Poll(descriptors, timeout);
        }

        if (descriptors[0].Returned != 0)
        {
            Libc.ClearEvent(descriptor);
        }

        GC.KeepAlive(this);
        return ready != 0;
    }

    /// <summary>An interface in error says so at once every time: the others sleep on without it (a negative descriptor is passed over).</summary>
    private static int IgnoreFaulty(Span<PollDescriptor> descriptors)
    {
        var faulty = 0;
        foreach (ref var descriptor in descriptors)
        {
            if (descriptor.Returned != 0 && (descriptor.Returned & (Libc.PollIn | Libc.PollOut)) == 0)
            {
                descriptor.Descriptor = -1;
                faulty++;
            }
        }

        return faulty;
    }

    /// <param name="timeout">Negative waits for ever.</param>
    /// <returns>Whether it was woken.</returns>
    public bool Wait(TimeSpan timeout)
    {
        if (coarse is not null)
        {
            return coarse.WaitOne(timeout < TimeSpan.Zero ? Timeout.InfiniteTimeSpan : TimeSpan.FromMilliseconds(Math.Ceiling(timeout.TotalMilliseconds)));
        }

        Span<PollDescriptor> descriptors = [new() { Descriptor = descriptor, Events = Libc.PollIn }];
        var isWoken = Libc.Poll(descriptors, timeout) > 0;
        if (isWoken)
        {
            Libc.ClearEvent(descriptor);
        }

        GC.KeepAlive(this);
        return isWoken;
    }
}
