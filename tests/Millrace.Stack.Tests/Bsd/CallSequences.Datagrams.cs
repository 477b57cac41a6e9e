using Millrace.Sockets;
using static Millrace.Sockets.SocketConstant;
using static Millrace.Sockets.SocketOption;

namespace Millrace.Stack.Tests.Bsd;

// Datagrams.
internal static partial class CallSequences
{
    private static readonly Dictionary<string, Action<SocketCalls>> Datagrams = new()
    {
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
}
