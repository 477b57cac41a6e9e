using System.ComponentModel;
using System.Net.Sockets;
using Millrace.Tcp;

namespace Millrace.Sockets;

// The worker's side: calls that come by the ring, and what TCP tells its application.
public sealed partial class AsyncSockets
{
    private readonly AsyncTcpChannel?[] bySlot;
    private readonly AsyncTcpChannel[] spare;
    private readonly Dictionary<ushort, AsyncTcpBacklog> backlogs = [];
    private readonly Lock ending = new();
    private AsyncConnect? connecting;
    private int application;
    private int spareCount;
    private int asleep;
    private int workerThread;
    private volatile int endedBy;

    /// <summary>Connections that came for a listener that had just been stopped, and were reset.</summary>
    public long Orphans { get; private set; }

    /// <summary>Why calls fail after <see cref="Stop"/>.</summary>
    internal SocketError? EndedBy => endedBy == 0 ? null : (SocketError)endedBy;

    /// <summary>How blocking reads poll by themselves, if the worker lets them.</summary>
    internal AsyncBusyReads? BusyReads { get; set; }

    internal TcpSockets Tcp { get; private set; } = null!;

    /// <summary>Does what callers asked for since the last poll. The loop calls it at the start of each.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public void RunCalls(long now)
    {
        workerThread = Environment.CurrentManagedThreadId;
        Volatile.Write(ref asleep, 0);
        if (endedBy == 0)
        {
            RunPosted();
        }
    }

    /// <summary>
    /// The worker's last word before it sleeps in the NIC: from here on a call wakes it. The generated Wait asks first, and
    /// returns at once if the answer is no.
    /// </summary>
    /// <returns>False if calls have come in the meantime.</returns>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public bool TrySleep()
    {
        // either this sees the call that Post has added, or that Post sees the worker asleep
        Interlocked.Exchange(ref asleep, 1);
        if (ring.IsEmpty)
        {
            return true;
        }

        Volatile.Write(ref asleep, 0);
        return false;
    }

    /// <summary>
    /// Ends everything: pending and later calls fail with OperationAborted, or NetworkDown if the stack is faulted. Called by
    /// the worker, or when there is none any more.
    /// </summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public void Stop(Exception? fault = null)
    {
        lock (ending)
        {
            if (endedBy != 0)
            {
                return;
            }

            Volatile.Write(ref asleep, 0);
            endedBy = (int)(fault is null ? SocketError.OperationAborted : SocketError.NetworkDown);
            for (var slot = 0; slot < bySlot.Length; slot++)
            {
                bySlot[slot]?.Closed((SocketError)endedBy);
                bySlot[slot] = null;
            }

            foreach (var backlog in backlogs.Values)
            {
                backlog.End((SocketError)endedBy);
            }
        }

        RunEnded();
    }

    [EditorBrowsable(EditorBrowsableState.Never)]
    public void Opened(int slot, TcpSocket socket)
    {
        var channel = spareCount > 0 ? spare[--spareCount] : MakeChannel();
        bySlot[slot] = channel;
        channel.Opened(socket, connecting);
        connecting = null;
    }

    [EditorBrowsable(EditorBrowsableState.Never)]
    public void Connected(int slot, TcpSocket socket)
    {
        var channel = bySlot[slot]!;
        if (channel.Connected(socket))
        {
            return;
        }

        if (backlogs.TryGetValue(socket.Local.Port, out var backlog))
        {
            backlog.Connected(channel);
        }
        else
        {
            Orphans++;
            channel.Discard();
        }
    }

    [EditorBrowsable(EditorBrowsableState.Never)]
    public void Received(int slot, TcpSocket socket) => bySlot[slot]!.Received(socket);

    [EditorBrowsable(EditorBrowsableState.Never)]
    public void Writable(int slot, TcpSocket socket) => bySlot[slot]!.Writable(socket);

    /// <summary>A read that waits gets what there is, or the end.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public void PeerClosed(int slot, TcpSocket socket) => bySlot[slot]!.Received(socket);

    [EditorBrowsable(EditorBrowsableState.Never)]
    public void Closed(int slot, TcpSocket socket, TcpCloseReason reason)
    {
        // nothing is left of a connection that Stop has ended
        if (bySlot[slot] is { } channel)
        {
            bySlot[slot] = null;
            channel.Closed(ErrorOf(reason));
            Retire(channel);
        }
    }

    /// <summary>Any thread: brings a call to the worker, and wakes it if it may be asleep.</summary>
    internal void Post(AsyncCall call)
    {
        if (!call.TryMarkQueued())
        {
            return;
        }

        ring.Add(call);
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref asleep) != 0 && Interlocked.Exchange(ref asleep, 0) != 0)
        {
            stack!.Wake();
        }

        if (endedBy != 0)
        {
            RunEnded();
        }
    }

    internal void Connect(AsyncConnect operation)
    {
        connecting = operation;
        var written = 0;
        var result = operation.First.IsEmpty
            ? Tcp.Connect(application, operation.Remote, out _, 0)
            : Tcp.Connect(application, operation.Remote, operation.First.Span, out _, out written);
        operation.Written = written;
        connecting = null;
        if (result != TcpConnectResult.Opening)
        {
            operation.Fail(result switch
            {
                TcpConnectResult.NoCapacity => SocketError.TooManyOpenSockets,
                TcpConnectResult.NoPort => SocketError.AddressNotAvailable,
                _ => SocketError.NetworkUnreachable,
            });
        }
    }

    internal bool TryListen(AsyncTcpBacklog backlog, int capacity)
    {
        if (backlogs.ContainsKey(backlog.Port) || !Tcp.TryListen(application, backlog.Port, capacity, backlog.FastOpenQueue))
        {
            return false;
        }

        backlogs.Add(backlog.Port, backlog);
        return true;
    }

    internal void StopListening(AsyncTcpBacklog backlog, bool isListening)
    {
        if (isListening)
        {
            backlogs.Remove(backlog.Port);
            Tcp.StopListening(backlog.Port);
        }
    }

    /// <summary>A channel that TCP or its user is done with: if both are, it serves again.</summary>
    internal void Retire(AsyncTcpChannel channel)
    {
        if (spareCount < spare.Length && channel.TryRetire())
        {
            spare[spareCount++] = channel;
        }
    }

    /// <summary>A thread that polled in the worker's place does so no more.</summary>
    internal void LeaveThread() => Volatile.Write(ref workerThread, 0);

    /// <exception cref="InvalidOperationException">The calling thread is the worker.</exception>
    internal void ThrowIfOnWorker()
    {
        if (Volatile.Read(ref workerThread) == Environment.CurrentManagedThreadId)
        {
            throw new InvalidOperationException(
                "A blocking call on the worker's own thread would wait for itself; use the asynchronous one, or another thread.");
        }
    }

    private static SocketError ErrorOf(TcpCloseReason reason) => reason switch
    {
        TcpCloseReason.Closed => SocketError.Success,
        TcpCloseReason.Reset => SocketError.ConnectionReset,
        TcpCloseReason.Refused => SocketError.ConnectionRefused,
        TcpCloseReason.TimedOut => SocketError.TimedOut,
        TcpCloseReason.HostUnreachable => SocketError.HostUnreachable,
        TcpCloseReason.NetworkUnreachable => SocketError.NetworkUnreachable,
        _ => SocketError.ConnectionAborted,
    };

    // only where users keep connections that are closed long since, undisposed
    private AsyncTcpChannel MakeChannel() => new(this);

    private void RunPosted()
    {
        for (var left = ring.Capacity; left > 0 && ring.TryTake(out var call); left--)
        {
            call.MarkTaken();
            call.Run();
        }

        for (var parked = ring.TakeParked(); parked is not null;)
        {
            var call = parked;
            parked = call.NextParked;
            call.NextParked = null;
            call.MarkTaken();
            call.Run();
        }
    }

    // after the end there is no worker: whoever posts runs what is posted, one at a time
    private void RunEnded()
    {
        lock (ending)
        {
            while (!ring.IsEmpty)
            {
                RunPosted();
            }
        }
    }
}
