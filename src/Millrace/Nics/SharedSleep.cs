namespace Millrace.Nics;

/// <summary>The sleep of a worker that has a queue on each of several NICs; whichever has something ends it.</summary>
internal sealed class SharedSleep
{
    // a NIC that cannot share its interrupt is looked at so often
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(1);

    private readonly NicQueue[] queues;
    private readonly NicInterrupt interrupt;
    private readonly bool looks;

    public SharedSleep(NicQueue[] queues)
    {
        this.queues = queues;
        interrupt = new NicInterrupt(queues.Length);
        foreach (var queue in queues)
        {
            looks |= !queue.TryShare(interrupt);
        }
    }

    /// <inheritdoc cref="NicQueue.Wait"/>
    public bool Wait(TimeSpan timeout)
    {
        var longest = looks && (timeout < TimeSpan.Zero || timeout > LookInterval) ? LookInterval : timeout;
        var isReady = false;
        foreach (var queue in queues)
        {
            isReady |= !queue.TryBeginSleep(ref longest);
        }

        if (isReady)
        {
            interrupt.Cancel();
        }

        var signalled = isReady || interrupt.Wait(longest);
        foreach (var queue in queues)
        {
            queue.EndSleep();
        }

        return signalled || longest != timeout;
    }

    /// <summary>Ends a sleep from another thread.</summary>
    public void Wake() => interrupt.Set();
}
