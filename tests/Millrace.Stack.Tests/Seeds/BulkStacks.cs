using Millrace.Testing;

namespace Millrace.Stack.Tests.Seeds;

// Three ARP requests, Linux's default, are all lost once in some thousand seeds, and the connect then fails as it should.

[NetworkStack]
[NicQueues(1)]
[ChecksumOffload]
[Gro]
[Ipv4("10.0.0.1/24", NeighbourMulticastProbes = 12)]
[Tcp(MaxGsoSegments = 44)]
[SocketMemory]
[Gso]
[TcpHandler<BulkHandler>(80, Connections = 8)]
internal sealed partial class BulkServer;

[NetworkStack]
[NicQueues(1)]
[ChecksumOffload]
[Gro]
[Ipv4("10.0.0.2/24", NeighbourMulticastProbes = 12)]
[Tcp(MaxGsoSegments = 44)]
[SocketMemory]
[Gso]
[TcpHandler<BulkHandler>(80, Connections = 8)]
internal sealed partial class BulkClient;

/// <summary>No offloads, small buffers: the window closes, and every segment goes by itself.</summary>
[NetworkStack]
[NicQueues(1)]
[ChecksumOffload]
[Ipv4("10.0.0.1/24", NeighbourMulticastProbes = 12)]
[Tcp]
[SocketMemory(Rmem = "4096 16384 65536", Wmem = "4096 16384 65536")]
[TcpHandler<BulkHandler>(80, Connections = 8)]
internal sealed partial class PlainServer;

[NetworkStack]
[NicQueues(1)]
[ChecksumOffload]
[Ipv4("10.0.0.2/24", NeighbourMulticastProbes = 12)]
[Tcp(Timestamps = false)]
[SocketMemory(Rmem = "4096 16384 65536", Wmem = "4096 16384 65536")]
[TcpHandler<BulkHandler>(80, Connections = 8)]
internal sealed partial class PlainClient;

[TwinOf<BulkServer>]
internal sealed partial class BulkServerTwin;

[TwinOf<BulkClient>]
internal sealed partial class BulkClientTwin;

[TwinOf<PlainServer>]
internal sealed partial class PlainServerTwin;

[TwinOf<PlainClient>]
internal sealed partial class PlainClientTwin;
