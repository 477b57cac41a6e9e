using Millrace.Sockets;
using static Millrace.Sockets.SocketConstant;
using static Millrace.Sockets.SocketOption;

namespace Millrace.Stack.Tests.Bsd;

// What is chosen, and what it reads as then.
internal static partial class CallSequences
{
    private static readonly Dictionary<string, Action<SocketCalls>> Choices = new()
    {
        ["options of TCP that are chosen before there is a connection"] = calls =>
        {
            var socket = calls.Socket(SocketCalls.Stream);
            SetAndGet(calls, socket, TcpLevel, TcpCork, 0, 1, 5, -1);
            SetAndGet(calls, socket, TcpLevel, TcpQuickAck, 0, 1, 2, -1);
            SetAndGet(calls, socket, TcpLevel, TcpDeferAccept, 0, 1, 2, 3, 5, 100, 100_000, -1);
            SetAndGet(calls, socket, TcpLevel, TcpNotSentLowat, 0, 1, 100_000, -1);
            SetAndGet(calls, socket, TcpLevel, TcpMaxSegment, 0, 87, 88, 1000, 32_767, 32_768, -1, 0);
        },
        ["options of TCP that are chosen by a listener"] = calls =>
        {
            var listener = calls.Socket(SocketCalls.Stream);
            calls.Bind(listener);
            calls.Set(listener, TcpLevel, TcpCork, 1);
            calls.Set(listener, TcpLevel, TcpNotSentLowat, 4000);
            calls.Set(listener, TcpLevel, TcpMaxSegment, 1000);
            calls.Set(listener, SocketLevel, ReceiveLowat, 4);
            calls.Set(listener, SocketLevel, PeekOffset, 0);
            calls.Set(listener, SocketLevel, ReceiveBuffer, 20_000);
            calls.Set(listener, SocketLevel, SendBuffer, 20_000);
            calls.Listen(listener);
            var (client, server) = Pair(calls, listener);
            foreach (var name in new[] { TcpCork, TcpNotSentLowat, TcpMaxSegment })
            {
                calls.Get(listener, TcpLevel, name);
                calls.Get(server, TcpLevel, name == TcpMaxSegment ? TcpCork : name);
            }

            foreach (var name in new[] { ReceiveLowat, PeekOffset, ReceiveBuffer, SendBuffer })
            {
                calls.Get(server, SocketLevel, name);
            }

            calls.Send(client, "abc");
            calls.Settle();
            calls.Poll(server);
            calls.Send(client, "d");
            calls.Settle();
            calls.Poll(server);
        },
        ["a connection's options"] = calls =>
        {
            var (client, server) = Pair(calls);
            SetAndGet(calls, client, TcpLevel, TcpCork, 0, 1);
            SetAndGet(calls, client, TcpLevel, TcpNotSentLowat, 0, 1, 100_000, -1);
            SetAndGet(calls, client, TcpLevel, TcpDeferAccept, 4, -1);
            calls.Set(client, TcpLevel, TcpMaxSegment, 87);
            calls.Set(client, TcpLevel, TcpMaxSegment, 1000);
            calls.Get(server, TcpLevel, TcpQuickAck);
        },
        ["so many bytes at once"] = calls =>
        {
            var (client, server) = Pair(calls);
            SetAndGet(calls, server, SocketLevel, ReceiveLowat, 0, 1, -5, 10);
            calls.Send(client, "12345");
            calls.Settle();
            calls.Poll(server);
            calls.Receive(server, 2);
            calls.Poll(server);
            calls.Send(client, "1234567");
            calls.Settle();
            calls.Poll(server);
            calls.Receive(server, 1);
            calls.Poll(server);
            calls.Shutdown(client, ShutdownWrite);
            calls.Settle();
            calls.Poll(server);
        },
        ["looking further"] = calls =>
        {
            var (client, server) = Pair(calls);
            SetAndGet(calls, server, SocketLevel, PeekOffset, -1, 3);
            calls.Send(client, "0123456789");
            calls.Settle();
            calls.Receive(server, 4, MessageFlags.Peek);
            calls.Get(server, SocketLevel, PeekOffset);
            calls.Receive(server, 40, MessageFlags.Peek);
            calls.Receive(server, 40, MessageFlags.Peek);
            calls.Receive(server, 2);
            calls.Get(server, SocketLevel, PeekOffset);
            calls.Receive(server, 1, MessageFlags.Truncate);
            calls.Set(server, SocketLevel, PeekOffset, 1);
            calls.Receive(server, 3, MessageFlags.Peek | MessageFlags.Truncate);
            calls.Get(server, SocketLevel, PeekOffset);
            calls.Shutdown(client, ShutdownWrite);
            calls.Settle();
            calls.Set(server, SocketLevel, PeekOffset, 50);
            calls.Receive(server, 3, MessageFlags.Peek);
            calls.Receive(server, 30);
            calls.Get(server, SocketLevel, PeekOffset);
        },
        ["corked"] = calls =>
        {
            var (client, server) = Pair(calls);
            calls.Set(client, TcpLevel, TcpCork, 1);
            calls.Send(client, "held");
            calls.Poll(server);
            calls.Control(client, OutQueueNotSent);
            calls.Set(client, TcpLevel, TcpCork, 0);
            calls.Settle();
            calls.Receive(server);
            calls.Send(client, "more", MessageFlags.More);
            calls.Control(client, OutQueueNotSent);
            calls.Send(client, " and the rest");
            calls.Settle();
            calls.Receive(server);
        },
    };
}
