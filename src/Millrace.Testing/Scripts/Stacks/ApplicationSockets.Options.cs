using Millrace.Sockets;
using Millrace.Tcp;

namespace Millrace.Testing.Scripts.Stacks;

/// <content>setsockopt(2), getsockopt(2), ioctl(2).</content>
public sealed partial class ApplicationSockets
{
    private long SetOption(ApplicationSocket socket, SocketCall call)
    {
        var value = call.Values[0];
        switch (call.Option)
        {
            case "SO_REUSEADDR":
                return 0;
            case "SO_LINGER" when value == 0:
                socket.ClosesByReset = false;
                return 0;
            case "SO_LINGER" when call.Values is [_, 0]:
                socket.ClosesByReset = true;
                return 0;
            case "TCP_FASTOPEN":
                socket.FastOpenQueue = value;
                return 0;
        }

        if (Tcp.TryGet(socket.Connection, out var connection))
        {
            return Apply(connection, call.Option, value) ? 0 : -Errors.Number("EINVAL");
        }
        else
        {
            Known(call.Option);
            socket.Options.Add((call.Option, value));
        }

        return 0;
    }

    /// <summary>Options that are numbers of a connection.</summary>
    private static readonly Dictionary<string, TcpOption> Numbers = new()
    {
        ["SO_KEEPALIVE"] = TcpOption.KeepAlive, ["TCP_KEEPIDLE"] = TcpOption.KeepIdle, ["TCP_KEEPINTVL"] = TcpOption.KeepInterval,
        ["TCP_KEEPCNT"] = TcpOption.KeepCount, ["TCP_SYNCNT"] = TcpOption.SynCount, ["TCP_LINGER2"] = TcpOption.Linger2,
        ["TCP_USER_TIMEOUT"] = TcpOption.UserTimeout,
    };

    private static void Known(string option)
    {
        if (option is not ("TCP_NODELAY" or "SO_RCVBUF" or "SO_SNDBUF" or "TCP_WINDOW_CLAMP") && !Numbers.ContainsKey(option))
        {
            throw new ScriptUnsupportedException($"Millrace's sockets have no {option} yet.");
        }
    }

    /// <returns>Whether the option has such a value.</returns>
    private static bool Apply(TcpSocket connection, string option, int value)
    {
        Known(option);
        if (Numbers.TryGetValue(option, out var number))
        {
            return connection.TrySet(number, value);
        }

        switch (option)
        {
            case "TCP_NODELAY":
                connection.SetNoDelay(value != 0);
                break;
            case "SO_RCVBUF":
                connection.SetReceiveBuffer(value);
                break;
            case "SO_SNDBUF":
                connection.SetSendBuffer(value);
                break;
            default:
                connection.SetWindowClamp(value);
                break;
        }

        return true;
    }

    private long GetOption(ApplicationSocket socket, string option)
    {
        if (option == "SO_ERROR")
        {
            return socket.TakeError();
        }

        if (!Tcp.TryGet(socket.Connection, out var connection))
        {
            throw new ScriptUnsupportedException($"Without a connection Millrace has only SO_ERROR, not {option}.");
        }

        return option switch
        {
            _ when Numbers.TryGetValue(option, out var number) => connection.Get(number),
            "SO_RCVBUF" => connection.ReceiveBuffer,
            "SO_SNDBUF" => connection.SendBuffer,
            "TCP_MAXSEG" => connection.Info.SndMss,
            _ => throw new ScriptUnsupportedException($"Millrace's sockets have no {option} yet."),
        };
    }

    /// <summary>SIOCINQ, or SIOCOUTQ.</summary>
    private long Ask(ApplicationSocket socket, int request)
    {
        const int InputLength = 0x541B;
        if (!Tcp.TryGet(socket.Connection, out var connection))
        {
            return 0;
        }

        return request == InputLength ? connection.Readable : connection.Unacknowledged;
    }
}
