using Millrace;
using Millrace.Sockets;

namespace UdpEcho;

/// <summary>The smallest useful stack: what is not declared here (TCP, GRO, offloads) is not in the binary.</summary>
[NetworkStack]
[NicQueues(1)]
[Ipv4("10.0.0.2/24")]
[Udp]
[UdpHandler<Echo>(7)]
public sealed partial class EchoStack;

/// <summary>The echo service of RFC 862.</summary>
public struct Echo : IUdpHandler
{
    public void Received(UdpDatagram datagram) => datagram.Reply(datagram.Data);
}
