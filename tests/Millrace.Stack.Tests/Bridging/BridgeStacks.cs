using Millrace.Stack.Tests.Twin;
using Millrace.Testing;

namespace Millrace.Stack.Tests.Bridging;

/// <summary>A switch: nothing behind the bridge.</summary>
[NetworkStack]
[Interface("one")]
[Interface("two")]
[Interface("three")]
[NicQueues(1, Promiscuous = true)]
[Bridge(Local = false, Entries = 64)]
internal sealed partial class SwitchStack;

[TwinOf<SwitchStack>]
internal sealed partial class SwitchTwin;

/// <summary>A bridge whose host speaks itself, with everything that merges and cuts.</summary>
[NetworkStack]
[Interface("one")]
[Interface("two")]
[Interface("three")]
[NicQueues(1, Promiscuous = true)]
[VlanOffload(Accept = [10, 20])]
[ChecksumOffload]
[Gro]
[Bridge]
[Ipv4("10.0.0.1/24", On = "one")]
[Udp]
[Tcp(MaxGsoSegments = 16)]
[SocketMemory]
[Gso]
[UdpHandler<UdpEchoHandler>(53)]
[TcpHandler<EchoHandler>(80, Connections = 16)]
internal sealed partial class BridgingHost;

[TwinOf<BridgingHost>]
internal sealed partial class BridgingHostTwin;

/// <summary>Between two TAPs, with a tap of its own to look at.</summary>
[NetworkStack(RingFrames = 512)]
[Interface("lan0")]
[Interface("lan1")]
[NicQueues(1, Promiscuous = true)]
[ChecksumOffload]
[Tap(SnapLength = 200)]
[Bridge(Local = false)]
[Gso]
internal sealed partial class KernelBridge;

/// <summary>A switch of two ports, beside an interface that is none.</summary>
[NetworkStack]
[Interface("one")]
[Interface("two")]
[Interface("three")]
[NicQueues(1, Promiscuous = true)]
[Bridge(Local = false, Ports = ["two", "three"])]
internal sealed partial class PartialSwitch;

/// <summary>A host that speaks by a bridge of two ports and routes to a third interface.</summary>
[NetworkStack]
[Interface("wan")]
[Interface("two")]
[Interface("three")]
[NicQueues(1, Promiscuous = true)]
[Bridge(Ports = ["two", "three"])]
[Ipv4("10.0.0.1/24", On = "two")]
[Ipv4Address("192.0.2.1/24", On = "wan")]
[Udp]
[UdpHandler<UdpEchoHandler>(53)]
internal sealed partial class BridgingRouter;

[TwinOf<BridgingRouter>]
internal sealed partial class BridgingRouterTwin;
