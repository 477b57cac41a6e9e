using Millrace.Tcp;

namespace Millrace.Stack.Tests.Networks;

// Three ARP requests, and six SYNs or five SYN-ACKs beyond the linear ones, are Linux's defaults. In some networks all of them are lost, and a connect then fails
// as it should; so more are sent.

[NetworkStack(Runtime = RuntimeSettings.All)]
[NicQueues(1)]
[ChecksumOffload]
[Gro]
[Ipv4("10.0.0.1/24", NeighbourMulticastProbes = 100)]
[Tcp(CongestionControl = typeof(Cubic), MaxGsoSegments = 44, SynRetries = 12, SynAckRetries = 12)]
[SocketMemory]
[SmallQueues]
[Gso]
[TcpHandler<ExchangeHandler>(80, Connections = 16, FastOpenQueue = 8)]
internal sealed partial class CubicOffloadHost;

[NetworkStack(Runtime = RuntimeSettings.All)]
[NicQueues(1)]
[ChecksumOffload]
[Ipv4("10.0.0.1/24", NeighbourMulticastProbes = 100)]
[Tcp(CongestionControl = typeof(Cubic), SynRetries = 12, SynAckRetries = 12)]
[SocketMemory]
[TcpHandler<ExchangeHandler>(80, Connections = 16, FastOpenQueue = 8)]
internal sealed partial class CubicPlainHost;

[NetworkStack(Runtime = RuntimeSettings.All)]
[NicQueues(1)]
[ChecksumOffload]
[Gro]
[Ipv4("10.0.0.1/24", NeighbourMulticastProbes = 100)]
[Tcp(CongestionControl = typeof(CubicHyStartPlusPlus), MaxGsoSegments = 44, SynRetries = 12, SynAckRetries = 12)]
[SocketMemory]
[SmallQueues]
[Gso]
[TcpHandler<ExchangeHandler>(80, Connections = 16, FastOpenQueue = 8)]
internal sealed partial class HyStartPlusPlusOffloadHost;

[NetworkStack(Runtime = RuntimeSettings.All)]
[NicQueues(1)]
[ChecksumOffload]
[Ipv4("10.0.0.1/24", NeighbourMulticastProbes = 100)]
[Tcp(CongestionControl = typeof(CubicHyStartPlusPlus), SynRetries = 12, SynAckRetries = 12)]
[SocketMemory]
[TcpHandler<ExchangeHandler>(80, Connections = 16, FastOpenQueue = 8)]
internal sealed partial class HyStartPlusPlusPlainHost;

[NetworkStack(Runtime = RuntimeSettings.All)]
[NicQueues(1)]
[ChecksumOffload]
[Gro]
[Ipv4("10.0.0.1/24", NeighbourMulticastProbes = 100)]
[Tcp(CongestionControl = typeof(NewReno), MaxGsoSegments = 44, SynRetries = 12, SynAckRetries = 12)]
[SocketMemory]
[SmallQueues]
[Gso]
[TcpHandler<ExchangeHandler>(80, Connections = 16, FastOpenQueue = 8)]
internal sealed partial class NewRenoOffloadHost;

[NetworkStack(Runtime = RuntimeSettings.All)]
[NicQueues(1)]
[ChecksumOffload]
[Gro]
[Ipv4("10.0.0.1/24", NeighbourMulticastProbes = 100)]
[Tcp(CongestionControl = typeof(Bbr), MaxGsoSegments = 44, SynRetries = 12, SynAckRetries = 12)]
[SocketMemory]
[SmallQueues]
[Gso]
[TcpHandler<ExchangeHandler>(80, Connections = 16, FastOpenQueue = 8)]
internal sealed partial class BbrOffloadHost;

[NetworkStack(Runtime = RuntimeSettings.All)]
[NicQueues(1)]
[ChecksumOffload]
[Ipv4("10.0.0.1/24", NeighbourMulticastProbes = 100)]
[Tcp(CongestionControl = typeof(NewReno), SynRetries = 12, SynAckRetries = 12)]
[SocketMemory]
[TcpHandler<ExchangeHandler>(80, Connections = 16, FastOpenQueue = 8)]
internal sealed partial class NewRenoPlainHost;

[NetworkStack(Runtime = RuntimeSettings.All)]
[NicQueues(1)]
[ChecksumOffload]
[Ipv4("10.0.0.1/24", NeighbourMulticastProbes = 100)]
[Tcp(CongestionControl = typeof(Bbr), SynRetries = 12, SynAckRetries = 12)]
[SocketMemory]
[TcpHandler<ExchangeHandler>(80, Connections = 16, FastOpenQueue = 8)]
internal sealed partial class BbrPlainHost;

[NetworkStack(Runtime = RuntimeSettings.All, SocketFrames = 24_576)]
[NicQueues(1)]
[ChecksumOffload]
[Ipv4("10.0.0.1/24")]
[Tcp(CongestionControl = typeof(Cubic))]
[SocketMemory(Wmem = "4096 16384 33554432")]
[TcpHandler<ExchangeHandler>(80, Connections = 4)]
internal sealed partial class CubicWideHost;

[NetworkStack(Runtime = RuntimeSettings.All, SocketFrames = 24_576)]
[NicQueues(1)]
[ChecksumOffload]
[Ipv4("10.0.0.1/24")]
[Tcp(CongestionControl = typeof(CubicHyStartPlusPlus))]
[SocketMemory(Wmem = "4096 16384 33554432")]
[TcpHandler<ExchangeHandler>(80, Connections = 4)]
internal sealed partial class HyStartPlusPlusWideHost;

[NetworkStack(Runtime = RuntimeSettings.All, SocketFrames = 24_576)]
[NicQueues(1)]
[ChecksumOffload]
[Ipv4("10.0.0.1/24")]
[Tcp(CongestionControl = typeof(NewReno))]
[SocketMemory(Wmem = "4096 16384 33554432")]
[TcpHandler<ExchangeHandler>(80, Connections = 4)]
internal sealed partial class NewRenoWideHost;

[NetworkStack(Runtime = RuntimeSettings.All, SocketFrames = 24_576)]
[NicQueues(1)]
[ChecksumOffload]
[Ipv4("10.0.0.1/24")]
[Tcp(CongestionControl = typeof(Bbr))]
[SocketMemory(Wmem = "4096 16384 33554432")]
[TcpHandler<ExchangeHandler>(80, Connections = 4)]
internal sealed partial class BbrWideHost;

[NetworkStack]
[Interface("left")]
[Interface("right")]
[NicQueues(1)]
[Ipv4("10.0.0.254/24", On = "left", Forwarding = true, NeighbourMulticastProbes = 100)]
[Ipv4Address("10.0.1.254/24", On = "right")]
internal sealed partial class TransitRouter;
