using Millrace.Headers;
using Millrace.Sockets;
using Millrace.Tcp;

namespace Millrace.Testing.Scripts.Stacks;

/// <summary>
/// Non-blocking sockets in the shape of BSD over the sockets of a stack, for scripts: descriptors, results and errors are those of
/// Linux. All calls are made between polls.
/// </summary>
public sealed partial class ApplicationSockets
{
    private const int PollIn = 0x1;
    private const int PollOut = 0x4;
    private const int PollError = 0x8;
    private const int PollHangUp = 0x10;
    private const int PollReadHangUp = 0x2000;

    private readonly List<ApplicationSocket> open = [];
    private readonly Dictionary<TcpSocketId, ApplicationSocket> connections = [];
    private TcpSockets? tcp;

    internal void Start(TcpSockets tcp) => this.tcp = tcp;

    internal void Connected(TcpSocket socket)
    {
        if (connections.TryGetValue(socket.Id, out var known))
        {
            known.IsConnecting = false;
            known.IsConnected = true;
            return;
        }

        var port = socket.Local.Port;
        if (open.FirstOrDefault(one => one is { IsListening: true } && one.Port == port) is not { } listener)
        {
            socket.Abort();
            return;
        }

        var accepted = new ApplicationSocket { Connection = socket.Id, IsConnected = true, IsConnectTold = true, Port = port, Options = [.. listener.Options] };
        connections[socket.Id] = accepted;
        listener.Accepted.Enqueue(accepted);
        foreach (var (name, value) in accepted.Options)
        {
            Apply(socket, name, value);
        }
    }

    internal void PeerClosed(TcpSocket socket)
    {
        if (connections.TryGetValue(socket.Id, out var known))
        {
            known.IsPeerClosed = true;
        }
    }

    internal void Closed(TcpSocket socket, TcpCloseReason reason)
    {
        if (!connections.Remove(socket.Id, out var known))
        {
            return;
        }

        // a reset behind the peer's FIN is EPIPE (tcp_reset)
        known.Error = reason switch
        {
            TcpCloseReason.Reset => Errors.Number(known.IsPeerClosed ? "EPIPE" : "ECONNRESET"),
            TcpCloseReason.Refused => Errors.Number("ECONNREFUSED"),
            TcpCloseReason.TimedOut => Errors.Number("ETIMEDOUT"),
            TcpCloseReason.HostUnreachable => Errors.Number("EHOSTUNREACH"),
            TcpCloseReason.NetworkUnreachable => Errors.Number("ENETUNREACH"),
            _ => 0,
        };
        known.IsClosed = true;
        known.IsConnecting = false;
        known.IsPeerClosed |= reason == TcpCloseReason.Closed;
    }

    internal TcpInfo InfoOf(int descriptor) => Tcp.TryGet(open[descriptor].Connection, out var socket)
        ? socket.Info
        : throw new ScriptUnsupportedException("The socket has no connection (any more), so there is no TCP_INFO of it.");

    internal long Call(SocketCall call)
    {
        if (call.Name == "socket")
        {
            open.Add(new ApplicationSocket());
            return open.Count - 1;
        }

        var socket = open[call.Descriptor];
        return call.Name switch
        {
            "bind" => Bind(socket, call.Port),
            "listen" => Listen(socket, call.Number),
            "accept" => Accept(socket),
            "connect" => Connect(socket, call),
            "recv" => Receive(socket, call),
            "send" => Send(socket, call),
            "sendto" => SendTo(socket, call),
            "shutdown" => Shutdown(socket, call.Number),
            "close" => Close(socket),
            "poll" => Poll(socket),
            "setsockopt" => SetOption(socket, call),
            "getsockopt" => GetOption(socket, call.Option),
            "ioctl" => Ask(socket, call.Number),
            _ => throw new ScriptUnsupportedException($"Millrace's driver has no call '{call.Name}'."),
        };
    }

    private TcpSockets Tcp => tcp ?? throw new InvalidOperationException("The stack was not made.");

    private long Bind(ApplicationSocket socket, ushort port)
    {
        if (open.Any(other => other is { IsListening: true } && other.Port == port))
        {
            return -Errors.Number("EADDRINUSE");
        }

        socket.Port = port;
        return 0;
    }

    private long Listen(ApplicationSocket socket, int backlog)
    {
        if (!Tcp.TryListen(ApplicationSocket.Application, socket.Port, backlog, socket.FastOpenQueue))
        {
            return -Errors.Number("EADDRINUSE");
        }

        socket.IsListening = true;
        return 0;
    }

    private long Accept(ApplicationSocket socket)
    {
        if (!socket.IsListening)
        {
            return -Errors.Number("EINVAL");
        }

        if (!socket.Accepted.TryDequeue(out var accepted))
        {
            return -Errors.TryAgain;
        }

        open.Add(accepted);
        return open.Count - 1;
    }

    private long Connect(ApplicationSocket socket, SocketCall call)
    {
        if (socket.IsConnecting)
        {
            return -Errors.Number("EALREADY");
        }

        if (socket is { IsConnected: true, IsClosed: false, IsConnectTold: false })
        {
            socket.IsConnectTold = true;
            return 0;
        }

        if (socket.IsConnected && !socket.IsClosed)
        {
            return -Errors.Number("EISCONN");
        }

        return Open(socket, call, isFast: false, out _);
    }

    private long Open(ApplicationSocket socket, SocketCall call, bool isFast, out int written)
    {
        var remote = new InetEndpoint(InetAddress.FromIpv4(call.Address), call.Port);
        written = 0;
        var result = isFast
            ? Tcp.Connect(ApplicationSocket.Application, remote, call.Buffer, out var id, out written, socket.Port)
            : Tcp.Connect(ApplicationSocket.Application, remote, out id, socket.Port);
        if (result != TcpConnectResult.Opening)
        {
            return -Errors.Number(result switch
            {
                TcpConnectResult.NoRoute => "ENETUNREACH",
                TcpConnectResult.NoPort => "EADDRNOTAVAIL",
                _ => "EMFILE",
            });
        }

        socket.Connection = id;
        (socket.IsConnecting, socket.IsClosed, socket.IsPeerClosed) = (true, false, false);
        connections[id] = socket;
        if (Tcp.TryGet(id, out var opened))
        {
            foreach (var (name, value) in socket.Options)
            {
                Apply(opened, name, value);
            }
        }

        return -Errors.InProgress;
    }

    private long Receive(ApplicationSocket socket, SocketCall call)
    {
        if (call.Number is not (0 or 2))
        {
            throw new ScriptUnsupportedException("Millrace reads without flags, or with MSG_PEEK.");
        }

        if (Tcp.TryGet(socket.Connection, out var connection) && connection.Readable > 0)
        {
            if (call.Number == 0)
            {
                return connection.Read(call.Buffer);
            }

            var peeked = connection.Peek();
            var count = Math.Min(peeked.Length, call.Buffer.Length);
            peeked[..count].CopyTo(call.Buffer);
            return count;
        }

        if (socket.Error != 0)
        {
            return -socket.TakeError();
        }

        return socket.IsPeerClosed || socket.IsReadShut || socket.IsClosed ? 0
            : socket.IsConnected || socket.IsConnecting ? -Errors.TryAgain
            : -Errors.Number("ENOTCONN");
    }

    private long Send(ApplicationSocket socket, SocketCall call)
    {
        if (call.Number != 0)
        {
            throw new ScriptUnsupportedException("Millrace sends without flags.");
        }

        if (socket.Error != 0)
        {
            return -socket.TakeError();
        }

        if (socket.IsWriteShut || socket.IsClosed || !(socket.IsConnected || socket.IsConnecting))
        {
            return -Errors.Number("EPIPE");
        }

        if (!Tcp.TryGet(socket.Connection, out var connection))
        {
            return -Errors.Number("EPIPE");
        }

        var written = connection.Write(call.Buffer);
        return written == 0 && call.Buffer.Length > 0 ? -Errors.TryAgain : written;
    }

    private long SendTo(ApplicationSocket socket, SocketCall call)
    {
        const int FastOpen = 0x2000_0000;
        if (call.Number != FastOpen)
        {
            throw new ScriptUnsupportedException("Millrace's sendto opens with first data: MSG_FASTOPEN.");
        }

        var result = Open(socket, call, isFast: true, out var written);
        return result == -Errors.InProgress && written > 0 ? written : result;
    }

    private long Shutdown(ApplicationSocket socket, int how)
    {
        if (socket.IsListening)
        {
            throw new ScriptUnsupportedException("Millrace's listeners are closed, not shut down.");
        }

        if (!Tcp.TryGet(socket.Connection, out var connection))
        {
            return -Errors.Number("ENOTCONN");
        }

        socket.IsReadShut |= how != 1;
        if (how != 0)
        {
            socket.IsWriteShut = true;
            connection.Shutdown();
        }

        return 0;
    }

    private long Close(ApplicationSocket socket)
    {
        if (socket.IsListening)
        {
            socket.IsListening = false;
            Tcp.StopListening(socket.Port);
            foreach (var waiting in socket.Accepted)
            {
                if (Tcp.TryGet(waiting.Connection, out var unaccepted))
                {
                    unaccepted.Abort();
                }
            }

            return 0;
        }

        if (Tcp.TryGet(socket.Connection, out var connection))
        {
            if (socket.ClosesByReset)
            {
                connection.Abort();
            }
            else
            {
                connection.Close();
            }
        }

        return 0;
    }

    private long Poll(ApplicationSocket socket)
    {
        if (socket.IsListening)
        {
            return socket.Accepted.Count > 0 ? PollIn : 0;
        }

        var bits = socket.Error != 0 ? PollError : 0;
        var isOver = socket.IsClosed || !(socket.IsConnected || socket.IsConnecting);
        if (isOver || (socket.IsPeerClosed && socket.IsWriteShut))
        {
            bits |= PollHangUp;
        }

        if (isOver || socket.IsPeerClosed || socket.IsReadShut)
        {
            bits |= PollIn | PollReadHangUp;
        }

        if (socket.IsConnecting)
        {
            return bits;
        }

        if (Tcp.TryGet(socket.Connection, out var connection))
        {
            bits |= connection.Readable > 0 ? PollIn : 0;
            bits |= socket.IsWriteShut || connection.WritableLength > 0 ? PollOut : 0;
        }
        else
        {
            bits |= PollOut;
        }

        return bits;
    }
}
