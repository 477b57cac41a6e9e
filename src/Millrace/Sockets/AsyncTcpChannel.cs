using System.Net.Sockets;
using Millrace.Headers;

namespace Millrace.Sockets;

/// <summary>
/// The worker's side of one connection: what TCP knows of it on one hand, the pending read and write of its user on the
/// other. Channels are made in advance; one serves a connection from its opening until TCP has closed it and its user has
/// released it, and then begins its next life.
/// </summary>
internal sealed class AsyncTcpChannel : AsyncCall
{
    private TcpSocketId id;
    private AsyncConnect? connect;
    private SocketError error;
    private bool open;
    private bool shutdownAsked;

    // life in the upper half, what callers ask for (AsyncTcpRequest) in the lower
    private long control;

    public AsyncTcpChannel(AsyncSockets sockets)
        : base(sockets)
    {
        Read = new AsyncRead(sockets, this);
        Write = new AsyncWrite(sockets, this);
    }

    public AsyncRead Read { get; }

    public AsyncWrite Write { get; }

    /// <summary>How often the channel was used before. Stable while a user has the connection.</summary>
    public int Life { get; private set; }

    public InetEndpoint Local { get; private set; }

    public InetEndpoint Remote { get; private set; }

    /// <summary>Worker: whether no user has the connection, or will have it.</summary>
    public bool IsReleased { get; private set; } = true;

    /// <summary>Worker: whether TCP still has the connection.</summary>
    public bool IsOpen => open;

    /// <summary>Any thread: asks for something, unless the channel serves another connection now.</summary>
    /// <param name="instead">What is not asked for any more.</param>
    public void Ask(int life, AsyncTcpRequest request, AsyncTcpRequest instead = AsyncTcpRequest.None)
    {
        var seen = Volatile.Read(ref control);
        while (seen >> 32 == life)
        {
            var before = Interlocked.CompareExchange(ref control, (seen & ~(long)instead) | (long)request, seen);
            if (before == seen)
            {
                Sockets.Post(this);
                return;
            }

            seen = before;
        }
    }

    internal override void Run()
    {
        var asked = (AsyncTcpRequest)(uint)Interlocked.Exchange(ref control, (long)Life << 32);
        if ((asked & (AsyncTcpRequest.NoDelay | AsyncTcpRequest.Delay)) != 0 && TryGetSocket(out var socket))
        {
            socket.SetNoDelay((asked & AsyncTcpRequest.NoDelay) != 0);
        }

        if ((asked & AsyncTcpRequest.Abort) != 0)
        {
            Abort();
        }

        if ((asked & AsyncTcpRequest.Shutdown) != 0 && !shutdownAsked)
        {
            shutdownAsked = true;
            ShutdownAfterWrite();
        }

        if ((asked & AsyncTcpRequest.Release) != 0)
        {
            Release();
        }
    }

    public void Opened(TcpSocket socket, AsyncConnect? by)
    {
        id = socket.Id;
        error = SocketError.Success;
        open = true;
        shutdownAsked = false;
        connect = by;
        by?.Opened(this);
    }

    /// <summary>The handshake is done: hands the connection to whoever opened it.</summary>
    /// <returns>False if it was opened by the peer, and a listener has to take it.</returns>
    public bool Connected(TcpSocket socket)
    {
        Local = socket.Local;
        Remote = socket.Remote;
        if (connect is not { } by)
        {
            return false;
        }

        connect = null;
        IsReleased = false;
        by.Complete(0);
        return true;
    }

    /// <summary>A listener has it for a user.</summary>
    public void Keep() => IsReleased = false;

    public void Received(TcpSocket socket)
    {
        if (Read.IsPending)
        {
            Read.Serve(socket);
        }
    }

    public void Writable(TcpSocket socket)
    {
        if (Write.IsPending)
        {
            Write.Serve(socket);
            ShutdownAfterWrite();
        }
    }

    /// <summary>TCP has no more of the connection.</summary>
    public void Closed(SocketError reason)
    {
        open = false;
        id = TcpSocketId.None;

        // an abort of this end has said why already
        error = error == SocketError.Success ? reason : error;
        if (connect is { } by)
        {
            connect = null;
            by.Fail(error == SocketError.Success ? SocketError.ConnectionReset : error);
        }

        if (Read.IsPending)
        {
            EndRead();
        }

        if (Write.IsPending)
        {
            EndWrite();
        }
    }

    public void BeginRead()
    {
        if (!IsReleased && TryGetSocket(out var socket))
        {
            Read.Serve(socket);
        }
        else
        {
            EndRead();
        }
    }

    public void BeginWrite()
    {
        if (IsReleased || shutdownAsked || !TryGetSocket(out var socket))
        {
            EndWrite();
        }
        else
        {
            Write.Serve(socket);
        }
    }

    /// <summary>The pending write is being cancelled; a shutdown may have waited for it.</summary>
    public void WithdrawWrite()
    {
        if (shutdownAsked && TryGetSocket(out var socket))
        {
            socket.Shutdown();
        }
    }

    /// <summary>The caller that opened it does not want it any more.</summary>
    public void AbandonConnect()
    {
        connect = null;
        if (TryGetSocket(out var socket))
        {
            socket.Abort();
        }
    }

    /// <summary>The user is done with it: unread data makes it a reset, otherwise what was written is still sent.</summary>
    public void Release()
    {
        if (IsReleased)
        {
            return;
        }

        IsReleased = true;
        EndPending(SocketError.OperationAborted);
        if (TryGetSocket(out var socket))
        {
            socket.Close();
        }
        else
        {
            Sockets.Retire(this);
        }
    }

    /// <summary>A connection that no user will get: a reset.</summary>
    public void Discard()
    {
        IsReleased = true;
        if (TryGetSocket(out var socket))
        {
            socket.Abort();
        }
        else
        {
            Sockets.Retire(this);
        }
    }

    /// <summary>Goes on to the next life, if neither TCP nor a user nor one of the user's calls has this one any more.</summary>
    public bool TryRetire()
    {
        if (open || !IsReleased || !Read.TryRetire(Life) || !Write.TryRetire(Life))
        {
            return false;
        }

        Life++;
        Interlocked.Exchange(ref control, (long)Life << 32);
        return true;
    }

    private bool TryGetSocket(out TcpSocket socket)
    {
        if (open && Sockets.Tcp.TryGet(id, out socket))
        {
            return true;
        }

        socket = default;
        return false;
    }

    private void Abort()
    {
        error = error == SocketError.Success ? SocketError.ConnectionAborted : error;
        EndPending(SocketError.ConnectionAborted);
        if (TryGetSocket(out var socket))
        {
            socket.Abort();
        }
    }

    private void ShutdownAfterWrite()
    {
        if (shutdownAsked && !Write.IsPending && TryGetSocket(out var socket))
        {
            socket.Shutdown();
        }
    }

    private void EndPending(SocketError code)
    {
        if (Read.IsPending)
        {
            Read.Fail(code);
        }

        if (Write.IsPending)
        {
            Write.Fail(code);
        }
    }

    // after an orderly end a read is at the end of the stream, and a write is what EPIPE says
    private void EndRead()
    {
        if (IsReleased)
        {
            Read.Fail(SocketError.OperationAborted);
        }
        else if (error == SocketError.Success)
        {
            Read.Complete(0);
        }
        else
        {
            Read.Fail(error);
        }
    }

    private void EndWrite() => Write.Fail(
        IsReleased ? SocketError.OperationAborted : error == SocketError.Success ? SocketError.Shutdown : error);
}

/// <summary>What a user can ask of a connection without waiting for an answer.</summary>
[Flags]
internal enum AsyncTcpRequest
{
    None = 0,
    Shutdown = 1 << 0,
    Abort = 1 << 1,
    Release = 1 << 2,
    NoDelay = 1 << 3,
    Delay = 1 << 4,
}
