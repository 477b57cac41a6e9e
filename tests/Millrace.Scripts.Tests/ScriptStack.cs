using Millrace.Sockets;
using Millrace.Testing.Scripts.Stacks;
using Millrace.Testing.Traffic;

namespace Millrace.Scripts.Tests;

/// <summary>The stack that scripts run on: what may change while it runs may be set by a script.</summary>
[NetworkStack(Runtime = RuntimeSettings.All)]
[NicQueues(1)]
[ChecksumOffload]
[Ipv4("192.0.2.1/24")]
[Tcp]
[SocketMemory]
[TcpHandler<BsdTcp>(Connections = 64)]
public sealed partial class ScriptStack
{
    public static ScriptedStack Make(ScriptedNic nic)
    {
        var sockets = new BsdSockets(64);
        var stack = new ScriptStack(new() { Nic = nic, Entropy = new Entropy(1, 2), Sockets = sockets });
        sockets.Attach(stack.Ipv4, stack.Tcp, Applications.BsdTcp);
        return new ScriptedStack(stack, stack.Tcp, sockets);
    }
}
