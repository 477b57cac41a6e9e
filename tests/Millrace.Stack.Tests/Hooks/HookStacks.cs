using Millrace.Stack.Tests.Twin;
using Millrace.Testing;

namespace Millrace.Stack.Tests.Hooks;

[NetworkStack]
[NicQueues(1)]
[Ipv4("10.0.0.1/24", Gateway = "10.0.0.107", Forwarding = true)]
[Hook<Last>(Priority = NetfilterPriority.Last)]
[Hook<Tally>]
[Hook<Middle>]
[Hook<First>(Priority = NetfilterPriority.Raw)]
internal sealed partial class CountedStack;

[NetworkStack(Runtime = RuntimeSettings.All)]
[NicQueues(1)]
[ChecksumOffload]
[Gro]
[Ipv4("10.0.0.1/24", Gateway = "10.0.0.107", Forwarding = true)]
[Udp]
[Tcp(MaxGsoSegments = 16)]
[SocketMemory]
[Gso]
[UdpHandler<UdpEchoHandler>(53)]
[TcpHandler<EchoHandler>(80, Connections = 16)]
[TcpHandler<SinkHandler>(81, Connections = 16)]
[Hook<Toll>(Priority = 10)]
[Hook<Tally>]
[Hook<Toll>(Priority = -10, Name = "EarlyToll")]
internal sealed partial class TollStack;

[TwinOf<TollStack>]
internal sealed partial class TollTwin;

[NetworkStack]
[NicQueues(1)]
[ChecksumOffload]
[Ipv4("10.0.0.1/24")]
[Udp]
[UdpHandler<UdpEchoHandler>(53)]
[Hook<Blocklist>(Priority = NetfilterPriority.Raw)]
[Hook<Tally>]
internal sealed partial class WatchedStack;
