using Millrace.Headers;

namespace Millrace.Sockets;

/// <summary>A datagram socket over UDP (net/ipv4/udp.c). Errors that ICMP reports are not told to it.</summary>
internal sealed class BsdDatagram(BsdSockets sockets, UdpSockets udp) : BsdSocket(sockets)
{
    private const MessageFlags NotSent = MessageFlags.OutOfBand | MessageFlags.More | MessageFlags.ZeroCopy;

    /// <summary>What a datagram is charged beside its bytes: an sk_buff and its shared info.</summary>
    private const int Overhead = 768;
    private const int MaximumPayload = 65_507;

    private readonly Queue<(byte[] Data, InetEndpoint Source)> received = [];
    private InetEndpoint? remote;
    private InetAddress boundAddress;
    private int charged;
    private int receiveBuffer = -1;
    private int sendBuffer = -1;
    private bool isPortBound;
    private bool mayBroadcast;
    private bool isReadShut;
    private bool isWriteShut;

    public override int Type => SocketConstant.Datagram;

    /// <summary>Datagrams that found the receive buffer full.</summary>
    public long Dropped { get; private set; }

    private int ReceiveBuffer => receiveBuffer < 0 ? DefaultBuffer : 2 * receiveBuffer;

    // rmem_default, wmem_default
    private const int DefaultBuffer = 212_992;

    public override int Bind(InetEndpoint local)
    {
        if (!local.Address.IsUnspecified && !Sockets.Network.IsLocal(local.Address))
        {
            return Fail(Errno.EADDRNOTAVAIL);
        }

        if (LocalPort != 0)
        {
            return Fail(Errno.EINVAL);
        }

        LocalAddress = boundAddress = local.Address;
        isPortBound = local.Port != 0;
        return TryBind(local.Port) ? 0 : Fail(Errno.EADDRINUSE);
    }

    public override int Connect(InetEndpoint remote)
    {
        if (remote.Address.IsLimitedBroadcast && !mayBroadcast)
        {
            return Fail(Errno.EACCES);
        }

        if (!Sockets.Network.TryRoute(remote.Address, out var route))
        {
            return Fail(Errno.ENETUNREACH);
        }

        if (LocalPort == 0 && !TryBind(0))
        {
            return Fail(Errno.EAGAIN);
        }

        LocalAddress = LocalAddress.IsUnspecified ? route.Source : LocalAddress;
        this.remote = remote;
        return 0;
    }

    public override int Disconnect()
    {
        remote = null;
        LocalAddress = boundAddress;
        if (!isPortBound)
        {
            Unbind();
        }

        return 0;
    }

    public override int Send(ReadOnlySpan<byte> source, MessageFlags flags, InetEndpoint? remote)
    {
        if (LocalPort == 0 && !TryBind(0))
        {
            return Fail(Errno.EAGAIN);
        }

        if (source.Length > ushort.MaxValue)
        {
            return Fail(Errno.EMSGSIZE);
        }

        if ((flags & NotSent) != 0)
        {
            return Fail(Errno.EOPNOTSUPP);
        }

        if ((remote ?? this.remote) is not { } destination)
        {
            return Fail(Errno.EDESTADDRREQ);
        }

        if (destination.Port == 0)
        {
            return Fail(Errno.EINVAL);
        }

        if (!Sockets.Network.TryRoute(destination.Address, out _))
        {
            return Fail(Errno.ENETUNREACH);
        }

        if (destination.Address.IsLimitedBroadcast && !mayBroadcast)
        {
            return Fail(Errno.EACCES);
        }

        if (isWriteShut)
        {
            return Fail(Errno.EPIPE);
        }

        if (source.Length > MaximumPayload)
        {
            return Fail(Errno.EMSGSIZE);
        }

        return udp.TrySend(new InetEndpoint(LocalAddress, LocalPort), destination, source) ? source.Length : Fail(Errno.EAGAIN);
    }

    public override int Receive(Span<byte> destination, MessageFlags flags, out InetEndpoint source)
    {
        source = default;
        if ((flags & (MessageFlags.OutOfBand | MessageFlags.ErrorQueue)) != 0)
        {
            return Fail((flags & MessageFlags.ErrorQueue) != 0 ? Errno.EAGAIN : Errno.EOPNOTSUPP);
        }

        if (!received.TryPeek(out var datagram))
        {
            // also when reading is shut down: a socket that does not block never comes to that question (__skb_recv_udp)
            return Fail(Errno.EAGAIN);
        }

        if ((flags & MessageFlags.Peek) == 0)
        {
            received.Dequeue();
            charged -= datagram.Data.Length + Overhead;
        }

        source = datagram.Source;
        var copied = Put(destination, datagram.Data);
        return (flags & MessageFlags.Truncate) != 0 ? datagram.Data.Length : copied;
    }

    public override int Shutdown(int how)
    {
        if (how is < SocketConstant.ShutdownRead or > SocketConstant.ShutdownBoth)
        {
            return Fail(Errno.EINVAL);
        }

        // also of a socket that is not connected the flags are set (inet_shutdown)
        isReadShut |= how != SocketConstant.ShutdownWrite;
        isWriteShut |= how != SocketConstant.ShutdownRead;
        return remote is null ? Fail(Errno.ENOTCONN) : 0;
    }

    public override void Close() => Unbind();

    public override PollEvents Ready()
    {
        var ready = PollEvents.Out | PollEvents.WriteNormal;
        ready |= received.Count > 0 || isReadShut ? PollEvents.In | PollEvents.ReadNormal : PollEvents.None;
        ready |= isReadShut ? PollEvents.ReadHangUp : PollEvents.None;
        return isReadShut && isWriteShut ? ready | PollEvents.HangUp : ready;
    }

    public override int Name(out InetEndpoint local)
    {
        local = new InetEndpoint(LocalAddress, LocalPort);
        return 0;
    }

    public override int PeerName(out InetEndpoint remote)
    {
        remote = this.remote.GetValueOrDefault();
        return this.remote is null ? Fail(Errno.ENOTCONN) : 0;
    }

    public override int Control(int request, out int value)
    {
        value = request == SocketConstant.InQueue && received.TryPeek(out var first) ? first.Data.Length : 0;
        return request is SocketConstant.InQueue or SocketConstant.OutQueue ? 0 : Fail(Errno.ENOTTY);
    }

    public override int SetOption(int level, int name, ReadOnlySpan<byte> value)
    {
        if (level != SocketOption.SocketLevel)
        {
            return Fail(Errno.ENOPROTOOPT);
        }

        if (!TryNumber(value, out var number))
        {
            return Fail(Errno.EINVAL);
        }

        switch (name)
        {
            case SocketOption.ReuseAddress:
                ReusesAddress = number != 0;
                return 0;
            case SocketOption.Broadcast:
                mayBroadcast = number != 0;
                return 0;
            case SocketOption.ReceiveBuffer:
                receiveBuffer = Math.Clamp(number, 1152, DefaultBuffer);
                return 0;
            case SocketOption.SendBuffer:
                sendBuffer = Math.Clamp(number, 2304, DefaultBuffer);
                return 0;
            default:
                return Fail(Errno.ENOPROTOOPT);
        }
    }

    public override int GetOption(int level, int name, Span<byte> value) => (level, name) switch
    {
        (SocketOption.SocketLevel, SocketOption.Type) => Put(value, SocketConstant.Datagram),
        (SocketOption.SocketLevel, SocketOption.Domain) => Put(value, SocketConstant.Inet),
        (SocketOption.SocketLevel, SocketOption.Protocol) => Put(value, SocketConstant.Udp),
        (SocketOption.SocketLevel, SocketOption.Error) => Put(value, -TakeError()),
        (SocketOption.SocketLevel, SocketOption.AcceptConnections) => Put(value, 0),
        (SocketOption.SocketLevel, SocketOption.ReuseAddress) => Put(value, ReusesAddress ? 1 : 0),
        (SocketOption.SocketLevel, SocketOption.Broadcast) => Put(value, mayBroadcast ? 1 : 0),
        (SocketOption.SocketLevel, SocketOption.ReceiveBuffer) => Put(value, ReceiveBuffer),
        (SocketOption.SocketLevel, SocketOption.SendBuffer) => Put(value, sendBuffer < 0 ? DefaultBuffer : 2 * sendBuffer),
        _ => Fail(Errno.ENOPROTOOPT),
    };

    /// <summary>How well a datagram fits this socket, below 0 not at all (compute_score).</summary>
    public int Score(InetEndpoint source, InetAddress destination)
    {
        var score = 0;
        if (!LocalAddress.IsUnspecified)
        {
            if (LocalAddress != destination)
            {
                return -1;
            }

            score += 4;
        }

        if (remote is { } peer)
        {
            return peer == source ? score + 8 : -1;
        }

        return score;
    }

    public void Queue(ReadOnlySpan<byte> data, InetEndpoint source)
    {
        if (charged + data.Length + Overhead > ReceiveBuffer)
        {
            Dropped++;
            return;
        }

        charged += data.Length + Overhead;
        received.Enqueue((data.ToArray(), source));
    }

    private bool TryBind(ushort port)
    {
        port = port == 0 ? Sockets.DatagramPorts.Choose(this) : port;
        var isFirst = Sockets.DatagramPorts.On(port).Count == 0;
        if (port == 0 || !Sockets.DatagramPorts.TryBind(this, LocalAddress, port))
        {
            return false;
        }

        if (isFirst && !udp.TryBind(Sockets.UdpApplication, port))
        {
            Sockets.DatagramPorts.Remove(this, port);
            return false;
        }

        LocalPort = port;
        return true;
    }

    private void Unbind()
    {
        if (LocalPort == 0)
        {
            return;
        }

        Sockets.DatagramPorts.Remove(this, LocalPort);
        if (Sockets.DatagramPorts.On(LocalPort).Count == 0)
        {
            udp.Unbind(LocalPort);
        }

        LocalPort = 0;
    }
}
