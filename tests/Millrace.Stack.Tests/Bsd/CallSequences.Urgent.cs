using Millrace.Sockets;
using static Millrace.Sockets.SocketConstant;
using static Millrace.Sockets.SocketOption;

namespace Millrace.Stack.Tests.Bsd;

// Urgent data.
internal static partial class CallSequences
{
    private static readonly Dictionary<string, Action<SocketCalls>> Urgent = new()
    {
        ["urgent, out of band"] = calls =>
        {
            var (client, server) = Pair(calls);
            AskUrgent(calls, server);
            calls.Send(client, "ordinary, and then U", MessageFlags.OutOfBand);
            calls.Settle();
            AskUrgent(calls, server);
            calls.Receive(server, 0, MessageFlags.OutOfBand | MessageFlags.Peek);
            calls.Receive(server, 5, MessageFlags.OutOfBand | MessageFlags.Peek);
            calls.Receive(server, 5, MessageFlags.Peek);
            calls.Receive(server);
            AskUrgent(calls, server);
            calls.Receive(server, 5, MessageFlags.OutOfBand);
            calls.Receive(server, 5, MessageFlags.OutOfBand);
            AskUrgent(calls, server);
            calls.Send(client, "more");
            calls.Settle();
            AskUrgent(calls, server);
            calls.Receive(server);
            AskUrgent(calls, server);
        },
        ["urgent, in line"] = calls =>
        {
            var (client, server) = Pair(calls);
            SetAndGet(calls, server, SocketLevel, OutOfBandInline, 1, 0, 7);
            calls.Send(client, "abU", MessageFlags.OutOfBand);
            calls.Send(client, "cd");
            calls.Settle();
            AskUrgent(calls, server);
            calls.Receive(server, 1, MessageFlags.OutOfBand);
            calls.Receive(server);
            AskUrgent(calls, server);
            calls.Receive(server);
            AskUrgent(calls, server);
        },
        ["urgent, and the mark is made to be in line later"] = calls =>
        {
            var (client, server) = Pair(calls);
            calls.Send(client, "abU", MessageFlags.OutOfBand);
            calls.Settle();
            calls.Receive(server);
            calls.Set(server, SocketLevel, OutOfBandInline, 1);
            AskUrgent(calls, server);
            calls.Receive(server);
            AskUrgent(calls, server);
        },
        ["urgent twice"] = calls =>
        {
            var (client, server) = Pair(calls);
            calls.Send(client, "abU", MessageFlags.OutOfBand);
            calls.Settle();
            calls.Send(client, "cdV", MessageFlags.OutOfBand);
            calls.Settle();
            AskUrgent(calls, server);
            calls.Receive(server, 3, MessageFlags.Truncate);
            calls.Receive(server, 3, MessageFlags.OutOfBand);
            calls.Receive(server);
            calls.Send(client, "W", MessageFlags.OutOfBand);
            calls.Settle();
            AskUrgent(calls, server);
            calls.Receive(server);
            calls.Receive(server, 3, MessageFlags.OutOfBand);
            AskUrgent(calls, server);
        },
        ["urgent, and the end"] = calls =>
        {
            var (client, server) = Pair(calls);
            calls.Send(client, "abU", MessageFlags.OutOfBand);
            calls.Shutdown(client, ShutdownWrite);
            calls.Settle();
            AskUrgent(calls, server);
            calls.Receive(server);
            calls.Receive(server);
            calls.Receive(server);
        },
        ["urgent without a connection"] = calls =>
        {
            var socket = calls.Socket(SocketCalls.Stream);
            AskUrgent(calls, socket);
            calls.Receive(socket, 1, MessageFlags.OutOfBand);
            calls.Send(socket, "x", MessageFlags.OutOfBand);
            var listener = Listener(calls);
            calls.Control(listener, AtMark);
            calls.Receive(listener, 1, MessageFlags.OutOfBand);
        },
    };

    private static void AskUrgent(SocketCalls calls, int socket)
    {
        calls.Poll(socket);
        calls.Control(socket, AtMark);
        calls.Control(socket, InQueue);
    }
}
