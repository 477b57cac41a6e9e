using System.Runtime.CompilerServices;
using Millrace.Headers;
using Millrace.Tcp;

namespace Millrace.Sockets;

/// <summary>
/// A stream socket over TCP: net/ipv4/af_inet.c and tcp.c, as far as an application sees them. It outlives its connection: what was
/// unread and why it ended stay until the application has asked.
/// </summary>
internal sealed partial class BsdStream(BsdSockets sockets) : BsdSocket(sockets)
{
    private readonly Queue<BsdStream> waiting = [];
    private TcpSocketId id;
    private Progress progress;
    private InetEndpoint remote;
    private byte[] unread = [];
    private int unreadOffset;

    /// <summary>What was known of the connection when it ended: TCP_INFO still says it.</summary>
    private StrongBox<TcpInfo>? atEnd;
    private bool isReadShut;
    private bool isWriteShut;
    private bool isClosed;
    private bool isDone;
    private bool isPassive;
    private int backlog;

    // what bind asked for, and what there is to give back (inet_num, SOCK_BINDPORT_LOCK)
    private InetAddress boundAddress;
    private bool isPortBound;
    private ushort held;

    public override int Type => SocketConstant.Stream;

    public bool IsListening { get; private set; }

    private TcpSockets Tcp => Sockets.Tcp;

    /// <summary>The connection's state as a socket has it: one in TIME-WAIT is a thing of its own, and its socket closed.</summary>
    private TcpState State
    {
        get
        {
            if (IsListening)
            {
                return TcpState.Listen;
            }

            var state = Tcp.TryGet(id, out var socket) ? socket.State : TcpState.Closed;
            return state == TcpState.TimeWait ? TcpState.Closed : state;
        }
    }

    private bool IsOpening => State == TcpState.SynSent || (State == TcpState.SynReceived && !isPassive);

    public override int Bind(InetEndpoint local)
    {
        if (!local.Address.IsUnspecified && !Sockets.Network.IsLocal(local.Address))
        {
            return Fail(Errno.EADDRNOTAVAIL);
        }

        if (held != 0 || State != TcpState.Closed)
        {
            return Fail(Errno.EINVAL);
        }

        LocalAddress = local.Address;
        if (!TryBind(local.Port))
        {
            LocalAddress = boundAddress;
            return Fail(Errno.EADDRINUSE);
        }

        boundAddress = local.Address;
        isPortBound = local.Port != 0;
        return 0;
    }

    public override int Listen(int backlog)
    {
        if (progress != Progress.Unconnected || State is not (TcpState.Closed or TcpState.Listen))
        {
            return Fail(Errno.EINVAL);
        }

        // below 0 it is a large unsigned number, and the stack has its somaxconn
        this.backlog = backlog < 0 ? int.MaxValue : backlog;
        if (!IsListening && ((held == 0 && !TryBind(0)) || !Tcp.TryListen(Sockets.TcpApplication, LocalPort)))
        {
            return Fail(Errno.EADDRINUSE);
        }

        IsListening = true;
        TellOptions();
        TellWaiting();
        return 0;
    }

    public override int Accept(out InetEndpoint peer)
    {
        peer = default;
        if (!IsListening)
        {
            return Fail(Errno.EINVAL);
        }

        if (waiting.Count == 0)
        {
            return Fail(Errno.EAGAIN);
        }

        if (Sockets.IsFull)
        {
            return Fail(Errno.EMFILE);
        }

        var accepted = waiting.Dequeue();
        TellWaiting();
        peer = accepted.remote;
        return Sockets.Add(accepted);
    }

    public override int Shutdown(int how)
    {
        if (how is < SocketConstant.ShutdownRead or > SocketConstant.ShutdownBoth)
        {
            return Fail(Errno.EINVAL);
        }

        var reads = how != SocketConstant.ShutdownWrite;
        var writes = how != SocketConstant.ShutdownRead;
        var state = State;
        if (progress == Progress.Connecting && state is not (TcpState.SynSent or TcpState.SynReceived or TcpState.Closed))
        {
            progress = Progress.Connected;
        }

        if (state == TcpState.SynSent || (state == TcpState.Listen && reads))
        {
            return Disconnect();
        }

        if (state == TcpState.Listen)
        {
            return 0;
        }

        isReadShut |= reads;
        if (writes && !isWriteShut)
        {
            isWriteShut = true;
            if (Tcp.TryGet(id, out var socket))
            {
                socket.Shutdown();
            }
        }

        return state == TcpState.Closed ? Fail(Errno.ENOTCONN) : 0;
    }

    public override void Close()
    {
        isClosed = true;
        if (IsListening)
        {
            StopListening();
        }
        else if (Tcp.TryGet(id, out var socket))
        {
            // SO_LINGER with no time is the way to ask for a reset (tcp_close)
            if (lingers && lingerSeconds == 0)
            {
                socket.Abort();
            }
            else
            {
                socket.Close();
            }
        }

        Unbind();
    }

    /// <summary>TCP has no more of the connection.</summary>
    public void Ended(TcpSocket socket, TcpCloseReason reason)
    {
        id = TcpSocketId.None;
        if (isClosed)
        {
            return;
        }

        atEnd = new StrongBox<TcpInfo>(socket.Info);
        isDone = socket.IsPeerClosed;
        var isAfterFin = isDone && !isWriteShut;
        PendingError = reason switch
        {
            // in CLOSE-WAIT the reset only says what a write would be told (tcp_reset)
            TcpCloseReason.Reset => isAfterFin ? Errno.EPIPE : Errno.ECONNRESET,
            TcpCloseReason.Refused => Errno.ECONNREFUSED,
            TcpCloseReason.TimedOut => Errno.ETIMEDOUT,
            TcpCloseReason.HostUnreachable => Errno.EHOSTUNREACH,
            TcpCloseReason.NetworkUnreachable => Errno.ENETUNREACH,
            _ => PendingError,
        };
        if (socket.Readable > 0)
        {
            unread = new byte[socket.Readable];
            unreadOffset = 0;
            Tcp.PeekAt(socket.Index, 0, unread);
            unread = WithoutUrgent(socket, unread);
        }

        isReadShut = isWriteShut = true;
        if (!isPortBound)
        {
            Unbind();
        }
    }

    /// <summary>A connection that came for this listener.</summary>
    public void Established(TcpSocket socket)
    {
        var accepted = new BsdStream(Sockets) { LocalPort = LocalPort, LocalAddress = socket.Local.Address, ReusesAddress = ReusesAddress };
        accepted.Inherit(this);
        accepted.id = socket.Id;
        accepted.remote = socket.Remote;
        accepted.progress = Progress.Connected;
        accepted.isPassive = true;
        accepted.held = LocalPort;
        accepted.ApplyOptions(socket);
        Sockets.SetStream(socket.Index, accepted);
        Sockets.StreamPorts.Add(accepted, LocalPort);
        waiting.Enqueue(accepted);
        TellWaiting();
    }

    private bool TryBind(ushort port)
    {
        port = port == 0 ? Sockets.StreamPorts.Choose(this) : port;
        if (port == 0 || !Sockets.StreamPorts.TryBind(this, LocalAddress, port))
        {
            return false;
        }

        LocalPort = held = port;
        return true;
    }

    private void Unbind()
    {
        if (held != 0)
        {
            Sockets.StreamPorts.Remove(this, held);
            held = 0;
        }
    }

    private void StopListening()
    {
        IsListening = false;
        Tcp.StopListening(LocalPort);
        while (waiting.TryDequeue(out var accepted))
        {
            accepted.isClosed = true;
            accepted.Abort();
            accepted.Unbind();
        }
    }

    private void TellWaiting() => Tcp.SetWaiting(LocalPort, backlog == 0 ? waiting.Count + 1 : waiting.Count);
}
