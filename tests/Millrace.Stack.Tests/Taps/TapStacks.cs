using Millrace.Stack.Tests.Offload;
using Millrace.Stack.Tests.Twin;
using Millrace.Testing;

namespace Millrace.Stack.Tests.Taps;

/// <summary>Everything that holds, merges, cuts and drops, with a tap in it.</summary>
[NetworkStack]
[Interface("wan")]
[NicQueues(1)]
[VlanOffload(Id = 10, Accept = [20])]
[ChecksumOffload]
[Gro]
[Tap]
[Ipv4("10.0.0.1/24")]
[Udp]
[Tcp(MaxGsoSegments = 16)]
[SocketMemory]
[Gso]
[UdpHandler<UdpEchoHandler>(53)]
[TcpHandler<EchoHandler>(80, Connections = 16)]
[TcpHandler<SinkHandler>(81, Connections = 16)]
internal sealed partial class TappedStack;

[TwinOf<TappedStack>]
internal sealed partial class TappedTwin;

/// <summary>A tap between stages of the user's, without a network layer, switched while it runs.</summary>
[NetworkStack(Runtime = RuntimeSettings.All)]
[NicQueues(1)]
[Stage<Tithe>]
[Tap(SnapLength = 60)]
[Stage<TurnRound>]
internal sealed partial class TappedTurnStack;

[TwinOf<TappedTurnStack>]
internal sealed partial class TappedTurnTwin;

[NetworkStack]
[Interface("uplink")]
[NicQueues(1)]
[VlanOffload(Id = 10, Priority = 3)]
[ChecksumOffload]
[Gro]
[Tap]
[Ipv4("10.0.0.1/24")]
[Tcp]
[TcpHandler<Sender>(Connections = 4)]
[Gso]
internal sealed partial class TappedSender;

[NetworkStack]
[NicQueues(1)]
[VlanOffload(Id = 10)]
[ChecksumOffload]
[Gro]
[Tap]
[Ipv4("10.0.0.2/24")]
[Tcp]
[TcpHandler<Receiver>(80, Connections = 4)]
[Gso]
internal sealed partial class TappedReceiver;
