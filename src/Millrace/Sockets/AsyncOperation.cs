using System.Net.Sockets;
using System.Threading.Tasks.Sources;

namespace Millrace.Sockets;

/// <summary>
/// A call whose caller awaits its result: a value task source that is used again and again. Only the worker completes it
/// (cancellation asks the worker to), and continuations run on the thread pool, so there is no race for the outcome. A
/// failure is kept as a code; its exception is made on the awaiting thread.
/// </summary>
internal abstract class AsyncOperation : AsyncCall
{
    private ManualResetValueTaskSourceCore<int> core;
    private CancellationTokenRegistration registration;
    private CancellationToken cancellation;
    private SocketError error;
    private Exception? fault;
    private bool cancelled;
    private volatile bool submitted;
    private volatile bool cancelRequested;

    protected AsyncOperation(AsyncSockets sockets)
        : base(sockets) => core.RunContinuationsAsynchronously = true;

    /// <summary>Worker: whether it was begun and has no outcome yet.</summary>
    public bool IsPending { get; private set; }

    protected short Version => core.Version;

    public ValueTaskSourceStatus GetStatus(short token)
    {
        var status = core.GetStatus(token);
        return status != ValueTaskSourceStatus.Succeeded ? status
            : cancelled ? ValueTaskSourceStatus.Canceled
            : error != SocketError.Success || fault is not null ? ValueTaskSourceStatus.Faulted
            : status;
    }

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        core.OnCompleted(continuation, state, token, flags);

    /// <summary>Worker: done, with a number of bytes or nothing.</summary>
    public void Complete(int count)
    {
        IsPending = false;
        submitted = false;
        core.SetResult(count);
    }

    public void Fail(SocketError code)
    {
        error = code;
        Complete(0);
    }

    public void Fail(Exception exception)
    {
        fault = exception;
        Complete(0);
    }

    internal sealed override void Run()
    {
        // a cancellation that came too late finds nothing submitted, or a later use of this object that was not cancelled
        if (!submitted)
        {
            return;
        }

        if (cancelRequested)
        {
            if (IsPending)
            {
                Withdraw();
            }

            cancelled = true;
            Complete(0);
        }
        else if (!IsPending)
        {
            IsPending = true;
            Begin();
        }
    }

    /// <summary>Worker: does it, or leaves it pending.</summary>
    protected abstract void Begin();

    /// <summary>Worker: forgets it where it is pending; it is being cancelled.</summary>
    protected abstract void Withdraw();

    /// <summary>Caller: hands it to the worker. Its arguments are in place.</summary>
    protected void Submit(CancellationToken token)
    {
        error = SocketError.Success;
        fault = null;
        cancelled = false;
        cancelRequested = false;
        cancellation = token;
        if (token.CanBeCanceled)
        {
            registration = token.UnsafeRegister(static operation => ((AsyncOperation)operation!).RequestCancel(), this);
        }

        submitted = true;
        Sockets.Post(this);
    }

    /// <summary>Caller: takes the outcome and makes the object ready to be used again.</summary>
    /// <returns>The exception to throw, if any.</returns>
    protected Exception? Take(short token, out int count)
    {
        count = core.GetResult(token);

        // waits for a cancellation that is being asked for at this moment, so that it cannot hit the next use
        registration.Dispose();
        registration = default;
        var exception = cancelled ? new OperationCanceledException(cancellation)
            : error != SocketError.Success ? new SocketException((int)error)
            : fault;
        cancellation = default;
        fault = null;
        core.Reset();
        return exception;
    }

    private void RequestCancel()
    {
        cancelRequested = true;
        Sockets.Post(this);
    }
}
