namespace Millrace.Workloads.Bulk;

// A send buffer is counted in frames of 2,112 bytes: 44 of them hold 64,240 bytes of full segments, 179 hold 261,340. The
// receive buffers are larger than what the window clamp lets in.

[NetworkStack(SocketFrames = 512)]
[NicQueues(1)]
[SoftwareChecksum]
[Ipv4("10.0.0.2/24")]
[Tcp(Timestamps = false, Sack = false, CongestionControl = typeof(Millrace.Tcp.NewReno))]
[SocketMemory(Wmem = "4096 92928 92928")]
[TcpHandler<BulkSourceHandler>(Connections = 1)]
public sealed partial class BulkSender;

[NetworkStack(SocketFrames = 512)]
[NicQueues(1)]
[SoftwareChecksum]
[Gro]
[Ipv4("10.0.0.1/24")]
[Tcp(Timestamps = false, Sack = false, CongestionControl = typeof(Millrace.Tcp.NewReno))]
[SocketMemory(Rmem = "4096 262144 262144")]
[TcpHandler<BulkSinkHandler>(80, Connections = 1)]
public sealed partial class BulkReceiver;

[NetworkStack(SocketFrames = 1024)]
[NicQueues(1)]
[SoftwareChecksum]
[Ipv4("10.0.0.2/24")]
[Tcp(Timestamps = false, Sack = false, CongestionControl = typeof(Millrace.Tcp.NewReno))]
[SocketMemory(Wmem = "4096 378048 378048")]
[TcpHandler<BulkSourceHandler>(Connections = 1)]
public sealed partial class BulkSender256;

[NetworkStack(SocketFrames = 1024)]
[NicQueues(1)]
[SoftwareChecksum]
[Gro]
[Ipv4("10.0.0.1/24")]
[Tcp(Timestamps = false, Sack = false, CongestionControl = typeof(Millrace.Tcp.NewReno))]
[SocketMemory(Rmem = "4096 524288 524288")]
[TcpHandler<BulkSinkHandler>(80, Connections = 1)]
public sealed partial class BulkReceiver256;

[NetworkStack(SocketFrames = 512)]
[NicQueues(1)]
[ChecksumOffload]
[Ipv4("10.0.0.2/24")]
[Tcp(Timestamps = false, Sack = false, CongestionControl = typeof(Millrace.Tcp.NewReno))]
[SocketMemory(Wmem = "4096 92928 92928")]
[TcpHandler<BulkSourceHandler>(Connections = 1)]
public sealed partial class OffloadedSender;

[NetworkStack(SocketFrames = 512)]
[NicQueues(1)]
[ChecksumOffload]
[Gro]
[Ipv4("10.0.0.1/24")]
[Tcp(Timestamps = false, Sack = false, CongestionControl = typeof(Millrace.Tcp.NewReno))]
[SocketMemory(Rmem = "4096 262144 262144")]
[TcpHandler<BulkSinkHandler>(80, Connections = 1)]
public sealed partial class OffloadedReceiver;

// Of 12 bytes of timestamps each: 45 segments of 1,448 bytes are 65,160.

[NetworkStack(SocketFrames = 512)]
[NicQueues(1)]
[SoftwareChecksum]
[Ipv4("10.0.0.2/24")]
[Tcp(Timestamps = true, Sack = false, CongestionControl = typeof(Millrace.Tcp.NewReno))]
[SocketMemory(Wmem = "4096 95040 95040")]
[TcpHandler<BulkSourceHandler>(Connections = 1)]
public sealed partial class TimestampsSender;

[NetworkStack(SocketFrames = 512)]
[NicQueues(1)]
[SoftwareChecksum]
[Gro]
[Ipv4("10.0.0.1/24")]
[Tcp(Timestamps = true, Sack = false, CongestionControl = typeof(Millrace.Tcp.NewReno))]
[SocketMemory(Rmem = "4096 262144 262144")]
[TcpHandler<BulkSinkHandler>(80, Connections = 1)]
public sealed partial class TimestampsReceiver;

// All that Linux has on: timestamps, selective acknowledgment with what belongs to it, CUBIC, small queues.

[NetworkStack(SocketFrames = 512)]
[NicQueues(1)]
[SoftwareChecksum]
[Ipv4("10.0.0.2/24")]
[Tcp]
[SocketMemory(Wmem = "4096 95040 95040")]
[SmallQueues]
[TcpHandler<BulkSourceHandler>(Connections = 1)]
public sealed partial class FullSender;

[NetworkStack(SocketFrames = 512)]
[NicQueues(1)]
[SoftwareChecksum]
[Gro]
[Ipv4("10.0.0.1/24")]
[Tcp]
[SocketMemory(Rmem = "4096 262144 262144")]
[SmallQueues]
[TcpHandler<BulkSinkHandler>(80, Connections = 1)]
public sealed partial class FullReceiver;

// An acknowledgment is sent at the end of a poll: polls of two packets make one of every second.

[NetworkStack(SocketFrames = 512)]
[NicQueues(1)]
[Napi(Weight = 2)]
[SoftwareChecksum]
[Ipv4("10.0.0.1/24")]
[Tcp(Timestamps = false, Sack = false, CongestionControl = typeof(Millrace.Tcp.NewReno))]
[SocketMemory(Rmem = "4096 262144 262144")]
[TcpHandler<BulkSinkHandler>(80, Connections = 1)]
public sealed partial class TwoAPollReceiver;

// The wire cuts nothing and finishes no checksums: segments are cut and merged by the stacks, each with a checksum of its own.

[NetworkStack(SocketFrames = 512)]
[NicQueues(1)]
[SoftwareChecksum]
[Ipv4("10.0.0.2/24")]
[Tcp(Timestamps = false, Sack = false, CongestionControl = typeof(Millrace.Tcp.NewReno))]
[SocketMemory(Wmem = "4096 92928 92928")]
[Gso]
[TcpHandler<BulkSourceHandler>(Connections = 1)]
public sealed partial class SegmentingSender;

[NetworkStack(SocketFrames = 512)]
[NicQueues(1)]
[SoftwareChecksum]
[Gro]
[Ipv4("10.0.0.1/24")]
[Tcp(Timestamps = false, Sack = false, CongestionControl = typeof(Millrace.Tcp.NewReno))]
[SocketMemory(Rmem = "4096 262144 262144")]
[TcpHandler<BulkSinkHandler>(80, Connections = 1)]
public sealed partial class MergingReceiver;

// The wire takes packets of up to 64 KiB as they are, checksums left partial.

[NetworkStack(SocketFrames = 512)]
[NicQueues(1)]
[ChecksumOffload]
[Ipv4("10.0.0.2/24")]
[Tcp(Timestamps = false, Sack = false, CongestionControl = typeof(Millrace.Tcp.NewReno))]
[SocketMemory(Wmem = "4096 92928 92928")]
[Gso]
[TcpHandler<BulkSourceHandler>(Connections = 1)]
public sealed partial class SuperPacketSender;

// There is nothing left to merge.

[NetworkStack(SocketFrames = 512)]
[NicQueues(1)]
[ChecksumOffload]
[Ipv4("10.0.0.1/24")]
[Tcp(Timestamps = false, Sack = false, CongestionControl = typeof(Millrace.Tcp.NewReno))]
[SocketMemory(Rmem = "4096 262144 262144")]
[TcpHandler<BulkSinkHandler>(80, Connections = 1)]
public sealed partial class SuperPacketReceiver;
