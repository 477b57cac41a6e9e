using Millrace.Testing;

namespace Millrace.Stack.Tests.Twin;

// Stacks of two to ten stages, each with its unspecialised twin.

[NetworkStack]
[NicQueues(1)]
[Stage<TurnRound>]
internal sealed partial class TurnStack;

[TwinOf<TurnStack>]
internal sealed partial class TurnTwin;

[NetworkStack]
[NicQueues(1)]
[Stage<Laggard>]
[Stage<Tithe>]
[Stage<TurnRound>]
internal sealed partial class LaggingStack;

[TwinOf<LaggingStack>]
internal sealed partial class LaggingTwin;

[NetworkStack]
[NicQueues(1)]
[Ipv4("10.0.0.1/24", ReassemblyFrames = 64)]
internal sealed partial class PingStack;

[TwinOf<PingStack>]
internal sealed partial class PingTwin;

[NetworkStack]
[NicQueues(1)]
[ChecksumOffload]
[Ipv4("10.0.0.1/24", Gateway = "10.0.0.254")]
[Udp]
[UdpHandler<UdpEchoHandler>(53)]
[UdpHandler<UdpSinkHandler>(54)]
internal sealed partial class DatagramStack;

[TwinOf<DatagramStack>]
internal sealed partial class DatagramTwin;

[NetworkStack]
[NicQueues(1)]
[ChecksumOffload]
[Ipv4("10.0.0.1/24")]
[Tcp]
[SocketMemory]
[TcpHandler<EchoHandler>(80, Connections = 16)]
[TcpHandler<SinkHandler>(81, Connections = 16)]
internal sealed partial class StreamStack;

[TwinOf<StreamStack>]
internal sealed partial class StreamTwin;

[NetworkStack]
[NicQueues(1)]
[ChecksumOffload]
[Gro]
[Ipv4("10.0.0.1/24")]
[Tcp(MaxGsoSegments = 16)]
[SocketMemory]
[Gso]
[TcpHandler<EchoHandler>(80, Connections = 16)]
[TcpHandler<SinkHandler>(81, Connections = 16)]
internal sealed partial class OffloadStack;

[TwinOf<OffloadStack>]
internal sealed partial class OffloadTwin;

[NetworkStack(Runtime = RuntimeSettings.All, SocketFrames = 512)]
[NicQueues(1)]
[Napi(Weight = 8)]
[ChecksumOffload]
[Stage<Tithe>]
[Gro]
[Stage<Meter>]
[Ipv4("10.0.0.1/24")]
[Udp]
[Tcp(MaxGsoSegments = 8)]
[SocketMemory(Rmem = "4096 65536 262144", Wmem = "4096 16384 262144", Mem = "20 30 90", RmemMax = 65536, WmemMax = 65536)]
[UdpHandler<UdpEchoHandler>(53)]
[TcpHandler<EchoHandler>(80, Connections = 16, Backlog = 4)]
[TcpHandler<HoardingHandler>(82, Connections = 4)]
internal sealed partial class CrowdedStack;

[TwinOf<CrowdedStack>]
internal sealed partial class CrowdedTwin;

[NetworkStack]
[NicQueues(1, Promiscuous = true)]
[Napi(Weight = 32)]
[ChecksumOffload]
[Gro]
[Stage<Laggard>]
[Ipv4("10.0.0.1/24", Gateway = "10.0.0.254")]
[Udp]
[Tcp(MaxGsoSegments = 32, Timestamps = false)]
[SocketMemory]
[Gso]
[UdpHandler<UdpEchoHandler>(53)]
[TcpHandler<EchoHandler>(80, Connections = 16)]
[TcpHandler<SinkHandler>(81, Connections = 16)]
internal sealed partial class DeepStack;

[TwinOf<DeepStack>]
internal sealed partial class DeepTwin;

[NetworkStack]
[NicQueues(1)]
[VlanOffload(Id = 10, Priority = 5, Accept = [20])]
[ChecksumOffload]
[Gro]
[Ipv4("10.0.0.1/24")]
[Udp]
[Tcp(MaxGsoSegments = 16)]
[SocketMemory]
[Gso]
[UdpHandler<UdpEchoHandler>(53)]
[TcpHandler<EchoHandler>(80, Connections = 16)]
[TcpHandler<SinkHandler>(81, Connections = 16)]
internal sealed partial class TaggedStack;

[TwinOf<TaggedStack>]
internal sealed partial class TaggedTwin;

[NetworkStack(Runtime = RuntimeSettings.All)]
[NicQueues(1)]
[VlanOffload(Accept = [10, 20])]
[Gro]
[Stage<TurnRound>]
[Gso]
internal sealed partial class TrunkStack;

[TwinOf<TrunkStack>]
internal sealed partial class TrunkTwin;

[NetworkStack]
[NicQueues(1)]
[ChecksumOffload]
[Gro]
[Ipv4("10.0.0.1/24")]
[Tcp(MaxGsoSegments = 4)]
[SocketMemory]
[SmallQueues(LimitOutputBytes = 6_000)]
[Gso]
[TcpHandler<EchoHandler>(80, Connections = 16)]
[TcpHandler<SinkHandler>(81, Connections = 16)]
internal sealed partial class ThriftyStack;

[TwinOf<ThriftyStack>]
internal sealed partial class ThriftyTwin;

[NetworkStack]
[NicQueues(1)]
[ChecksumOffload]
[Gro]
[Ipv4("10.0.0.1/24")]
[Tcp(FastOpen = 3, MaxGsoSegments = 16)]
[SocketMemory]
[Gso]
[TcpHandler<EchoHandler>(80, Connections = 16, FastOpenQueue = 6)]
[TcpHandler<SinkHandler>(81, Connections = 16, FastOpenQueue = 2)]
[TcpHandler<HoardingHandler>(82, Connections = 4, FastOpenQueue = 100)]
internal sealed partial class FastOpenStack;

[TwinOf<FastOpenStack>]
internal sealed partial class FastOpenTwin;

[NetworkStack(Profile = KernelProfile.Linux_3_18)]
[NicQueues(1)]
[Napi]
[ChecksumOffload]
[Gro]
[Ipv4("10.0.0.1/24")]
[Udp]
[Tcp(FastOpen = 3, MaxGsoSegments = 4)]
[SocketMemory]
[SmallQueues(LimitOutputBytes = 6_000)]
[Gso]
[UdpHandler<UdpEchoHandler>(53)]
[TcpHandler<EchoHandler>(80, Connections = 16, FastOpenQueue = 6)]
[TcpHandler<SinkHandler>(81, Connections = 16)]
[TcpHandler<HoardingHandler>(82, Connections = 4)]
internal sealed partial class VintageStack;

[TwinOf<VintageStack>]
internal sealed partial class VintageTwin;
