using Millrace.Sockets;

namespace Millrace.Benchmarks.Scaling;

// Eight ports at either end are 64 flows of datagrams.

[NetworkStack(SocketFrames = 16_384)]
[Workers(1)]
[NicQueues(1)]
[ChecksumOffload]
[Gro]
[Ipv4("10.0.0.1/24")]
[Udp]
[Tcp(MaxGsoSegments = 44)]
[SocketMemory(Rmem = "4096 65536 131072", Wmem = "4096 65536 65536")]
[Gso]
[UdpHandler<Volley>(9000), UdpHandler<Volley>(9001), UdpHandler<Volley>(9002), UdpHandler<Volley>(9003)]
[UdpHandler<Volley>(9004), UdpHandler<Volley>(9005), UdpHandler<Volley>(9006), UdpHandler<Volley>(9007)]
[TcpHandler<BulkSink>(80, Connections = 64, Backlog = 64)]
[TcpHandler<Responder>(81, Connections = 64, Backlog = 64)]
public sealed partial class OneWorkerServer;

[NetworkStack(SocketFrames = 16_384)]
[Workers(1)]
[NicQueues(1)]
[ChecksumOffload]
[Gro]
[Ipv4("10.0.0.2/24")]
[Udp]
[Tcp(MaxGsoSegments = 44)]
[SocketMemory(Rmem = "4096 65536 131072", Wmem = "4096 65536 65536")]
[Gso]
[UdpHandler<Volley>(4000), UdpHandler<Volley>(4001), UdpHandler<Volley>(4002), UdpHandler<Volley>(4003)]
[UdpHandler<Volley>(4004), UdpHandler<Volley>(4005), UdpHandler<Volley>(4006), UdpHandler<Volley>(4007)]
[TcpHandler<BulkSource>(Connections = 64)]
[TcpHandler<Requester>(Connections = 64)]
public sealed partial class OneWorkerClient;

[NetworkStack(SocketFrames = 16_384)]
[Workers(2)]
[NicQueues(2)]
[ChecksumOffload]
[Gro]
[Ipv4("10.0.0.1/24")]
[Udp]
[Tcp(MaxGsoSegments = 44)]
[SocketMemory(Rmem = "4096 65536 131072", Wmem = "4096 65536 65536")]
[Gso]
[UdpHandler<Volley>(9000), UdpHandler<Volley>(9001), UdpHandler<Volley>(9002), UdpHandler<Volley>(9003)]
[UdpHandler<Volley>(9004), UdpHandler<Volley>(9005), UdpHandler<Volley>(9006), UdpHandler<Volley>(9007)]
[TcpHandler<BulkSink>(80, Connections = 64, Backlog = 64)]
[TcpHandler<Responder>(81, Connections = 64, Backlog = 64)]
public sealed partial class TwoWorkerServer;

[NetworkStack(SocketFrames = 16_384)]
[Workers(2)]
[NicQueues(2)]
[ChecksumOffload]
[Gro]
[Ipv4("10.0.0.2/24")]
[Udp]
[Tcp(MaxGsoSegments = 44)]
[SocketMemory(Rmem = "4096 65536 131072", Wmem = "4096 65536 65536")]
[Gso]
[UdpHandler<Volley>(4000), UdpHandler<Volley>(4001), UdpHandler<Volley>(4002), UdpHandler<Volley>(4003)]
[UdpHandler<Volley>(4004), UdpHandler<Volley>(4005), UdpHandler<Volley>(4006), UdpHandler<Volley>(4007)]
[TcpHandler<BulkSource>(Connections = 64)]
[TcpHandler<Requester>(Connections = 64)]
public sealed partial class TwoWorkerClient;
