using Millrace.Testing;
using Millrace.Stack.Tests.Twin;

namespace Millrace.Stack.Tests.Workers;

/// <summary>Three workers, a queue for one of them.</summary>
[NetworkStack(RingFrames = 512)]
[Workers(3, Borrowed = 512)]
[NicQueues(1)]
[ChecksumOffload]
[Rps]
[Ipv4("10.0.0.1/24")]
[Udp]
[UdpHandler<OrderHandler>(53)]
internal sealed partial class OneQueueOfThree;

/// <summary>Four workers, queues for two of them, and merging in front of the steering.</summary>
[NetworkStack(RingFrames = 512)]
[Workers(4, Borrowed = 512)]
[NicQueues(2)]
[ChecksumOffload]
[Gro]
[Rps]
[Ipv4("10.0.0.1/24")]
[Udp]
[Tcp]
[SocketMemory]
[UdpHandler<OrderHandler>(53)]
[TcpHandler<EchoHandler>(80, Connections = 64)]
[Gso]
[Xps]
internal sealed partial class TwoQueuesOfFour;

[TwinOf<TwoQueuesOfFour>]
internal sealed partial class TwoQueuesOfFourTwin;

/// <summary>Two workers with a queue each, and backlogs so short that packets are dropped.</summary>
[NetworkStack(RingFrames = 512)]
[Workers(2, Borrowed = 64)]
[NicQueues(2)]
[ChecksumOffload]
[Rps(Backlog = 8, FlowLimit = true, FlowLimitBuckets = 16)]
[Ipv4("10.0.0.1/24")]
[Udp]
[UdpHandler<OrderHandler>(53)]
internal sealed partial class ShortBacklogs;
