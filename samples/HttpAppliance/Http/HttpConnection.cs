using Millrace.Sockets;

namespace HttpAppliance.Http;

/// <summary>
/// The server's side of one connection: the door through which the loop calls an <see cref="HttpExchange"/>, which is taken
/// from a pool and so costs nothing once as many connections were open at once.
/// </summary>
public struct HttpConnection(HttpSite site) : ITcpHandler
{
    private HttpExchange? exchange;

    public void Connected(TcpSocket socket)
    {
        // Small responses must not wait for the acknowledgement of the last one (Nagle).
        socket.SetNoDelay(true);
        exchange = site.Open(socket.Id);
        exchange.Pump(socket);
    }

    public readonly void Received(TcpSocket socket) => exchange?.Pump(socket);

    public readonly void Writable(TcpSocket socket) => exchange?.Pump(socket);

    public readonly void PeerClosed(TcpSocket socket) => exchange?.Pump(socket);

    public void Closed(TcpSocket socket, TcpCloseReason reason)
    {
        // A handshake that never completed has none.
        if (exchange is not null)
        {
            site.Close(exchange);
            exchange = null;
        }
    }
}
