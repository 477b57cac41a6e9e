using Millrace.Sockets;
using static Millrace.Sockets.SocketConstant;
using static Millrace.Sockets.SocketOption;

namespace Millrace.Stack.Tests.Bsd;

// How connections end, and what is told of it.
internal static partial class CallSequences
{
    private static readonly Dictionary<string, Action<SocketCalls>> Ends = new()
    {
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
    };
}
