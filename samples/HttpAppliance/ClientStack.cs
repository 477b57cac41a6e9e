using HttpAppliance.Fetch;
using Millrace;

namespace HttpAppliance;

/// <summary>The client of the run in memory.</summary>
[NetworkStack(SocketFrames = 32_768)]
[NicQueues(1)]
[Napi(Weight = 64)]
[ChecksumOffload]
[Gro]
[Ipv4("10.0.0.1/24")]
[Udp]
[Tcp]
[SocketMemory(Rmem = "4096 131072 6291456")]
[TcpHandler<FetchConnection>(Connections = 16)]
public sealed partial class ClientStack;
