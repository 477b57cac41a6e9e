using Millrace;
using SteeringLab.Traffic;

namespace SteeringLab.Stacks;

/// <summary>The server under steering: two workers, a queue of the NIC each.</summary>
[NetworkStack(SocketFrames = 16_384)]
[Workers(2)]
[NicQueues(2)]
[Napi(Weight = 64, Runtime = [nameof(NapiAttribute.BusyPollMicroseconds)])]
[Stage<ArrivalProbe>]
[ChecksumOffload]
[Gro]
[Rps]
[Ipv4("10.0.0.1/24")]
[FlowOwner]
[Stage<OrderProbe>]
[Udp]
[Tcp]
[SocketMemory]
[Xps]
[UdpHandler<UdpSink>(FlowBoard.UdpPort)]
[TcpHandler<TcpSink>(FlowBoard.TcpPort, Connections = FlowBoard.MaximumFlows)]
public sealed partial class LabServer;
