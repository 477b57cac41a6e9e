using Millrace.Stack.Tests.Seeds;
using Millrace.Testing;

namespace Millrace.Stack.Tests.Workers;

/// <summary>Two workers and a queue for one of them: the other gets strays and sends by its neighbour's queue.</summary>
[NetworkStack]
[Workers(2)]
[NicQueues(1)]
[ChecksumOffload]
[Gro]
[Ipv4("10.0.0.1/24")]
[Tcp(MaxGsoSegments = 44)]
[SocketMemory]
[SmallQueues]
[Gso]
[TcpHandler<BulkHandler>(80, Connections = 64)]
internal sealed partial class OneQueueStack;

[TwinOf<OneQueueStack>]
internal sealed partial class OneQueueTwin;

/// <summary>The other end: a host that also routes, between networks of which it knows one.</summary>
[NetworkStack]
[NicQueues(1)]
[ChecksumOffload]
[Gro]
[Ipv4("10.0.0.2/24", Forwarding = true)]
[Tcp(MaxGsoSegments = 44)]
[SocketMemory]
[Gso]
[TcpHandler<BulkHandler>(80, Connections = 64)]
internal sealed partial class RouterPeer;
