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
