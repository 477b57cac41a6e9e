using Millrace.Headers;
using Millrace.Sockets;
using Millrace.Tcp;

namespace Millrace.Testing.Scripts.Stacks;

/// <summary>Makes the calls of a script on the BSD sockets of a stack.</summary>
internal sealed class StackSockets(BsdSockets sockets, TcpSockets tcp)
{
    public long Call(SocketCall call)
    {
        var descriptor = call.Descriptor;
        switch (call.Name)
        {
            case "socket":
                return sockets.Create(SocketConstant.Inet, SocketConstant.Stream);
            case "bind":
                return sockets.Bind(descriptor, new InetEndpoint(InetAddress.FromIpv4(0), call.Port));
            case "listen":
                return sockets.Listen(descriptor, call.Number);
            case "accept":
                return sockets.Accept(descriptor, out _);
            case "connect":
                return sockets.Connect(descriptor, Remote(call));
            case "recv":
                return sockets.Receive(descriptor, call.Buffer, (MessageFlags)call.Number);
            case "send":
                return sockets.Send(descriptor, call.Buffer, (MessageFlags)call.Number);
            case "sendto":
                return sockets.Send(descriptor, call.Buffer, (MessageFlags)call.Number, Remote(call));
            case "shutdown":
                return sockets.Shutdown(descriptor, call.Number);
            case "close":
                return sockets.Close(descriptor);
            case "ioctl":
                var error = sockets.Control(descriptor, call.Number, out var value);
                return error < 0 ? error : value;
            case "setsockopt":
                var (level, name) = Option(call);
                return sockets.SetOption(descriptor, level, name, [.. call.Values.SelectMany(BitConverter.GetBytes)]);
            case "getsockopt":
                return Read(call);
            case "poll":
                return (long)sockets.Poll(descriptor) & SocketCalls.PollBits.Sum(known => known.Bit);
            default:
                throw new ScriptUnsupportedException($"Millrace's driver has no call '{call.Name}'.");
        }
    }

    /// <exception cref="ScriptUnsupportedException">The socket has no connection.</exception>
    public TcpInfo InfoOf(int descriptor) =>
        sockets.Name(descriptor, out var local) == 0 && sockets.PeerName(descriptor, out var remote) == 0 && tcp.TryFind(local, remote, out var socket)
            ? socket.Info
            : throw new ScriptUnsupportedException("The socket has no connection (any more), so there is no TCP_INFO of it.");

    private long Read(SocketCall call)
    {
        var (level, name) = Option(call);
        Span<byte> value = stackalloc byte[8];
        var length = sockets.GetOption(call.Descriptor, level, name, value);
        return length < 0 ? length : BitConverter.ToInt32(value);
    }

    private static (int Level, int Name) Option(SocketCall call) => SocketCalls.Options[call.Option];

    private static InetEndpoint Remote(SocketCall call) => new(InetAddress.FromIpv4(call.Address), call.Port);
}
