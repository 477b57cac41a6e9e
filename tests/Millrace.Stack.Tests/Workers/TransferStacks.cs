using Millrace.Stack.Tests.Seeds;
using Millrace.Testing;

namespace Millrace.Stack.Tests.Workers;

/// <summary>All that steers, over TCP: three workers, queues for two.</summary>
[NetworkStack]
[Workers(3)]
[NicQueues(2)]
[ChecksumOffload]
[Gro]
[Rps]
[Ipv4("10.0.0.1/24")]
[Udp]
[Tcp(MaxGsoSegments = 44)]
[SocketMemory]
[UdpHandler<OrderHandler>(53)]
[TcpHandler<BulkHandler>(80, Connections = 32)]
[SmallQueues]
[Gso]
[Xps]
internal sealed partial class TransferStack;

/// <summary>Its peer: one worker, so one order.</summary>
[NetworkStack]
[NicQueues(1)]
[ChecksumOffload]
[Gro]
[Ipv4("10.0.0.2/24")]
[Udp]
[Tcp(MaxGsoSegments = 44)]
[SocketMemory]
[TcpHandler<BulkHandler>(80, Connections = 64)]
[SmallQueues]
[Gso]
internal sealed partial class TransferPeer;
