using Millrace.Sockets;
using static Millrace.Sockets.SocketConstant;
using static Millrace.Sockets.SocketOption;

namespace Millrace.Stack.Tests.Bsd;

/// <summary>Sequences of socket calls, each a question about what sockets do.</summary>
internal static class CallSequences
{
    public static readonly IReadOnlyDictionary<string, Action<SocketCalls>> All = new Dictionary<string, Action<SocketCalls>>
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
        ["closed by the peer"] = calls =>
        {
            var (client, server) = Pair(calls);
            calls.Close(client);
            calls.Settle();
            AskAll(calls, server);
            calls.Settle();
            AskAll(calls, server);
        },
        ["closed by the peer, with something unread"] = calls =>
        {
            var (client, server) = Pair(calls);
            calls.Send(server, "unread");
            calls.Send(client, "left");
            calls.Settle();
            calls.Close(client);
            calls.Settle();
            calls.Poll(server);
            calls.Control(server, InQueue);
            calls.Receive(server, 2, MessageFlags.Peek);
            calls.Receive(server, 2);
            calls.Receive(server);
            calls.Receive(server);
            AskAll(calls, server);
        },
        ["reset by the peer"] = calls =>
        {
            var (client, server) = Pair(calls);
            calls.Set(client, SocketLevel, Linger, 1, 0);
            calls.Close(client);
            calls.Settle();
            calls.Poll(server);
            calls.Send(server, "anybody?");
            calls.Send(server, "anybody?");
            AskAll(calls, server);
        },
        ["reset after the peer's end"] = calls =>
        {
            var (client, server) = Pair(calls);
            calls.Close(client);
            calls.Settle();
            calls.Send(server, "too late");
            calls.Settle();
            calls.Poll(server);
            calls.Receive(server);
            calls.Send(server, "too late");
            calls.Send(server, "too late");
            AskAll(calls, server);
        },
        ["nobody listens"] = calls =>
        {
            var silent = calls.Socket(SocketCalls.Stream);
            calls.Bind(silent);
            var client = calls.Socket(SocketCalls.Stream);
            calls.Connect(client, calls.PortOf(silent));
            calls.Settle();
            calls.Poll(client);
            calls.Connect(client, calls.PortOf(silent));
            calls.Poll(client);
            AskAll(calls, client);
        },
        ["nobody listens, and the error is asked for"] = calls =>
        {
            var silent = calls.Socket(SocketCalls.Stream);
            calls.Bind(silent);
            var client = calls.Socket(SocketCalls.Stream);
            calls.Connect(client, calls.PortOf(silent));
            calls.Settle();
            calls.Get(client, SocketLevel, Error);
            calls.Get(client, SocketLevel, Error);
            calls.Poll(client);
            calls.Send(client, "x");
            calls.Receive(client);
            calls.Connect(client, calls.PortOf(silent));
        },
        ["a listener that closes with connections unaccepted"] = calls =>
        {
            var listener = Listener(calls);
            var client = calls.Socket(SocketCalls.Stream);
            calls.Connect(client, calls.PortOf(listener));
            calls.Settle();
            calls.Close(listener);
            calls.Settle();
            AskAll(calls, client);
        },
        ["a listener that is shut down"] = calls =>
        {
            var listener = Listener(calls);
            var port = calls.PortOf(listener);
            calls.Shutdown(listener, ShutdownWrite);
            calls.Poll(listener);
            calls.Shutdown(listener, ShutdownRead);
            calls.Poll(listener);
            calls.Accept(listener);
            var client = calls.Socket(SocketCalls.Stream);
            calls.Connect(client, port);
            calls.Settle();
            calls.Connect(client, port);
            calls.Listen(listener);
            calls.Poll(listener);
        },
        ["disconnected"] = calls =>
        {
            var (client, server) = Pair(calls);
            calls.Disconnect(client);
            calls.Settle();
            AskAll(calls, client);
            AskAll(calls, server);
        },
        ["not read any more"] = calls =>
        {
            var (client, server) = Pair(calls);
            calls.Shutdown(server, ShutdownRead);
            calls.Poll(server);
            calls.Receive(server);
            calls.Send(client, "still");
            calls.Settle();
            calls.Receive(server);
            calls.Receive(server);
            calls.Shutdown(server, 3);
            calls.Shutdown(server, ShutdownBoth);
            calls.Shutdown(server, ShutdownBoth);
            calls.Settle();
            AskAll(calls, server);
        },
        ["flags of sending"] = calls =>
        {
            var (client, server) = Pair(calls);
            calls.Send(client, "a", MessageFlags.DontWait | MessageFlags.NoSignal | MessageFlags.DontRoute);
            calls.Send(client, "b", MessageFlags.Confirm, to: 9);
            calls.Settle();
            calls.Receive(server);
        },
        ["an accept queue that is full"] = calls =>
        {
            var listener = Listener(calls, 1);
            var clients = Enumerable.Range(0, 2).Select(_ => calls.Socket(SocketCalls.Stream)).ToArray();
            foreach (var client in clients)
            {
                calls.Connect(client, calls.PortOf(listener));
                calls.Settle();
            }

            var late = calls.Socket(SocketCalls.Stream);
            calls.Connect(late, calls.PortOf(listener));
            calls.Settle();
            calls.Poll(late);
            calls.Connect(late, calls.PortOf(listener));
            calls.Accept(listener);
            calls.Accept(listener);
            calls.Accept(listener);
        },
        ["a port that is still in TIME-WAIT"] = calls =>
        {
            var listener = Listener(calls);
            var port = calls.PortOf(listener);
            var (client, server) = Pair(calls, listener);
            calls.Close(listener);
            calls.Close(server);
            calls.Settle();
            calls.Close(client);
            calls.Settle();
            var next = calls.Socket(SocketCalls.Stream);
            calls.Bind(next, port);
        },
        ["a port in TIME-WAIT that is shared"] = calls =>
        {
            var listener = calls.Socket(SocketCalls.Stream);
            calls.Set(listener, SocketLevel, ReuseAddress, 1);
            calls.Bind(listener);
            calls.Listen(listener);
            var port = calls.PortOf(listener);
            var (client, server) = Pair(calls, listener);
            calls.Close(listener);
            calls.Close(server);
            calls.Settle();
            calls.Close(client);
            calls.Settle();
            var next = calls.Socket(SocketCalls.Stream);
            calls.Set(next, SocketLevel, ReuseAddress, 1);
            calls.Bind(next, port);
            calls.Listen(next);
        },
        ["a full send buffer"] = calls =>
        {
            var (client, server) = Pair(calls);
            var block = new string('x', 1 << 16);
            for (var i = 0; i < 20; i++)
            {
                calls.Settle();
                if (calls.SendQuietly(client, block) < 0)
                {
                    break;
                }
            }

            for (var i = 0; i < 2000 && calls.SendQuietly(client, block) > 0; i++)
            {
                calls.Settle();
            }

            calls.Send(client, "more");
            calls.Poll(client);
            calls.Poll(server);
        },
        ["what TCP_INFO and TCP_MAXSEG say of the state"] = calls =>
        {
            const int State = 1;
            var fresh = calls.Socket(SocketCalls.Stream);
            calls.Get(fresh, TcpLevel, SocketOption.TcpInfo, State);
            calls.Get(fresh, TcpLevel, TcpMaxSegment);
            var listener = Listener(calls, 3);
            calls.Get(listener, TcpLevel, SocketOption.TcpInfo, State);
            var (client, server) = Pair(calls, listener);
            calls.Get(client, TcpLevel, SocketOption.TcpInfo, State);
            calls.Close(server);
            calls.Settle();
            calls.Get(client, TcpLevel, SocketOption.TcpInfo, State);
            calls.Shutdown(client, ShutdownWrite);
            calls.Settle();
            calls.Get(client, TcpLevel, SocketOption.TcpInfo, State);
            calls.Get(fresh, TcpLevel, SocketOption.TcpInfo, 0);
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
        ["datagrams"] = calls =>
        {
            var receiver = calls.Socket(SocketCalls.Datagram);
            AskAll(calls, receiver);
            calls.Bind(receiver);
            var sender = calls.Socket(SocketCalls.Datagram);
            calls.Send(sender, "lost");
            calls.Send(sender, "first one", to: calls.PortOf(receiver));
            calls.Send(sender, "", to: calls.PortOf(receiver));
            calls.Settle();
            calls.Poll(receiver);
            calls.Control(receiver, InQueue);
            calls.Receive(receiver, 5, MessageFlags.Peek);
            calls.Receive(receiver, 5, MessageFlags.Truncate);
            calls.Receive(receiver);
            calls.Receive(receiver);
            calls.Connect(sender, calls.PortOf(receiver));
            calls.HasPeer(sender);
            calls.Send(sender, "connected");
            calls.Settle();
            calls.Receive(receiver, 3);
            calls.Receive(receiver);
            calls.Listen(receiver);
            calls.Accept(receiver);
            calls.Disconnect(sender);
            calls.HasPeer(sender);
        },
        ["a datagram for another"] = calls =>
        {
            var receiver = calls.Socket(SocketCalls.Datagram);
            calls.Bind(receiver);
            var friend = calls.Socket(SocketCalls.Datagram);
            calls.Bind(friend);
            calls.Connect(receiver, calls.PortOf(friend));
            calls.Send(calls.Socket(SocketCalls.Datagram), "stranger", to: calls.PortOf(receiver));
            calls.Send(friend, "friend", to: calls.PortOf(receiver));
            calls.Settle();
            calls.Receive(receiver);
            calls.Receive(receiver);
            calls.Shutdown(receiver, ShutdownBoth);
            calls.Poll(receiver);
            calls.Receive(receiver);
            calls.Send(receiver, "x");
        },
    };

    public static void Options(SocketCalls calls, int socket)
    {
        foreach (var name in new[] { SocketOption.Type, Domain, SocketOption.Protocol, AcceptConnections, ReuseAddress, KeepAlive })
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
}
