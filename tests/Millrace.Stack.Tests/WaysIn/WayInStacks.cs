using System.Runtime.CompilerServices;
using Millrace.Headers;
using Millrace.Sockets;
using Millrace.Stack.Tests.Twin;
using Millrace.Testing;

namespace Millrace.Stack.Tests.WaysIn;

/// <summary>What came out of GRO: segments of each packet, and the port it is for.</summary>
internal sealed class MergeLog
{
    public List<(int Segments, int Port)> Packets { get; } = [];
}

/// <summary>Notes every packet and uses it up.</summary>
internal struct Noted(MergeLog log) : IIngressStage
{
    public Verdict Receive(ref Packet packet)
    {
        var port = packet.Data.Length < 24 ? 0 : (packet.Data[22] << 8) | packet.Data[23];
        log.Packets.Add((packet.Metadata.WirePackets, port));
        return Verdict.Consumed;
    }
}

[NetworkStack]
[NicQueues(1)]
[Napi(Weight = 8, GroFlushTimeout = 100_000)]
[ChecksumOffload]
[Gro]
[Stage<Noted>]
internal sealed partial class HoldingStack;

[NetworkStack(Runtime = RuntimeSettings.All)]
[NicQueues(1)]
[Napi(DeferHardIrqs = 2, GroFlushTimeout = 100_000)]
[ChecksumOffload]
[Gro]
[Stage<Noted>]
internal sealed partial class SettableStack;

[NetworkStack]
[NicQueues(1)]
[Napi(DeferHardIrqs = 2, GroFlushTimeout = 1_000_000)]
[ChecksumOffload]
[Gro]
[Ipv4("10.0.0.1/24")]
[Tcp(MaxGsoSegments = 16)]
[SocketMemory]
[Gso]
[TcpHandler<EchoHandler>(80, Connections = 16)]
[TcpHandler<SinkHandler>(81, Connections = 16)]
internal sealed partial class PatientStack;

[TwinOf<PatientStack>]
internal sealed partial class PatientTwin;

/// <summary>Sends every datagram back.</summary>
internal struct Bounce : IUdpHandler
{
    public void Received(UdpDatagram datagram) => datagram.Reply(datagram.Data);
}

[NetworkStack]
[NicQueues(1)]
[Ipv4("10.0.0.2/24")]
[Udp]
[UdpHandler<Bounce>(7)]
internal sealed partial class PromptBounce;

[NetworkStack]
[NicQueues(1)]
[Napi(DeferHardIrqs = 40, GroFlushTimeout = 500_000)]
[Ipv4("10.0.0.2/24")]
[Udp]
[UdpHandler<Bounce>(7)]
internal sealed partial class DeferringBounce;

/// <summary>Counts what comes back, for a thread that waits.</summary>
internal sealed class Answers
{
    private int count;

    public int Count => Volatile.Read(ref count);

    public void Add() => Interlocked.Increment(ref count);
}

internal struct Awaited(Answers answers) : IUdpHandler
{
    public void Received(UdpDatagram datagram) => answers.Add();
}

[NetworkStack]
[NicQueues(1)]
[Ipv4("10.0.0.1/24")]
[Udp]
[UdpHandler<Awaited>(9)]
internal sealed partial class AskingStack;
