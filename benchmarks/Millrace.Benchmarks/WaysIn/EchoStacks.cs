using Millrace.Sockets;

namespace Millrace.Benchmarks.WaysIn;

[NetworkStack]
[NicQueues(1)]
[Ipv4("10.0.0.2/24")]
[Udp]
[UdpHandler<Echo>(7)]
public sealed partial class PromptEcho;

/// <summary>The same with deferral, which is set at run time.</summary>
[NetworkStack]
[NicQueues(1)]
[Napi(Runtime = [nameof(NapiAttribute.DeferHardIrqs), nameof(NapiAttribute.GroFlushTimeout)])]
[Ipv4("10.0.0.2/24")]
[Udp]
[UdpHandler<Echo>(7)]
public sealed partial class DeferringEcho;

[NetworkStack]
[NicQueues(1)]
[Ipv4("10.0.0.1/24")]
[Udp]
[UdpHandler<Answer>(9)]
public sealed partial class Asking;

public struct Echo : IUdpHandler
{
    public void Received(UdpDatagram datagram) => datagram.Reply(datagram.Data);
}

public struct Answer(AnswerCount answers) : IUdpHandler
{
    public void Received(UdpDatagram datagram) => answers.Value++;
}

/// <summary>Answers that have come; the one thread that polls the client writes and reads it.</summary>
public sealed class AnswerCount
{
    public long Value;
}
