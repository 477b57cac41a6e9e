using Millrace.Stack.Tests.Seeds;
using Millrace.Stack.Tests.Twin;

namespace Millrace.Stack.Tests.SmallQueues;

[NetworkStack(SocketFrames = 16_384)]
[NicQueues(1)]
[ChecksumOffload]
[Ipv4("10.0.0.2/24", NeighbourMulticastProbes = 12)]
[Tcp(MaxGsoSegments = 44)]
[SocketMemory]
[SmallQueues]
[Stage<ChargeObserver>]
[TcpHandler<BulkHandler>(80, Connections = 8)]
internal sealed partial class ThriftySender;

[NetworkStack(SocketFrames = 16_384)]
[NicQueues(1)]
[ChecksumOffload]
[Ipv4("10.0.0.2/24", NeighbourMulticastProbes = 12)]
[Tcp(MaxGsoSegments = 44)]
[SocketMemory]
[SmallQueues]
[Stage<ChargeObserver>]
[Gso]
[TcpHandler<BulkHandler>(80, Connections = 8)]
internal sealed partial class ThriftyGsoSender;

[NetworkStack(SocketFrames = 16_384)]
[NicQueues(1)]
[ChecksumOffload]
[Ipv4("10.0.0.2/24", NeighbourMulticastProbes = 12)]
[Tcp(MaxGsoSegments = 44)]
[SocketMemory]
[Stage<ChargeObserver>]
[TcpHandler<BulkHandler>(80, Connections = 8)]
internal sealed partial class LavishSender;

[NetworkStack(SocketFrames = 16_384)]
[NicQueues(1)]
[ChecksumOffload]
[Ipv4("10.0.0.2/24", NeighbourMulticastProbes = 12)]
[Tcp(MaxGsoSegments = 44, CongestionControl = typeof(Millrace.Tcp.Bbr))]
[SocketMemory]
[SmallQueues]
[Stage<ChargeObserver>]
[Gso]
[TcpHandler<BulkHandler>(80, Connections = 8)]
internal sealed partial class PacedGsoSender;

[NetworkStack(SocketFrames = 16_384)]
[NicQueues(1)]
[ChecksumOffload]
[Ipv4("10.0.0.2/24", NeighbourMulticastProbes = 12)]
[Tcp(MaxGsoSegments = 44)]
[SocketMemory]
[Stage<ChargeObserver>]
[Gso]
[TcpHandler<BulkHandler>(80, Connections = 8)]
internal sealed partial class LavishGsoSender;

/// <summary>Readers that never read, and one connection that does.</summary>
[NetworkStack]
[NicQueues(1)]
[ChecksumOffload]
[Gro]
[Ipv4("10.0.0.2/24")]
[Tcp]
[SocketMemory(Wmem = "4096 16384 65536")]
[SmallQueues(LimitOutputBytes = 1)]
[Gso]
[TcpHandler<FloodHandler>(81, Connections = 100)]
[TcpHandler<BulkHandler>(80, Connections = 4)]
internal sealed partial class ThriftyFlooder;
