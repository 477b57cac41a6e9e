using Millrace.Stack.Tests.Seeds;
using Millrace.Stack.Tests.Twin;
using Millrace.Testing;

namespace Millrace.Stack.Tests.Interfaces;

/// <summary>Sends on by one interface what came in by the other.</summary>
internal struct CrossOver : IIngressStage
{
    public Verdict Receive(ref Packet packet)
    {
        packet.Metadata.Interface ^= 1;
        return Verdict.Transmit;
    }
}

/// <summary>Sends everything to an interface that is not there.</summary>
internal struct Nowhere : IIngressStage
{
    public Verdict Receive(ref Packet packet)
    {
        packet.Metadata.Interface = 200;
        return Verdict.Transmit;
    }
}

[NetworkStack(RingFrames = 64)]
[Napi(Weight = 16)]
[Interface("wan")]
[Interface("lan")]
[Stage<Meter>(On = "lan")]
[Stage<CrossOver>]
internal sealed partial class CrossStack;

[TwinOf<CrossStack>]
internal sealed partial class CrossTwin;

[NetworkStack]
[Interface("wan")]
[Interface("lan")]
[Stage<Nowhere>]
internal sealed partial class NowhereStack;

/// <summary>A host in two networks, with everything that is bound and not bound.</summary>
[NetworkStack]
[Interface("wan")]
[Interface("lan")]
[NicQueues(1)]
[ChecksumOffload]
[Stage<Tithe>(On = "lan")]
[Gro]
[Ipv4("10.0.0.1/24", On = "lan", ReassemblyFrames = 64)]
[Ipv4Address("10.9.0.1/16", On = "wan")]
[Udp]
[Tcp(MaxGsoSegments = 16)]
[SocketMemory]
[SmallQueues]
[Gso]
[TcpHandler<EchoHandler>(80, Connections = 16)]
[TcpHandler<SinkHandler>(81, Connections = 16)]
[UdpHandler<UdpEchoHandler>(53)]
[UdpHandler<UdpSinkHandler>(54)]
internal sealed partial class TwoNetworksStack;

[TwinOf<TwoNetworksStack>]
internal sealed partial class TwoNetworksTwin;

[NetworkStack]
[Interface("wan")]
[Interface("lan")]
[NicQueues(1)]
[ChecksumOffload]
[Gro]
[Ipv4("10.0.1.1/24", On = "lan")]
[Ipv4Address("10.0.0.1/24", On = "wan")]
[Tcp(MaxGsoSegments = 44)]
[SocketMemory]
[Gso]
[TcpHandler<BulkHandler>(80, Connections = 8)]
internal sealed partial class TwoSidedServer;

[NetworkStack]
[NicQueues(1)]
[ChecksumOffload]
[Gro]
[Ipv4("10.0.1.2/24", Gateway = "10.0.1.1")]
[Tcp(MaxGsoSegments = 44)]
[SocketMemory]
[Gso]
[TcpHandler<BulkHandler>(80, Connections = 8)]
internal sealed partial class LanClient;

[NetworkStack]
[Interface("left")]
[Interface("right")]
[NicQueues(1)]
[ChecksumOffload]
[Ipv4("10.7.0.2/24", On = "left")]
[Ipv4Address("10.8.0.2/24", On = "right")]
[Udp]
[UdpHandler<UdpEchoHandler>(53)]
internal sealed partial class TwoSidedEcho;

[NetworkStack]
[NicQueues(1)]
[ChecksumOffload]
[Ipv4("10.8.0.1/24")]
[Udp]
[UdpHandler<UdpSinkHandler>(9)]
internal sealed partial class EchoAsker;
