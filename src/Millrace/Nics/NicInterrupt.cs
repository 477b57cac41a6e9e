using Millrace.Interop;

namespace Millrace.Nics;

/// <summary>
/// One interrupt for the queues of several NICs: what ends the sleep of a worker that has more than one. NICs in memory set
/// it; a NIC of the kernel gives a descriptor for each sleep, which is then one poll(2) over all descriptors and the event
/// that the others set. So neither kind waits for the other.
/// </summary>
public sealed class NicInterrupt
{
    private readonly WakeEvent signal = new();
    private readonly PollDescriptor[] watched;
    private int watchedCount;

    /// <param name="queues">Queues that may share it.</param>
    internal NicInterrupt(int queues) => watched = new PollDescriptor[queues + 1];

    /// <summary>Ends the sleep that is, or the next one. Thread-safe.</summary>
    public void Set() => signal.Set();

    /// <summary>Adds a descriptor to the next sleep.</summary>
    /// <param name="forRoom">Whether it is to end when the descriptor can be written to.</param>
    internal void Watch(int descriptor, bool forRoom) => watched[++watchedCount] = new PollDescriptor
    {
        Descriptor = descriptor,
        Events = forRoom ? (short)(Libc.PollIn | Libc.PollOut) : Libc.PollIn,
    };

    /// <summary>Forgets what is watched, for a worker that does not sleep after all.</summary>
    internal void Cancel() => watchedCount = 0;

    /// <returns>Whether there may be something; false if the time is over.</returns>
    internal bool Wait(TimeSpan timeout)
    {
        var descriptors = watched.AsSpan(0, watchedCount + 1);
        watchedCount = 0;
        return descriptors.Length == 1 ? signal.Wait(timeout) : signal.Wait(timeout, descriptors);
    }
}
