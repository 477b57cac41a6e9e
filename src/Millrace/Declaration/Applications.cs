namespace Millrace;

/// <summary>
/// An application over TCP that runs inside the loop: one struct of the given type a connection, in an array sized when the
/// stack is made.
/// </summary>
/// <typeparam name="THandler">A struct that implements <see cref="Sockets.ITcpHandler"/>.</typeparam>
/// <param name="port">The port to listen on; 0 for an application that only opens connections itself.</param>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = true)]
public sealed class TcpHandlerAttribute<THandler>(int port = 0) : Attribute
    where THandler : struct, Sockets.ITcpHandler
{
    public int Port { get; } = port;

    /// <summary>Connections at once.</summary>
    public int Connections { get; set; } = 1024;

    /// <summary>Handshakes and connections that wait to be accepted; 0 takes the profile's somaxconn.</summary>
    public int Backlog { get; set; }

    /// <summary>
    /// Connections that the handler may have before their handshake is over, because the SYN had a valid cookie of Fast Open
    /// (TCP_FASTOPEN); 0 for none. It needs 2 in <see cref="ITcpSettings.FastOpen"/>.
    /// </summary>
    public int FastOpenQueue { get; set; }
}

/// <summary>An application over UDP that runs inside the loop.</summary>
/// <typeparam name="THandler">A struct that implements <see cref="Sockets.IUdpHandler"/>.</typeparam>
/// <param name="port">The port to listen on; 0 for an application that binds ports at run time.</param>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = true)]
public sealed class UdpHandlerAttribute<THandler>(int port = 0) : Attribute
    where THandler : struct, Sockets.IUdpHandler
{
    public int Port { get; } = port;
}

/// <summary>Sockets for asynchronous code outside the loop: listener, connection, stream.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class AsyncSocketsAttribute : Attribute
{
    /// <summary>Connections at once, accepted and opened.</summary>
    public int Connections { get; set; } = 1024;

    /// <summary>Calls from application threads that can wait for the worker.</summary>
    public int Calls { get; set; } = 1024;
}
