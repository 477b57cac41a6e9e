namespace Millrace.Workloads.PingPong;

[NetworkStack(SocketFrames = 64)]
[NicQueues(1)]
[SoftwareChecksum]
[Ipv4("10.0.0.2/24")]
[Tcp(Timestamps = false)]
[TcpHandler<PingHandler>(Connections = 1)]
public sealed partial class PingStack;

[NetworkStack(SocketFrames = 64)]
[NicQueues(1)]
[SoftwareChecksum]
[Ipv4("10.0.0.1/24")]
[Tcp(Timestamps = false)]
[TcpHandler<PongHandler>(81, Connections = 1)]
public sealed partial class PongStack;
