using Millrace.Headers;
using Millrace.Stack.Tests.Datagrams;
using Millrace.Stack.Tests.Offload;
using Millrace.Stack.Tests.Twin;

namespace Millrace.Stack.Tests.Vlans;

[NetworkStack]
[NicQueues(1)]
[VlanOffload(Id = 10, Priority = 3)]
[ChecksumOffload]
[Gro]
[Ipv4("10.0.0.1/24")]
[Tcp]
[TcpHandler<Sender>(Connections = 4)]
[Gso]
internal sealed partial class VlanSender;

[NetworkStack]
[NicQueues(1)]
[VlanOffload(Id = 10)]
[ChecksumOffload]
[Gro]
[Ipv4("10.0.0.2/24")]
[Tcp]
[TcpHandler<Receiver>(80, Connections = 4)]
[Gso]
internal sealed partial class VlanReceiver;

/// <summary>The provider's tag of the same identifier is another VLAN.</summary>
[NetworkStack]
[NicQueues(1)]
[VlanOffload(Id = 10, Protocol = VlanProtocol.Ieee8021ad)]
[Ipv4("10.0.0.2/24")]
internal sealed partial class ServiceStack;

/// <summary>Turns round what comes in by the VLANs 20 and 30, merged and cut again.</summary>
[NetworkStack]
[NicQueues(1)]
[VlanOffload(Accept = [20, 30])]
[ChecksumOffload]
[Gro]
[Stage<TurnRound>]
[Gso]
internal sealed partial class VlanMirror;

[NetworkStack]
[NicQueues(1)]
[VlanOffload(Id = 10, Accept = [20])]
[ChecksumOffload]
[Ipv4("10.0.0.1/24")]
[Udp]
[UdpHandler<UdpEcho>(7)]
internal sealed partial class VlanEcho;
