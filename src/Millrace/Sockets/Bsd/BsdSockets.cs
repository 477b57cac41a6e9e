using Millrace.Headers;
using Millrace.Tcp;

namespace Millrace.Sockets;

/// <summary>
/// Sockets as BSD shaped them and Linux has them, for a program that drives its stack itself: descriptors, calls that never block, results
/// of 0 or more or an <see cref="Errno"/> negated. A stack has them by two handlers without a port, <c>[TcpHandler&lt;BsdTcp&gt;]</c> and
/// <c>[UdpHandler&lt;BsdUdp&gt;]</c>, and <see cref="Attach"/>. Calls come from the thread that polls, between polls; what they cause is
/// sent at the end of the next poll.
/// </summary>
public sealed partial class BsdSockets
{
    private readonly BsdSocket?[] table;

    /// <param name="descriptors">Sockets at once; one more is EMFILE.</param>
    public BsdSockets(int descriptors = 1024)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(descriptors);
        table = new BsdSocket?[descriptors];
        StreamPorts = new BsdPorts(this);
        DatagramPorts = new BsdPorts(this);
    }

    internal NetworkLayer Network { get; private set; } = null!;

    internal TcpSockets Tcp { get; private set; } = null!;

    internal int TcpApplication { get; private set; }

    internal UdpSockets? Udp { get; private set; }

    internal int UdpApplication { get; private set; }

    internal BsdPorts StreamPorts { get; }

    internal BsdPorts DatagramPorts { get; }

    /// <summary>Ties them to their stack, once, before the first call.</summary>
    /// <param name="tcpApplication">The number of <see cref="BsdTcp"/> among TCP's applications.</param>
    /// <param name="udp">Null for a stack without datagram sockets.</param>
    /// <param name="udpApplication">The number of <see cref="BsdUdp"/> among UDP's.</param>
    public void Attach(NetworkLayer network, TcpSockets tcp, int tcpApplication, UdpSockets? udp = null, int udpApplication = 0)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(tcp);
        Network = network;
        Tcp = tcp;
        TcpApplication = tcpApplication;
        Udp = udp;
        UdpApplication = udpApplication;
    }

    /// <summary>socket(2).</summary>
    /// <returns>A descriptor; EAFNOSUPPORT, ESOCKTNOSUPPORT, EPROTONOSUPPORT, EMFILE.</returns>
    public int Create(int family, int type, int protocol = 0)
    {
        if (family != SocketConstant.Inet)
        {
            return Fail(Errno.EAFNOSUPPORT);
        }

        switch (type & ~SocketConstant.TypeFlags)
        {
            case SocketConstant.Stream when protocol is 0 or SocketConstant.Tcp:
                return Add(new BsdStream(this));
            case SocketConstant.Datagram when protocol is 0 or SocketConstant.Udp && Udp is not null:
                return Add(new BsdDatagram(this, Udp));
            case SocketConstant.Stream or SocketConstant.Datagram:
                return Fail(Errno.EPROTONOSUPPORT);
            default:
                return Fail(Errno.ESOCKTNOSUPPORT);
        }
    }

    /// <summary>bind(2); port 0 takes one that is free.</summary>
    public int Bind(int descriptor, InetEndpoint local) => Find(descriptor) is { } socket ? socket.Bind(local) : Fail(Errno.EBADF);

    /// <summary>listen(2).</summary>
    public int Listen(int descriptor, int backlog) => Find(descriptor) is { } socket ? socket.Listen(backlog) : Fail(Errno.EBADF);

    /// <summary>accept(2).</summary>
    /// <returns>The descriptor of the connection.</returns>
    public int Accept(int descriptor, out InetEndpoint peer)
    {
        peer = default;
        return Find(descriptor) is { } socket ? socket.Accept(out peer) : Fail(Errno.EBADF);
    }

    /// <summary>connect(2): EINPROGRESS at first; call again, or look at <see cref="Poll"/> and SO_ERROR.</summary>
    public int Connect(int descriptor, InetEndpoint remote) => Find(descriptor) is { } socket ? socket.Connect(remote) : Fail(Errno.EBADF);

    /// <summary>connect(2) with an address of AF_UNSPEC: the socket is as it was made, but for its port.</summary>
    public int Disconnect(int descriptor) => Find(descriptor) is { } socket ? socket.Disconnect() : Fail(Errno.EBADF);

    /// <summary>send(2), sendto(2).</summary>
    /// <returns>Bytes taken.</returns>
    public int Send(int descriptor, ReadOnlySpan<byte> source, MessageFlags flags = MessageFlags.None, InetEndpoint? remote = null) =>
        Find(descriptor) is { } socket ? socket.Send(source, flags, remote) : Fail(Errno.EBADF);

    /// <summary>recv(2).</summary>
    /// <returns>Bytes received; 0 at the end of a stream.</returns>
    public int Receive(int descriptor, Span<byte> destination, MessageFlags flags = MessageFlags.None) => Receive(descriptor, destination, flags, out _);

    /// <summary>recvfrom(2).</summary>
    /// <param name="source">Who sent a datagram; of a stream nothing, as on Linux.</param>
    public int Receive(int descriptor, Span<byte> destination, MessageFlags flags, out InetEndpoint source)
    {
        source = default;
        return Find(descriptor) is { } socket ? socket.Receive(destination, flags, out source) : Fail(Errno.EBADF);
    }

    /// <summary>shutdown(2): 0 reading, 1 writing, 2 both.</summary>
    public int Shutdown(int descriptor, int how) => Find(descriptor) is { } socket ? socket.Shutdown(how) : Fail(Errno.EBADF);

    /// <summary>close(2).</summary>
    public int Close(int descriptor)
    {
        if (Find(descriptor) is not { } socket)
        {
            return Fail(Errno.EBADF);
        }

        table[descriptor] = null;
        socket.Close();
        return 0;
    }

    /// <summary>What a socket is ready for now, all of it (tcp_poll); <see cref="PollEvents.Invalid"/> if there is none.</summary>
    public PollEvents Poll(int descriptor) => Find(descriptor) is { } socket ? socket.Ready() : PollEvents.Invalid;

    /// <summary>getsockname(2).</summary>
    public int Name(int descriptor, out InetEndpoint local)
    {
        local = default;
        return Find(descriptor) is { } socket ? socket.Name(out local) : Fail(Errno.EBADF);
    }

    /// <summary>getpeername(2).</summary>
    public int PeerName(int descriptor, out InetEndpoint remote)
    {
        remote = default;
        return Find(descriptor) is { } socket ? socket.PeerName(out remote) : Fail(Errno.EBADF);
    }

    /// <summary>ioctl(2) of the amounts in a socket's queues (<see cref="SocketConstant.InQueue"/> and the other two).</summary>
    public int Control(int descriptor, int request, out int value)
    {
        value = 0;
        return Find(descriptor) is { } socket ? socket.Control(request, out value) : Fail(Errno.EBADF);
    }

    /// <summary>setsockopt(2), with the names of <see cref="SocketOption"/>; ENOPROTOOPT for one that there is not.</summary>
    public int SetOption(int descriptor, int level, int name, ReadOnlySpan<byte> value) =>
        Find(descriptor) is { } socket ? socket.SetOption(level, name, value) : Fail(Errno.EBADF);

    /// <summary>getsockopt(2).</summary>
    /// <returns>Bytes written, as many of the option's as there was room for.</returns>
    public int GetOption(int descriptor, int level, int name, Span<byte> value) =>
        Find(descriptor) is { } socket ? socket.GetOption(level, name, value) : Fail(Errno.EBADF);

    /// <summary>Whether the descriptor is of a stream; datagrams are sent and received whole.</summary>
    public bool IsStream(int descriptor) => Find(descriptor)?.Type == SocketConstant.Stream;

    internal int Add(BsdSocket socket)
    {
        // the lowest that is free, as POSIX has it
        var free = Array.IndexOf(table, null);
        if (free < 0)
        {
            return Fail(Errno.EMFILE);
        }

        table[free] = socket;
        return free;
    }

    internal bool IsFull => Array.IndexOf(table, null) < 0;

    private BsdSocket? Find(int descriptor) => (uint)descriptor < (uint)table.Length ? table[descriptor] : null;

    private static int Fail(Errno error) => -(int)error;
}
