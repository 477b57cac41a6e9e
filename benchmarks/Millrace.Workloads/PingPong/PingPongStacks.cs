namespace Millrace.Workloads.PingPong;

/// <summary>Both ends: machines of one kind run the same program, and its code is then in the caches once.</summary>
[NetworkStack(SocketFrames = 64)]
[NicQueues(1)]
[SoftwareChecksum]
[Ipv4("10.0.0.1/24")]
[Tcp(Timestamps = false, Sack = false, CongestionControl = typeof(Millrace.Tcp.NewReno))]
[TcpHandler<PingHandler>(Connections = 1)]
[TcpHandler<PongHandler>(81, Connections = 1)]
public sealed partial class PingPongStack;

/// <summary>The same with all that Linux has on: timestamps, selective acknowledgment with what belongs to it, CUBIC, small queues.</summary>
[NetworkStack(SocketFrames = 64)]
[NicQueues(1)]
[SoftwareChecksum]
[Ipv4("10.0.0.1/24")]
[Tcp]
[SmallQueues]
[TcpHandler<PingHandler>(Connections = 1)]
[TcpHandler<PongHandler>(81, Connections = 1)]
public sealed partial class FullPingPongStack;
