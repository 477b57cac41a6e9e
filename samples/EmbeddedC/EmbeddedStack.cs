using Millrace;
using Millrace.Sockets;

namespace EmbeddedC;

/// <summary>What a C program embeds: sockets over TCP and UDP, and every setting that decides no capacity settable while it runs.</summary>
[NetworkStack(Runtime = RuntimeSettings.All)]
[NicQueues(1)]
[Ipv4("0.0.0.0/0")]
[Udp]
[UdpHandler<BsdUdp>]
[Tcp]
[SocketMemory]
[TcpHandler<BsdTcp>(Connections = 1024)]
public sealed partial class EmbeddedStack;
