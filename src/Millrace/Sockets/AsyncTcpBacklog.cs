using System.Net.Sockets;

namespace Millrace.Sockets;

/// <summary>
/// The worker's side of a listener: connections that nobody has accepted yet, or callers that wait for one. Bounded: what
/// does not fit is reset and counted.
/// </summary>
internal sealed class AsyncTcpBacklog : AsyncCall
{
    private readonly AsyncTcpChannel[] waiting;
    private readonly TaskCompletionSource listening = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private AsyncAccept? firstAccept;
    private AsyncAccept? lastAccept;
    private SocketError error;
    private int taken;
    private int put;
    private bool isListening;
    private volatile bool stopAsked;
    private long overflows;

    public AsyncTcpBacklog(AsyncSockets sockets, ushort port, int capacity, int fastOpenQueue)
        : base(sockets)
    {
        Port = port;
        FastOpenQueue = fastOpenQueue;
        waiting = new AsyncTcpChannel[capacity];
    }

    public ushort Port { get; }

    public int FastOpenQueue { get; }

    /// <summary>Completes when the port is open; fails if it cannot be opened.</summary>
    public Task Listening => listening.Task;

    /// <summary>Connections that were reset because nobody had accepted those before.</summary>
    public long Overflows => Volatile.Read(ref overflows);

    /// <summary>Any thread.</summary>
    public void AskStop()
    {
        stopAsked = true;
        Sockets.Post(this);
    }

    internal override void Run()
    {
        if (error != SocketError.Success)
        {
            return;
        }

        if (Sockets.EndedBy is { } ended)
        {
            End(ended);
        }
        else if (stopAsked)
        {
            Sockets.StopListening(this, isListening);
            End(SocketError.OperationAborted);
        }
        else if (!isListening)
        {
            isListening = Sockets.TryListen(this, waiting.Length);
            if (!isListening)
            {
                End(SocketError.AddressAlreadyInUse);
                return;
            }

            listening.SetResult();
        }
    }

    /// <summary>A connection is established: gives it to a caller, or keeps it for one.</summary>
    public void Connected(AsyncTcpChannel channel)
    {
        if (firstAccept is { } accept)
        {
            Remove(accept, null);
            channel.Keep();
            accept.Complete(channel);
        }
        else if (put - taken < waiting.Length)
        {
            channel.Keep();
            waiting[put++ % waiting.Length] = channel;
        }
        else
        {
            overflows++;
            channel.Discard();
        }
    }

    public void BeginAccept(AsyncAccept accept)
    {
        if (error != SocketError.Success)
        {
            accept.Fail(error);
        }
        else if (put > taken)
        {
            accept.Complete(TakeWaiting());
        }
        else
        {
            accept.Next = null;
            if (lastAccept is null)
            {
                firstAccept = accept;
            }
            else
            {
                lastAccept.Next = accept;
            }

            lastAccept = accept;
        }
    }

    /// <summary>Forgets a caller that is being cancelled.</summary>
    public void Withdraw(AsyncAccept accept)
    {
        AsyncAccept? previous = null;
        for (var candidate = firstAccept; candidate is not null; candidate = candidate.Next)
        {
            if (candidate == accept)
            {
                Remove(accept, previous);
                return;
            }

            previous = candidate;
        }
    }

    /// <summary>Callers get the error, connections that nobody accepted a reset.</summary>
    public void End(SocketError code)
    {
        error = code;
        while (firstAccept is { } accept)
        {
            Remove(accept, null);
            accept.Fail(code);
        }

        while (put > taken)
        {
            TakeWaiting().Discard();
        }

        if (!isListening)
        {
            listening.TrySetException(new SocketException((int)code));
        }
    }

    private AsyncTcpChannel TakeWaiting()
    {
        var place = taken++ % waiting.Length;
        var channel = waiting[place];
        waiting[place] = null!;
        if (put == taken)
        {
            put = taken = 0;
        }

        return channel;
    }

    private void Remove(AsyncAccept accept, AsyncAccept? previous)
    {
        if (previous is null)
        {
            firstAccept = accept.Next;
        }
        else
        {
            previous.Next = accept.Next;
        }

        if (lastAccept == accept)
        {
            lastAccept = previous;
        }

        accept.Next = null;
    }
}
