using Millrace.Sockets;
using Millrace.Testing;

namespace Millrace.Stack.Tests.Datagrams;

/// <summary>Sends every datagram back.</summary>
public struct UdpEcho : IUdpHandler
{
    public long Datagrams;

    public void Received(UdpDatagram datagram)
    {
        Datagrams++;
        datagram.Reply(datagram.Data);
    }
}

[NetworkStack]
[NicQueues(1)]
[Ipv4("10.0.0.1/24")]
[Udp]
[UdpHandler<UdpEcho>(7)]
public sealed partial class EchoStack;

[TwinOf<EchoStack>]
public sealed partial class EchoTwin;
