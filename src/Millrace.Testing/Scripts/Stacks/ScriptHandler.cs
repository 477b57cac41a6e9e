using Millrace.Sockets;

namespace Millrace.Testing.Scripts.Stacks;

/// <summary>
/// The TCP application of a stack that runs scripts: <c>[TcpHandler&lt;ScriptHandler>(Connections = 64)]</c>. It does nothing by itself;
/// the script's calls do.
/// </summary>
/// <param name="sockets">What the script calls.</param>
public readonly struct ScriptHandler(ApplicationSockets sockets) : ITcpHandler
{
    public void Connected(TcpSocket socket) => sockets.Connected(socket);

    public void Received(TcpSocket socket)
    {
    }

    public void Writable(TcpSocket socket)
    {
    }

    public void PeerClosed(TcpSocket socket) => sockets.PeerClosed(socket);

    public void Closed(TcpSocket socket, TcpCloseReason reason) => sockets.Closed(socket, reason);
}
