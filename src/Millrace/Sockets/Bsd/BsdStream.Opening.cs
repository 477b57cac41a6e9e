using Millrace.Headers;
using Millrace.Tcp;

namespace Millrace.Sockets;

/// <content>connect(2), and the way back to a socket that has no connection.</content>
internal sealed partial class BsdStream
{
    /// <summary>struct socket's state, which is not the connection's.</summary>
    private enum Progress
    {
        Unconnected,
        Connecting,
        Connected,
    }

    public override int Connect(InetEndpoint remote)
    {
        switch (progress)
        {
            case Progress.Connected:
                return Fail(Errno.EISCONN);
            case Progress.Connecting:
                return Settle(Errno.EALREADY);
            default:
                if (State != TcpState.Closed)
                {
                    return Fail(Errno.EISCONN);
                }

                var opened = Open(remote, default, opensFast: false, out _);
                return opened < 0 ? opened : Settle(Errno.EINPROGRESS);
        }
    }

    public override int Disconnect()
    {
        if (IsListening)
        {
            StopListening();
        }
        else
        {
            // what the peer must be told, and the socket with it (tcp_disconnect, tcp_need_reset)
            var state = State;
            var isReset = state is TcpState.Established or TcpState.CloseWait or TcpState.FinWait1 or TcpState.FinWait2 or TcpState.SynReceived
                or TcpState.SynSent;
            Abort();
            PendingError = isReset ? Errno.ECONNRESET : PendingError;
        }

        Forget();
        return 0;
    }

    /// <summary>The socket is as it was made, but for what it was bound to.</summary>
    private void Forget()
    {
        progress = Progress.Unconnected;
        isReadShut = isWriteShut = isDone = isPassive = false;
        atEnd = null;
        unread = [];
        remote = default;
        LocalAddress = boundAddress;
        if (!isPortBound)
        {
            Unbind();
            LocalPort = 0;
        }
    }

    /// <summary>Sends the SYN at the end of the next poll.</summary>
    private int Open(InetEndpoint destination, ReadOnlySpan<byte> first, bool opensFast, out int written)
    {
        written = 0;
        var address = destination.Address;
        if (address.IsMulticast || address.IsLimitedBroadcast)
        {
            return Fail(Errno.ENETUNREACH);
        }

        if (address.IsUnspecified)
        {
            // as Linux: nowhere is this host
            destination = new InetEndpoint(address.Loopback, destination.Port);
        }

        var result = opensFast
            ? Tcp.Connect(Sockets.TcpApplication, destination, first, out id, out written, held)
            : Tcp.Connect(Sockets.TcpApplication, destination, out id, held);
        if (result != TcpConnectResult.Opening || !Tcp.TryGet(id, out var socket))
        {
            id = TcpSocketId.None;
            return Fail(result switch
            {
                TcpConnectResult.NoRoute => Errno.ENETUNREACH,
                TcpConnectResult.NoPort => Errno.EADDRNOTAVAIL,
                _ => Errno.ENOBUFS,
            });
        }

        Sockets.SetStream(socket.Index, this);
        remote = destination;
        LocalAddress = socket.Local.Address;
        LocalPort = socket.Local.Port;
        if (held == 0)
        {
            held = LocalPort;
            Sockets.StreamPorts.Add(this, LocalPort);
        }

        progress = Progress.Connecting;
        ApplyOptions(socket);
        return 0;
    }

    /// <summary>What connect(2) says of a connection that is under way: not yet, now, or why not (__inet_stream_connect).</summary>
    private int Settle(Errno notYet)
    {
        if (IsOpening)
        {
            return Fail(notYet);
        }

        if (State == TcpState.Closed)
        {
            var error = TakeError();
            Forget();
            return error != 0 ? error : Fail(Errno.ECONNABORTED);
        }

        progress = Progress.Connected;
        return 0;
    }

    private void Abort()
    {
        if (Tcp.TryGet(id, out var socket))
        {
            Sockets.SetStream(socket.Index, null);
            socket.Abort();
        }

        id = TcpSocketId.None;
    }
}
