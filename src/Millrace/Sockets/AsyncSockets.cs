using System.ComponentModel;
using System.Net;
using System.Net.Sockets;
using Millrace.Headers;
using Millrace.Tcp;

namespace Millrace.Sockets;

/// <summary>
/// Sockets for asynchronous code outside the loop, declared by <see cref="AsyncSocketsAttribute"/>. To TCP it is one more
/// application; to its users it is thread-safe. What users ask for reaches the worker through one bounded ring, and is done
/// at the start of the next poll.
/// </summary>
public sealed partial class AsyncSockets
{
    private const int DefaultBacklog = 4096;

    private readonly AsyncCallRing ring;
    private readonly HashSet<ushort> ports = [];
    private INetworkStack? stack;

    /// <param name="connections">Connections at once, accepted and opened.</param>
    /// <param name="calls">Calls that can wait for the worker before further ones are set aside.</param>
    public AsyncSockets(int connections, int calls)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(connections);
        Connections = connections;
        ring = new AsyncCallRing(calls);
        bySlot = new AsyncTcpChannel?[connections];
        spare = new AsyncTcpChannel[connections];
        for (var i = 0; i < connections; i++)
        {
            spare[i] = new AsyncTcpChannel(this);
        }

        spareCount = connections;
        Connects = new AsyncOperationPool<AsyncConnect>(connections, () => new AsyncConnect(this));
        Accepts = new AsyncOperationPool<AsyncAccept>(connections, () => new AsyncAccept(this));
    }

    /// <summary>Connections at once.</summary>
    public int Connections { get; }

    /// <summary>Calls that found the ring full, and waited longer for it.</summary>
    public long ParkedCalls => ring.Parked;

    internal AsyncOperationPool<AsyncConnect> Connects { get; }

    internal AsyncOperationPool<AsyncAccept> Accepts { get; }

    /// <summary>Opens a connection.</summary>
    /// <exception cref="SocketException">
    /// ConnectionRefused, TimedOut, HostUnreachable, NetworkUnreachable; TooManyOpenSockets if all declared connections are in
    /// use, AddressNotAvailable if no local port is free.
    /// </exception>
    public ValueTask<AsyncTcpConnection> ConnectAsync(InetEndpoint remote, CancellationToken cancellation = default)
    {
        ThrowIfNoRemote(remote);
        return cancellation.IsCancellationRequested
            ? ValueTask.FromCanceled<AsyncTcpConnection>(cancellation)
            : Connects.Rent().Start(remote, cancellation);
    }

    /// <summary>
    /// Opens a connection with first data, which goes on the SYN if Fast Open is declared (1 in <see cref="ITcpSettings.FastOpen"/>) and a cookie of the
    /// server is known, else behind the handshake (RFC 7413; TCP_FASTOPEN_CONNECT). It may reach the server's application twice: say nothing that may not be.
    /// </summary>
    /// <param name="first">Not to be changed before the connection is there.</param>
    /// <returns>The connection, when all of the first data is sent or queued.</returns>
    /// <exception cref="SocketException">As without first data.</exception>
    public async ValueTask<AsyncTcpConnection> ConnectAsync(InetEndpoint remote, ReadOnlyMemory<byte> first, CancellationToken cancellation = default)
    {
        ThrowIfNoRemote(remote);
        cancellation.ThrowIfCancellationRequested();
        var connection = await Connects.Rent().Start(remote, cancellation, first).ConfigureAwait(false);
        try
        {
            // what did not fit on a SYN
            if (connection.FirstWritten < first.Length)
            {
                await connection.WriteAsync(first[connection.FirstWritten..], cancellation).ConfigureAwait(false);
            }

            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <inheritdoc cref="ConnectAsync(InetEndpoint, CancellationToken)"/>
    public ValueTask<AsyncTcpConnection> ConnectAsync(IPEndPoint remote, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(remote);
        return ConnectAsync(new InetEndpoint(InetAddress.From(remote.Address), (ushort)remote.Port), cancellation);
    }

    /// <summary>Listens on a port. The worker opens it at its next poll: see <see cref="AsyncTcpListener.Listening"/>.</summary>
    /// <param name="backlog">Connections that may wait to be accepted; 0 takes Linux's somaxconn, at most all connections.</param>
    /// <param name="fastOpenQueue">Connections at once that may begin with data on their SYN (TCP_FASTOPEN); 0 for none.</param>
    /// <exception cref="SocketException">AddressAlreadyInUse: another listener of these sockets has the port.</exception>
    public AsyncTcpListener Listen(int port, int backlog = 0, int fastOpenQueue = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(fastOpenQueue);
        ArgumentOutOfRangeException.ThrowIfLessThan(port, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(port, ushort.MaxValue);
        ArgumentOutOfRangeException.ThrowIfNegative(backlog);
        lock (ports)
        {
            if (!ports.Add((ushort)port))
            {
                throw new SocketException((int)SocketError.AddressAlreadyInUse);
            }
        }

        var capacity = Math.Min(backlog == 0 ? DefaultBacklog : backlog, Connections);
        var waiting = new AsyncTcpBacklog(this, (ushort)port, capacity, fastOpenQueue);
        Post(waiting);
        return new AsyncTcpListener(this, waiting);
    }

    /// <summary>Ties it to its stack; the generated constructor calls this once.</summary>
    /// <param name="application">Its number among TCP's applications.</param>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public void Attach(TcpSockets tcp, int application, INetworkStack stack)
    {
        ArgumentNullException.ThrowIfNull(tcp);
        ArgumentNullException.ThrowIfNull(stack);
        Tcp = tcp;
        this.application = application;
        this.stack = stack;
    }

    private static void ThrowIfNoRemote(InetEndpoint remote)
    {
        if (remote.Port == 0 || remote.Address.IsUnspecified)
        {
            throw new ArgumentException($"{remote} cannot be connected to; give an address and a port.", nameof(remote));
        }
    }

    internal void ForgetPort(ushort port)
    {
        lock (ports)
        {
            ports.Remove(port);
        }
    }
}
