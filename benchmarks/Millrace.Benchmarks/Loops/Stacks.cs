using System.Runtime.CompilerServices;
using Millrace.Sockets;
using Millrace.Testing;

namespace Millrace.Benchmarks.Loops;

/// <summary>Nothing but the loop and the NIC: what the others are compared with.</summary>
[NetworkStack]
[NicQueues(1)]
[Stage<Swallow>]
public sealed partial class BareStack;

[TwinOf<BareStack>]
public sealed partial class BareTwin;

[NetworkStack]
[NicQueues(1)]
[ChecksumOffload]
[Gro]
[Ipv4("10.0.0.2/24")]
[Udp]
[UdpHandler<Sink>(7)]
public sealed partial class DatagramStack;

[TwinOf<DatagramStack>]
public sealed partial class DatagramTwin;

[NetworkStack]
[NicQueues(1)]
[ChecksumOffload]
[Gro]
[Ipv4("10.0.0.2/24")]
[Stage<Swallow>]
public sealed partial class MergingStack;

[TwinOf<MergingStack>]
public sealed partial class MergingTwin;

/// <summary>The same with every checksum verified in software.</summary>
[NetworkStack]
[NicQueues(1)]
[SoftwareChecksum]
[Gro]
[Ipv4("10.0.0.2/24")]
[Stage<Swallow>]
public sealed partial class VerifyingStack;

[TwinOf<VerifyingStack>]
public sealed partial class VerifyingTwin;

/// <summary>Uses every packet up.</summary>
public struct Swallow : IIngressStage
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Verdict Receive(ref Packet packet) => Verdict.Consumed;
}

public struct Sink : IUdpHandler
{
    public long Bytes;

    public void Received(UdpDatagram datagram) => Bytes += datagram.Data.Length;
}
