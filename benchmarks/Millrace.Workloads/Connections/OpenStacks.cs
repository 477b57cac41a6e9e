using Millrace.Sockets;

namespace Millrace.Workloads.Connections;

// A client address has 64,512 ports for each port of the server. Timestamps are off as in W1. An answer keeps its frame until it is
// acknowledged, which in a round over many connections is when the delayed acknowledgment comes, after 40 ms.

[NetworkStack(SocketFrames = 16_384)]
[NicQueues(1)]
[SoftwareChecksum]
[Ipv4("10.0.0.1/24")]
[Tcp(Timestamps = false, Sack = false, CongestionControl = typeof(Millrace.Tcp.NewReno), SoMaxConn = 128, MaxTimeWaitBuckets = 1024)]
[TcpHandler<Echo>(80, Connections = 1_000)]
internal sealed partial class OpenServer1k;

[NetworkStack(SocketFrames = 16_384)]
[NicQueues(1)]
[SoftwareChecksum]
[Ipv4("10.0.0.2/24")]
[Tcp(Timestamps = false, Sack = false, CongestionControl = typeof(Millrace.Tcp.NewReno), SoMaxConn = 128, MaxTimeWaitBuckets = 1024, LocalPortMinimum = 1024, LocalPortMaximum = 65_535)]
[TcpHandler<Pinger>(Connections = 1_000)]
internal sealed partial class OpenClient1k;

[NetworkStack(SocketFrames = 16_384)]
[NicQueues(1)]
[SoftwareChecksum]
[Ipv4("10.0.0.1/24")]
[Tcp(Timestamps = false, Sack = false, CongestionControl = typeof(Millrace.Tcp.NewReno), SoMaxConn = 128, MaxTimeWaitBuckets = 1024)]
[TcpHandler<Echo>(80, Connections = 10_000)]
internal sealed partial class OpenServer10k;

[NetworkStack(SocketFrames = 16_384)]
[NicQueues(1)]
[SoftwareChecksum]
[Ipv4("10.0.0.2/24")]
[Tcp(Timestamps = false, Sack = false, CongestionControl = typeof(Millrace.Tcp.NewReno), SoMaxConn = 128, MaxTimeWaitBuckets = 1024, LocalPortMinimum = 1024, LocalPortMaximum = 65_535)]
[TcpHandler<Pinger>(Connections = 10_000)]
internal sealed partial class OpenClient10k;

[NetworkStack(SocketFrames = 65_536)]
[NicQueues(1)]
[SoftwareChecksum]
[Ipv4("10.0.0.1/24")]
[Tcp(Timestamps = false, Sack = false, CongestionControl = typeof(Millrace.Tcp.NewReno), SoMaxConn = 128, MaxTimeWaitBuckets = 1024)]
[TcpHandler<Echo>(80, Connections = 50_000)]
[TcpHandler<Echo>(81, Connections = 50_000)]
internal sealed partial class OpenServer100k;

[NetworkStack(SocketFrames = 65_536)]
[NicQueues(1)]
[SoftwareChecksum]
[Ipv4("10.0.0.2/24")]
[Tcp(Timestamps = false, Sack = false, CongestionControl = typeof(Millrace.Tcp.NewReno), SoMaxConn = 128, MaxTimeWaitBuckets = 1024, LocalPortMinimum = 1024, LocalPortMaximum = 65_535)]
[TcpHandler<Pinger>(Connections = 100_000)]
internal sealed partial class OpenClient100k;

[NetworkStack(SocketFrames = 65_536)]
[NicQueues(1)]
[SoftwareChecksum]
[Ipv4("10.0.0.1/24")]
[Tcp(Timestamps = false, Sack = false, CongestionControl = typeof(Millrace.Tcp.NewReno), SoMaxConn = 128, MaxTimeWaitBuckets = 1024)]
[TcpHandler<Echo>(80, Connections = 62_500), TcpHandler<Echo>(81, Connections = 62_500)]
[TcpHandler<Echo>(82, Connections = 62_500), TcpHandler<Echo>(83, Connections = 62_500)]
[TcpHandler<Echo>(84, Connections = 62_500), TcpHandler<Echo>(85, Connections = 62_500)]
[TcpHandler<Echo>(86, Connections = 62_500), TcpHandler<Echo>(87, Connections = 62_500)]
[TcpHandler<Echo>(88, Connections = 62_500), TcpHandler<Echo>(89, Connections = 62_500)]
[TcpHandler<Echo>(90, Connections = 62_500), TcpHandler<Echo>(91, Connections = 62_500)]
[TcpHandler<Echo>(92, Connections = 62_500), TcpHandler<Echo>(93, Connections = 62_500)]
[TcpHandler<Echo>(94, Connections = 62_500), TcpHandler<Echo>(95, Connections = 62_500)]
internal sealed partial class OpenServer1m;

[NetworkStack(SocketFrames = 65_536)]
[NicQueues(1)]
[SoftwareChecksum]
[Ipv4("10.0.0.2/24")]
[Tcp(Timestamps = false, Sack = false, CongestionControl = typeof(Millrace.Tcp.NewReno), SoMaxConn = 128, MaxTimeWaitBuckets = 1024, LocalPortMinimum = 1024, LocalPortMaximum = 65_535)]
[TcpHandler<Pinger>(Connections = 1_000_000)]
internal sealed partial class OpenClient1m;
