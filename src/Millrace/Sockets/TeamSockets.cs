using System.Net;
using System.Net.Sockets;
using Millrace.Headers;

namespace Millrace.Sockets;

/// <summary>
/// The sockets of all workers of a stack as one, for asynchronous code that does not care which worker has a connection: what
/// opens goes to the workers in turn, and a listener listens at all of them. Thread-safe. The sockets of each worker stay usable.
/// </summary>
public sealed class TeamSockets
{
    private readonly AsyncSockets[] workers;
    private uint next;

    /// <param name="stacks">The stacks of one team, such as <see cref="WorkerTeam{TStack}.Stacks"/>.</param>
    public TeamSockets(IEnumerable<IAsyncNetworkStack> stacks)
    {
        ArgumentNullException.ThrowIfNull(stacks);
        workers = [.. stacks.Select(stack => stack.Sockets)];
        if (workers.Length == 0)
        {
            throw new ArgumentException("Sockets of a team need the stack of one worker at least.", nameof(stacks));
        }
    }

    /// <summary>Connections at once, of all workers.</summary>
    public int Connections => workers.Sum(sockets => sockets.Connections);

    /// <summary>Opens a connection at the worker whose turn it is; at the next one if that worker has faulted.</summary>
    /// <exception cref="SocketException">As <see cref="AsyncSockets.ConnectAsync(InetEndpoint, CancellationToken)"/>.</exception>
    public ValueTask<AsyncTcpConnection> ConnectAsync(InetEndpoint remote, CancellationToken cancellation = default) =>
        Next().ConnectAsync(remote, cancellation);

    /// <inheritdoc cref="AsyncSockets.ConnectAsync(InetEndpoint, ReadOnlyMemory{byte}, CancellationToken)"/>
    /// <remarks>Each worker knows the cookies that it was given itself.</remarks>
    public ValueTask<AsyncTcpConnection> ConnectAsync(InetEndpoint remote, ReadOnlyMemory<byte> first, CancellationToken cancellation = default) =>
        Next().ConnectAsync(remote, first, cancellation);

    /// <inheritdoc cref="ConnectAsync(InetEndpoint, CancellationToken)"/>
    public ValueTask<AsyncTcpConnection> ConnectAsync(IPEndPoint remote, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(remote);
        return ConnectAsync(new InetEndpoint(InetAddress.From(remote.Address), (ushort)remote.Port), cancellation);
    }

    /// <summary>Listens on a port at every worker.</summary>
    /// <param name="backlog">Connections that may wait to be accepted, at each worker; 0 takes Linux's somaxconn, at most all connections.</param>
    /// <param name="fastOpenQueue">Connections at once that may begin with data on their SYN (TCP_FASTOPEN), at each worker; 0 for none.</param>
    /// <exception cref="SocketException">AddressAlreadyInUse: a listener of one of the workers has the port.</exception>
    public TeamTcpListener Listen(int port, int backlog = 0, int fastOpenQueue = 0)
    {
        var listeners = new AsyncTcpListener[workers.Length];
        try
        {
            for (var i = 0; i < workers.Length; i++)
            {
                listeners[i] = workers[i].Listen(port, backlog, fastOpenQueue);
            }
        }
        catch
        {
            Array.ForEach(listeners, listener => listener?.Stop());
            throw;
        }

        return new TeamTcpListener(listeners);
    }

    /// <summary>The worker whose turn it is, of those that still run.</summary>
    private AsyncSockets Next()
    {
        var turn = Interlocked.Increment(ref next) - 1;
        for (var i = 0; i < workers.Length; i++)
        {
            var sockets = workers[(turn + (uint)i) % (uint)workers.Length];
            if (sockets.EndedBy is null)
            {
                return sockets;
            }
        }

        return workers[turn % (uint)workers.Length];
    }
}
