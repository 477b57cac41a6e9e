namespace Millrace.Sockets;

/// <summary>
/// Something a thread outside the loop asks of the worker. It stands in the ring at most once: asking again before the
/// worker came to it is seen by that same run.
/// </summary>
internal abstract class AsyncCall(AsyncSockets sockets)
{
    private int queued;

    internal AsyncSockets Sockets { get; } = sockets;

    /// <summary>The next of the calls that found the ring full. Owned by <see cref="AsyncCallRing"/>.</summary>
    internal AsyncCall? NextParked { get; set; }

    /// <summary>Any thread: whether the caller has to put it in the ring.</summary>
    internal bool TryMarkQueued() => Interlocked.Exchange(ref queued, 1) == 0;

    /// <summary>Worker: from here on the call can be posted again; what was written before is seen by <see cref="Run"/>.</summary>
    internal void MarkTaken() => Interlocked.Exchange(ref queued, 0);

    /// <summary>Worker: does what was asked, which may be nothing any more.</summary>
    internal abstract void Run();
}
