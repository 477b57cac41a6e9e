namespace Millrace;

/// <summary>
/// Who may poll the stack: the worker, a thread of the application, or nobody, while the worker sleeps (the kernel's
/// NAPI_STATE_SCHED). A thread of the application takes it only when the worker sleeps; a worker that wakes meanwhile
/// waits until it is given back.
/// </summary>
internal sealed class PollOwnership
{
    private const int Nobody = 0;
    private const int Worker = 1;
    private const int Application = 2;

    private readonly AutoResetEvent returned = new(false);
    private int owner = Worker;
    private int parked;
    private int wanted;

    /// <summary>Whether a thread of the application would like to poll: a worker that only spins had better sleep.</summary>
    public bool IsWanted => Volatile.Read(ref wanted) != 0;

    /// <summary>The worker, about to sleep.</summary>
    public void Leave() => Volatile.Write(ref owner, Nobody);

    /// <summary>The worker, awake again: returns when it has the stack.</summary>
    /// <returns>Whether it had to wait for a thread of the application.</returns>
    public bool TakeBack()
    {
        var hadToWait = false;
        while (Interlocked.CompareExchange(ref owner, Worker, Nobody) != Nobody)
        {
            hadToWait = true;
            Interlocked.Exchange(ref parked, 1);

            // either this sees that it was given back, or who gives it back sees the worker parked
            if (Volatile.Read(ref owner) == Application)
            {
                returned.WaitOne();
            }

            Volatile.Write(ref parked, 0);
        }

        return hadToWait;
    }

    /// <summary>A thread of the application.</summary>
    public bool TryTake() => Interlocked.CompareExchange(ref owner, Application, Nobody) == Nobody;

    /// <summary>The thread of the application that has it.</summary>
    public void GiveBack()
    {
        Interlocked.Exchange(ref owner, Nobody);
        if (Volatile.Read(ref parked) != 0)
        {
            returned.Set();
        }
    }

    public void BeginWanting() => Interlocked.Increment(ref wanted);

    public void EndWanting() => Interlocked.Decrement(ref wanted);
}
