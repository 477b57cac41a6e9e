using Millrace.Benchmarks.Loops;
using Millrace.Testing;

namespace Millrace.Benchmarks.Stages;

// Each has one stage more than another of them. Where nothing else would, Swallow ends a packet.

[NetworkStack]
[NicQueues(1)]
[ChecksumOffload]
[Stage<Swallow>]
public sealed partial class OffloadStack;

[TwinOf<OffloadStack>]
public sealed partial class OffloadTwin;

[NetworkStack]
[NicQueues(1)]
[SoftwareChecksum]
[Stage<Swallow>]
public sealed partial class SummingStack;

[TwinOf<SummingStack>]
public sealed partial class SummingTwin;

[NetworkStack]
[NicQueues(1)]
[ChecksumOffload]
[Gro]
[Stage<Swallow>]
public sealed partial class GroStack;

[TwinOf<GroStack>]
public sealed partial class GroTwin;

[NetworkStack]
[NicQueues(1)]
[VlanOffload(Accept = [10])]
[Stage<Swallow>]
public sealed partial class VlanStack;

[TwinOf<VlanStack>]
public sealed partial class VlanTwin;

[NetworkStack]
[NicQueues(1)]
[Tap]
[Stage<Swallow>]
public sealed partial class TappedStack;

[TwinOf<TappedStack>]
public sealed partial class TappedTwin;

[NetworkStack]
[NicQueues(1)]
[Stage<Lengths>]
[Stage<Swallow>]
public sealed partial class UserStageStack;

[TwinOf<UserStageStack>]
public sealed partial class UserStageTwin;

[NetworkStack]
[NicQueues(1)]
[RxHandler<Passing>(On = "eth0")]
[Stage<Swallow>]
public sealed partial class HandlerStack;

[TwinOf<HandlerStack>]
public sealed partial class HandlerTwin;

[NetworkStack]
[Workers(2)]
[NicQueues(1)]
[ChecksumOffload]
[Stage<Swallow>]
public sealed partial class TwoWorkerStack;

[TwinOf<TwoWorkerStack>]
public sealed partial class TwoWorkerTwin;

[NetworkStack]
[Workers(2)]
[NicQueues(1)]
[ChecksumOffload]
[Rps]
[Stage<Swallow>]
public sealed partial class SteeringStack;

[TwinOf<SteeringStack>]
public sealed partial class SteeringTwin;

[NetworkStack]
[NicQueues(1)]
[ChecksumOffload]
[Ipv4("10.0.0.2/24")]
[Stage<Swallow>]
public sealed partial class Ipv4Stack;

[TwinOf<Ipv4Stack>]
public sealed partial class Ipv4Twin;

[NetworkStack]
[NicQueues(1)]
[ChecksumOffload]
[Ipv4("10.0.0.2/24")]
[Hook<CountingHook>]
[Stage<Swallow>]
public sealed partial class HookedStack;

[TwinOf<HookedStack>]
public sealed partial class HookedTwin;

[NetworkStack]
[NicQueues(1)]
[ChecksumOffload]
[Ipv4("10.0.0.2/24")]
[Udp]
[UdpHandler<Sink>(7)]
public sealed partial class UdpStack;

[TwinOf<UdpStack>]
public sealed partial class UdpTwin;

[NetworkStack]
[NicQueues(1)]
[ChecksumOffload]
[Ipv4("10.0.0.2/24")]
[Udp]
[UdpHandler<Answering>(7)]
public sealed partial class AnsweringStack;

[TwinOf<AnsweringStack>]
public sealed partial class AnsweringTwin;

[NetworkStack]
[NicQueues(1)]
[Stage<TurnRound>]
public sealed partial class TurningStack;

[TwinOf<TurningStack>]
public sealed partial class TurningTwin;

[NetworkStack]
[Interface("wan")]
[Interface("lan")]
[NicQueues(1)]
[Stage<CrossOver>]
public sealed partial class CrossingStack;

[TwinOf<CrossingStack>]
public sealed partial class CrossingTwin;

[NetworkStack]
[Interface("wan")]
[Interface("lan")]
[NicQueues(1, Promiscuous = true)]
[Bridge(Local = false)]
public sealed partial class BridgingStack;

[TwinOf<BridgingStack>]
public sealed partial class BridgingTwin;

[NetworkStack]
[Interface("wan")]
[Interface("lan")]
[NicQueues(1)]
[Ipv4("10.0.0.2/24", On = "wan", Gateway = "10.0.1.1", Forwarding = true, NeighbourReachableSeconds = 86_400)]
[Ipv4Address("10.0.1.2/24", On = "lan")]
public sealed partial class ForwardingStack;

[TwinOf<ForwardingStack>]
public sealed partial class ForwardingTwin;
