using Millrace.Headers;
using Millrace.Nics;
using Millrace.Sockets;

namespace Millrace.Stack.Tests.Bsd;

[NetworkStack(Runtime = RuntimeSettings.All)]
[NicQueues(1)]
[Ipv4("10.0.0.2/24")]
[Udp]
[UdpHandler<BsdUdp>]
[Tcp]
[SocketMemory]
[TcpHandler<BsdTcp>(Connections = 64)]
public sealed partial class BsdStack;

/// <summary>The calls on a stack that talks to itself, as the kernel does by its loopback.</summary>
internal sealed class StackCalls : SocketCalls
{
    public static readonly InetAddress Own = InetAddress.Parse("10.0.0.2");
    private static readonly InetAddress Foreign = InetAddress.Parse("198.51.100.7");

    private readonly IpNic nic = new();
    private readonly BsdSockets sockets = new(64);
    private readonly BsdStack stack;
    private long now;

    public StackCalls()
    {
        stack = new BsdStack(new() { Nic = nic, Entropy = new Entropy(1, 2), Sockets = sockets });
        sockets.Attach(stack.Ipv4, stack.Tcp, BsdStack.Applications.BsdTcp, stack.Udp, BsdStack.Applications.BsdUdp);
        stack.Advance(0);
    }

    public override ushort PortOf(int socket)
    {
        sockets.Name(socket, out var local);
        return local.Port;
    }

    public override void Settle()
    {
        for (var i = 0; i < 60; i++)
        {
            stack.Poll(0, 0, now += 1_000_000);
        }
    }

    public override void Dispose()
    {
        stack.Dispose();
        nic.Dispose();
    }

    protected override int Create(int family, int type, int protocol) => sockets.Create(family, type, protocol);

    protected override int BindTo(int socket, ushort port, bool isForeign) => sockets.Bind(socket, new(isForeign ? Foreign : Own, port));

    protected override int ListenOn(int socket, int backlog) => sockets.Listen(socket, backlog);

    protected override int AcceptOn(int socket) => sockets.Accept(socket, out _);

    protected override int ConnectTo(int socket, ushort port) => sockets.Connect(socket, new(Own, port));

    protected override int DisconnectOn(int socket) => sockets.Disconnect(socket);

    protected override int SendOn(int socket, byte[] bytes, MessageFlags flags, ushort to) =>
        sockets.Send(socket, bytes, flags, to == 0 ? null : new InetEndpoint(Own, to));

    protected override int ReceiveOn(int socket, byte[] bytes, MessageFlags flags) => sockets.Receive(socket, bytes, flags);

    protected override int ShutdownOn(int socket, int how) => sockets.Shutdown(socket, how);

    protected override int CloseOn(int socket) => sockets.Close(socket);

    protected override PollEvents PollOn(int socket) => sockets.Poll(socket);

    protected override int GetOn(int socket, int level, int name, byte[] value) => Math.Min(sockets.GetOption(socket, level, name, value), 0);

    protected override int SetOn(int socket, int level, int name, byte[] value) => sockets.SetOption(socket, level, name, value);

    protected override int ControlOn(int socket, int request, out int value) => sockets.Control(socket, request, out value);

    protected override int HasPeerOn(int socket) => sockets.PeerName(socket, out _);
}
