using Millrace.Sockets;
using static Millrace.Sockets.SocketConstant;
using static Millrace.Sockets.SocketOption;

namespace Millrace.Stack.Tests.Bsd;

/// <summary>Sequences of socket calls, each a question about what sockets do.</summary>
internal static partial class CallSequences
{
    private static readonly Dictionary<string, Action<SocketCalls>> Beginnings = new()
    {
        ["families, kinds and protocols that are not there"] = calls =>
        {
            calls.Socket(2, 1, 6);
            calls.Socket(2, 2, 17);
            calls.Socket(2, 1, 17);
            calls.Socket(2, 2, 6);
            calls.Socket(2, 9, 0);
            calls.Socket(99, 1, 0);
        },
        ["a socket that has done nothing"] = calls => AskAll(calls, calls.Socket(SocketCalls.Stream)),
        ["a bound socket"] = calls =>
        {
            var socket = calls.Socket(SocketCalls.Stream);
            calls.Bind(socket);
            calls.Bind(socket);
            AskAll(calls, socket);
        },
        ["a foreign address"] = calls => calls.Bind(calls.Socket(SocketCalls.Stream), isForeign: true),
        ["a listener"] = calls =>
        {
            var socket = Listener(calls);
            calls.Listen(socket, 3);
            calls.Connect(socket, calls.PortOf(socket));
            calls.Bind(socket);
            AskAll(calls, socket);
        },
        ["a port that is bound"] = calls =>
        {
            var first = calls.Socket(SocketCalls.Stream);
            calls.Bind(first);
            var port = calls.PortOf(first);
            calls.Bind(calls.Socket(SocketCalls.Stream), port);
            calls.Listen(first);
            calls.Bind(calls.Socket(SocketCalls.Stream), port);
            calls.Close(first);
            calls.Bind(calls.Socket(SocketCalls.Stream), port);
        },
        ["two that share a port, and listen"] = calls =>
        {
            var first = calls.Socket(SocketCalls.Stream);
            var second = calls.Socket(SocketCalls.Stream);
            var third = calls.Socket(SocketCalls.Stream);
            calls.Set(first, SocketLevel, ReuseAddress, 1);
            calls.Set(second, SocketLevel, ReuseAddress, 1);
            calls.Bind(first);
            calls.Bind(second, calls.PortOf(first));
            calls.Bind(third, calls.PortOf(first));
            calls.Listen(first);
            calls.Listen(second);
        },
        ["a connection"] = calls =>
        {
            var listener = Listener(calls);
            var client = calls.Socket(SocketCalls.Stream);
            calls.Connect(client, calls.PortOf(listener));
            calls.Settle();
            calls.Poll(client);
            calls.Poll(listener);
            calls.Get(client, SocketLevel, Error);
            calls.Connect(client, calls.PortOf(listener));
            calls.Connect(client, calls.PortOf(listener));
            var server = calls.Accept(listener);
            calls.Poll(listener);
            calls.Accept(listener);
            AskAll(calls, server);
            calls.Send(client, "hello");
            calls.Settle();
            AskAll(calls, server);
        },
        ["looking, discarding, reading"] = calls =>
        {
            var (client, server) = Pair(calls);
            calls.Send(client, "0123456789");
            calls.Settle();
            calls.Receive(server, 4, MessageFlags.Peek);
            calls.Control(server, InQueue);
            calls.Receive(server, 3, MessageFlags.Truncate);
            calls.Receive(server, 3, MessageFlags.Peek | MessageFlags.Truncate);
            calls.Receive(server, 0);
            calls.Receive(server, 2, MessageFlags.DontWait);
            calls.Receive(server, 50, MessageFlags.WaitAll);
            calls.Receive(server, 0);
            calls.Receive(server, 1, MessageFlags.OutOfBand);
            calls.Receive(server, 1, MessageFlags.ErrorQueue);
            calls.Send(client, "");
            calls.Receive(server);
        },
        ["half closed"] = calls =>
        {
            var (client, server) = Pair(calls);
            calls.Send(client, "last words");
            calls.Shutdown(client, ShutdownWrite);
            calls.Send(client, "more");
            calls.Settle();
            calls.Poll(client);
            calls.Poll(server);
            calls.Receive(server, 5);
            calls.Receive(server);
            calls.Receive(server);
            calls.Send(server, "answer");
            calls.Settle();
            calls.Receive(client);
            calls.Receive(client);
            calls.Shutdown(server, ShutdownWrite);
            calls.Settle();
            AskAll(calls, client);
            AskAll(calls, server);
        },
        ["no such descriptor"] = calls =>
        {
            const int None = 1 << 20;
            calls.Close(None);
            calls.Listen(None);
            calls.Receive(None);
            calls.Poll(None);
            calls.Get(-1, SocketLevel, Error);
        },
    };

    public static IReadOnlyDictionary<string, Action<SocketCalls>> All =>
        new[] { Beginnings, Ends, Queues, Choices, Urgent, Datagrams }.SelectMany(part => part).ToDictionary();

    public static void Options(SocketCalls calls, int socket)
    {
        foreach (var name in new[] { SocketOption.Type, Domain, SocketOption.Protocol, AcceptConnections, ReuseAddress, KeepAlive, MaximumPacingRate })
        {
            calls.Get(socket, SocketLevel, name);
        }

        calls.Get(socket, SocketLevel, Linger, 8);
        foreach (var name in new[] { TcpNoDelay, TcpKeepIdle, TcpKeepInterval, TcpKeepCount, TcpSynCount, TcpLinger2, TcpWindowClamp, TcpUserTimeout, TcpFastOpen })
        {
            calls.Get(socket, TcpLevel, name);
        }
    }

    /// <summary>Everything that can be asked of a socket, and changes as little as it can.</summary>
    private static void AskAll(SocketCalls calls, int socket)
    {
        calls.Poll(socket);
        calls.Control(socket, InQueue);
        if (calls.HasPeer(socket) == 0)
        {
            // of a socket that has none Linux subtracts what the last connection left
            calls.Control(socket, OutQueue);
        }

        calls.Get(socket, SocketLevel, AcceptConnections);
        calls.Accept(socket);
        calls.Receive(socket);
        calls.Receive(socket);
        calls.Send(socket, "x");
        calls.Settle();
        calls.Get(socket, SocketLevel, Error);
        calls.Shutdown(socket, ShutdownWrite);
        calls.Poll(socket);
    }

    public static int Listener(SocketCalls calls, int backlog = 8)
    {
        var listener = calls.Socket(SocketCalls.Stream);
        calls.Bind(listener);
        calls.Listen(listener, backlog);
        return listener;
    }

    public static (int Client, int Server) Pair(SocketCalls calls, int listener = -1)
    {
        listener = listener < 0 ? Listener(calls) : listener;
        var client = calls.Socket(SocketCalls.Stream);
        calls.Connect(client, calls.PortOf(listener));
        calls.Settle();
        return (client, calls.Accept(listener));
    }

    /// <summary>Each value in turn, and what is read after it.</summary>
    private static void SetAndGet(SocketCalls calls, int socket, int level, int name, params int[] values)
    {
        calls.Get(socket, level, name);
        foreach (var value in values)
        {
            calls.Set(socket, level, name, value);
            calls.Get(socket, level, name);
        }
    }
}
