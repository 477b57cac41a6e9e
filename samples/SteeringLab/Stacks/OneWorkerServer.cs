using Millrace;
using SteeringLab.Traffic;

namespace SteeringLab.Stacks;

/// <summary>The same server with one worker, to compare with: nothing that is between workers is compiled.</summary>
[NetworkStack(SocketFrames = 32_768)]
[Workers(1)]
[NicQueues(1)]
[Napi(Weight = 64, Runtime = [nameof(NapiAttribute.BusyPollMicroseconds)])]
[Stage<ArrivalProbe>]
[ChecksumOffload]
[Gro]
[Ipv4("10.0.0.1/24")]
[Stage<OrderProbe>]
[Udp]
[Tcp]
[SocketMemory]
[UdpHandler<UdpSink>(FlowBoard.UdpPort)]
[TcpHandler<TcpSink>(FlowBoard.TcpPort, Connections = FlowBoard.MaximumFlows)]
public sealed partial class OneWorkerServer;
