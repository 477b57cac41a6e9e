using Millrace.Testing;

namespace Millrace.Benchmarks.Stages;

// The receivers, then the senders. Timestamps are off, so that a full segment is 1,460 bytes for all of them.

[NetworkStack]
[NicQueues(1)]
[ChecksumOffload]
[Ipv4("10.0.0.2/24")]
[Tcp(Timestamps = false, Sack = false, CongestionControl = typeof(Millrace.Tcp.NewReno))]
[TcpHandler<Discarding>(80, Connections = 16)]
public sealed partial class ReceivingStack;

[TwinOf<ReceivingStack>]
public sealed partial class ReceivingTwin;

[NetworkStack]
[NicQueues(1)]
[SoftwareChecksum]
[Ipv4("10.0.0.2/24")]
[Tcp(Timestamps = false, Sack = false, CongestionControl = typeof(Millrace.Tcp.NewReno))]
[TcpHandler<Discarding>(80, Connections = 16)]
public sealed partial class ReceivingSummingStack;

[TwinOf<ReceivingSummingStack>]
public sealed partial class ReceivingSummingTwin;

[NetworkStack]
[NicQueues(1)]
[ChecksumOffload]
[Gro]
[Ipv4("10.0.0.2/24")]
[Tcp(Timestamps = false, Sack = false, CongestionControl = typeof(Millrace.Tcp.NewReno))]
[TcpHandler<Discarding>(80, Connections = 16)]
public sealed partial class ReceivingGroStack;

[TwinOf<ReceivingGroStack>]
public sealed partial class ReceivingGroTwin;

[NetworkStack]
[NicQueues(1)]
[ChecksumOffload]
[Ipv4("10.0.0.2/24")]
[Tcp(Timestamps = false, Sack = false, CongestionControl = typeof(Millrace.Tcp.NewReno))]
[SocketMemory]
[TcpHandler<Discarding>(80, Connections = 16)]
public sealed partial class ReceivingMemoryStack;

[TwinOf<ReceivingMemoryStack>]
public sealed partial class ReceivingMemoryTwin;

[NetworkStack]
[NicQueues(1)]
[ChecksumOffload]
[Ipv4("10.0.0.2/24")]
[Tcp(Timestamps = false, Sack = false, CongestionControl = typeof(Millrace.Tcp.NewReno))]
[TcpHandler<Filling>(80, Connections = 16)]
public sealed partial class SendingStack;

[TwinOf<SendingStack>]
public sealed partial class SendingTwin;

[NetworkStack]
[NicQueues(1)]
[SoftwareChecksum]
[Ipv4("10.0.0.2/24")]
[Tcp(Timestamps = false, Sack = false, CongestionControl = typeof(Millrace.Tcp.NewReno))]
[TcpHandler<Filling>(80, Connections = 16)]
public sealed partial class SendingSummingStack;

[TwinOf<SendingSummingStack>]
public sealed partial class SendingSummingTwin;

[NetworkStack]
[NicQueues(1)]
[ChecksumOffload]
[Ipv4("10.0.0.2/24")]
[Tcp(Timestamps = false, Sack = false, CongestionControl = typeof(Millrace.Tcp.NewReno))]
[SmallQueues]
[TcpHandler<Filling>(80, Connections = 16)]
public sealed partial class SendingSmallQueuesStack;

[TwinOf<SendingSmallQueuesStack>]
public sealed partial class SendingSmallQueuesTwin;

[NetworkStack]
[NicQueues(1)]
[ChecksumOffload]
[Ipv4("10.0.0.2/24")]
[Tcp(Timestamps = false, Sack = false, CongestionControl = typeof(Millrace.Tcp.NewReno))]
[SocketMemory]
[TcpHandler<Filling>(80, Connections = 16)]
public sealed partial class SendingMemoryStack;

[TwinOf<SendingMemoryStack>]
public sealed partial class SendingMemoryTwin;

[NetworkStack]
[NicQueues(1)]
[ChecksumOffload]
[Ipv4("10.0.0.2/24")]
[Tcp(Timestamps = false, Sack = false, CongestionControl = typeof(Millrace.Tcp.NewReno))]
[Gso]
[TcpHandler<Filling>(80, Connections = 16)]
public sealed partial class SendingGsoStack;

[TwinOf<SendingGsoStack>]
public sealed partial class SendingGsoTwin;

[NetworkStack]
[NicQueues(1)]
[ChecksumOffload]
[Tap]
[Ipv4("10.0.0.2/24")]
[Tcp(Timestamps = false, Sack = false, CongestionControl = typeof(Millrace.Tcp.NewReno))]
[TcpHandler<Filling>(80, Connections = 16)]
public sealed partial class SendingTappedStack;

[TwinOf<SendingTappedStack>]
public sealed partial class SendingTappedTwin;

[NetworkStack]
[NicQueues(1)]
[VlanOffload(Id = 10)]
[ChecksumOffload]
[Ipv4("10.0.0.2/24")]
[Tcp(Timestamps = false, Sack = false, CongestionControl = typeof(Millrace.Tcp.NewReno))]
[TcpHandler<Filling>(80, Connections = 16)]
public sealed partial class SendingVlanStack;

[TwinOf<SendingVlanStack>]
public sealed partial class SendingVlanTwin;
