using Millrace.Tcp;

namespace Millrace.Sockets;

/// <summary>
/// An application's side of one TCP connection, called inside the loop. An exception from any of these leaves Poll, and the
/// stack is faulted from then on. The socket is valid during the call; <see cref="TcpSocket.Id"/> may be kept.
/// </summary>
public interface ITcpHandler
{
    /// <summary>
    /// The connection is established, or opened early by a cookie (<see cref="TcpHandlerAttribute{THandler}.FastOpenQueue"/>):
    /// then its handshake is still to end, and the same request may come twice.
    /// </summary>
    void Connected(TcpSocket socket);

    /// <summary>Bytes arrived in order: look with <see cref="TcpSocket.Peek"/>, take with <see cref="TcpSocket.Consume"/>.</summary>
    void Received(TcpSocket socket);

    /// <summary>There is room in the send buffer again after a write was cut short.</summary>
    void Writable(TcpSocket socket);

    /// <summary>The peer will send no more (FIN); what it sent before may still be unread.</summary>
    void PeerClosed(TcpSocket socket);

    /// <summary>
    /// The connection is gone; this handler's slot will be used again. After an orderly end
    /// (<see cref="TcpCloseReason.Closed"/>) it comes only when everything received was consumed; after any other, unread data
    /// is discarded when this returns; until then <see cref="TcpSockets.PeekAt"/> shows it.
    /// </summary>
    void Closed(TcpSocket socket, TcpCloseReason reason);
}

/// <summary>How a connection ended for its application.</summary>
public enum TcpCloseReason : byte
{
    /// <summary>Both ends closed.</summary>
    Closed,

    /// <summary>The peer sent a reset (ECONNRESET).</summary>
    Reset,

    /// <summary>The peer answered the SYN with a reset (ECONNREFUSED).</summary>
    Refused,

    /// <summary>Retransmissions or keepalives went unanswered (ETIMEDOUT).</summary>
    TimedOut,

    /// <summary>An ICMP error, or a neighbour that does not answer (EHOSTUNREACH).</summary>
    HostUnreachable,

    /// <summary>ENETUNREACH.</summary>
    NetworkUnreachable,

    /// <summary>This end aborted.</summary>
    Aborted,
}

/// <summary>
/// Every TCP application of a stack behind one struct: the generator writes it, a switch over the applications, so that
/// TCP calls handlers without a virtual call.
/// </summary>
public interface ITcpApplications
{
    /// <summary>How many applications there are; they are numbered from 0.</summary>
    int Count { get; }

    /// <summary>Connections an application can have at once.</summary>
    int Connections(int application);

    /// <summary>The port it listens on from the start, or 0.</summary>
    int Port(int application);

    /// <summary>The backlog of that listener, or 0 for the default.</summary>
    int Backlog(int application);

    /// <summary>Connections that listener may have whose handshake is not over (Fast Open), or 0.</summary>
    int FastOpenQueue(int application);

    /// <summary>A slot of the application is taken into use: its handler is made anew.</summary>
    void Opened(int application, int slot, TcpSocket socket);

    void Connected(int application, int slot, TcpSocket socket);

    void Received(int application, int slot, TcpSocket socket);

    void Writable(int application, int slot, TcpSocket socket);

    void PeerClosed(int application, int slot, TcpSocket socket);

    void Closed(int application, int slot, TcpSocket socket, TcpCloseReason reason);
}
