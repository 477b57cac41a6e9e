using HttpAppliance.Http;
using Millrace;

namespace HttpAppliance;

/// <summary>The server, as a list of what a packet passes; the generator writes the loop.</summary>
[NetworkStack(SocketFrames = 65_536)]
[NicQueues(1)]
[Napi(Weight = 64)]
[ChecksumOffload]
[Gro]
[Ipv4("10.0.0.2/24")]
[Udp]
[Tcp]
[Stage<HttpWork>]
[SocketMemory(Rmem = "4096 131072 6291456", Wmem = "4096 65536 4194304")]
[Gso]
[TcpHandler<HttpConnection>(80, Connections = 1024)]
public sealed partial class ServerStack;
