using Millrace.Testing.Scripts.Stacks;

namespace Millrace.Scripts.Tests;

/// <summary>The stack that scripts run on: what may change while it runs may be set by a script.</summary>
[NetworkStack(Runtime = RuntimeSettings.All)]
[NicQueues(1)]
[ChecksumOffload]
[Ipv4("192.0.2.1/24")]
[Tcp]
[SocketMemory]
[TcpHandler<ScriptHandler>(Connections = 64)]
public sealed partial class ScriptStack;
