using Millrace.Sockets;

namespace Millrace.Workloads.Connections;

// The stacks of OpenStacks.cs with all that Linux has on: timestamps, selective acknowledgment with what belongs to it, CUBIC, small queues.

[NetworkStack(SocketFrames = 16_384)]
[NicQueues(1)]
[SoftwareChecksum]
[Ipv4("10.0.0.1/24")]
[Tcp(SoMaxConn = 128, MaxTimeWaitBuckets = 1024)]
[SmallQueues]
[TcpHandler<Echo>(80, Connections = 10_000)]
internal sealed partial class FullOpenServer10k;

[NetworkStack(SocketFrames = 16_384)]
[NicQueues(1)]
[SoftwareChecksum]
[Ipv4("10.0.0.2/24")]
[Tcp(SoMaxConn = 128, MaxTimeWaitBuckets = 1024, LocalPortMinimum = 1024, LocalPortMaximum = 65_535)]
[SmallQueues]
[TcpHandler<Pinger>(Connections = 10_000)]
internal sealed partial class FullOpenClient10k;

[NetworkStack(SocketFrames = 65_536)]
[NicQueues(1)]
[SoftwareChecksum]
[Ipv4("10.0.0.1/24")]
[Tcp(SoMaxConn = 128, MaxTimeWaitBuckets = 1024)]
[SmallQueues]
[TcpHandler<Echo>(80, Connections = 50_000)]
[TcpHandler<Echo>(81, Connections = 50_000)]
internal sealed partial class FullOpenServer100k;

[NetworkStack(SocketFrames = 65_536)]
[NicQueues(1)]
[SoftwareChecksum]
[Ipv4("10.0.0.2/24")]
[Tcp(SoMaxConn = 128, MaxTimeWaitBuckets = 1024, LocalPortMinimum = 1024, LocalPortMaximum = 65_535)]
[SmallQueues]
[TcpHandler<Pinger>(Connections = 100_000)]
internal sealed partial class FullOpenClient100k;

[NetworkStack(SocketFrames = 65_536)]
[NicQueues(1)]
[SoftwareChecksum]
[Ipv4("10.0.0.1/24")]
[Tcp(SoMaxConn = 128, MaxTimeWaitBuckets = 1024)]
[SmallQueues]
[TcpHandler<Echo>(80, Connections = 62_500), TcpHandler<Echo>(81, Connections = 62_500)]
[TcpHandler<Echo>(82, Connections = 62_500), TcpHandler<Echo>(83, Connections = 62_500)]
[TcpHandler<Echo>(84, Connections = 62_500), TcpHandler<Echo>(85, Connections = 62_500)]
[TcpHandler<Echo>(86, Connections = 62_500), TcpHandler<Echo>(87, Connections = 62_500)]
[TcpHandler<Echo>(88, Connections = 62_500), TcpHandler<Echo>(89, Connections = 62_500)]
[TcpHandler<Echo>(90, Connections = 62_500), TcpHandler<Echo>(91, Connections = 62_500)]
[TcpHandler<Echo>(92, Connections = 62_500), TcpHandler<Echo>(93, Connections = 62_500)]
[TcpHandler<Echo>(94, Connections = 62_500), TcpHandler<Echo>(95, Connections = 62_500)]
internal sealed partial class FullOpenServer1m;

[NetworkStack(SocketFrames = 65_536)]
[NicQueues(1)]
[SoftwareChecksum]
[Ipv4("10.0.0.2/24")]
[Tcp(SoMaxConn = 128, MaxTimeWaitBuckets = 1024, LocalPortMinimum = 1024, LocalPortMaximum = 65_535)]
[SmallQueues]
[TcpHandler<Pinger>(Connections = 1_000_000)]
internal sealed partial class FullOpenClient1m;
