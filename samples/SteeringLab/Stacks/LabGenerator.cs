using Millrace;
using SteeringLab.Traffic;

namespace SteeringLab.Stacks;

/// <summary>The other end of the wire: sends the flows, a packet a segment, and numbers the packets.</summary>
[NetworkStack(SocketFrames = 32_768)]
[NicQueues(1)]
[Napi(Weight = 64)]
[ChecksumOffload]
[Gro]
[Ipv4("10.0.0.2/24")]
[Udp]
[Tcp]
[Stage<TrafficTurns>]
[SocketMemory(Wmem = "4096 65536 262144")]
[SmallQueues]
[Stage<PacketNumbers>]
[TcpHandler<SourceConnection>(Connections = FlowBoard.MaximumFlows)]
public sealed partial class LabGenerator;
