namespace Millrace.Sockets;

/// <summary>A stack that declares <see cref="AsyncSocketsAttribute"/>. The generated class implements it.</summary>
public interface IAsyncNetworkStack : INetworkStack
{
    /// <summary>The sockets for asynchronous code; thread-safe.</summary>
    AsyncSockets Sockets { get; }
}
