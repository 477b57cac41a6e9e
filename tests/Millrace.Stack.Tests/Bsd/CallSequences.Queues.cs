using Millrace.Sockets;
using static Millrace.Sockets.SocketConstant;
using static Millrace.Sockets.SocketOption;

namespace Millrace.Stack.Tests.Bsd;

// What is full, or still there.
internal static partial class CallSequences
{
    private static readonly Dictionary<string, Action<SocketCalls>> Queues = new()
    {
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
    };
}
