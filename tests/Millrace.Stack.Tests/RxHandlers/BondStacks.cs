using System.Runtime.CompilerServices;
using Millrace.Headers;
using Millrace.Stack.Tests.Twin;
using Millrace.Testing;

namespace Millrace.Stack.Tests.RxHandlers;

/// <summary>A bond of two interfaces that share the address of the first (drivers/net/bonding, balance-rr).</summary>
internal sealed class Bond
{
    public const byte Master = 0;
    public const int SlaveCount = 2;

    public int Last { get; set; }
}

/// <summary>
/// What a slave receives is the bond's, except for what belongs to the link: that is for protocols of the slave alone
/// (bond_handle_frame, bond_should_deliver_exact_match).
/// </summary>
internal struct BondSlave : IRxHandler
{
    private const ulong LinkLocal = 0x0180_C200_0000;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly RxHandlerResult Handle(ref Packet packet)
    {
        var destination = EthernetHeader.Destination(Memory.Arena.Data(ref packet.Metadata));
        if ((destination.Value & ~0xFUL) == LinkLocal)
        {
            return RxHandlerResult.Exact;
        }

        packet.Metadata.Interface = Bond.Master;
        return RxHandlerResult.Another;
    }
}

/// <summary>Gives what goes out by the bond to its slaves in turn.</summary>
internal struct BondTransmit(Bond bond) : IEgressStage
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Verdict Transmit(ref Packet packet)
    {
        bond.Last = (bond.Last + 1) % Bond.SlaveCount;
        packet.Metadata.Interface = (byte)(Bond.Master + 1 + bond.Last);
        return Verdict.Continue;
    }
}

/// <summary>Listens for LLDP (IEEE 802.1AB) on the interface it is bound to.</summary>
internal struct LldpAgent : IIngressStage
{
    public const ushort EtherType = 0x88CC;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Verdict Receive(ref Packet packet) => packet.EtherType == (EtherType)EtherType ? Verdict.Deliver : Verdict.Continue;
}

[NetworkStack]
[Interface("bond0")]
[Interface("eth0")]
[Interface("eth1")]
[NicQueues(1)]
[ChecksumOffload]
[Gro]
[Tap]
[RxHandler<BondSlave>(On = "eth0", Name = "FirstSlave")]
[RxHandler<BondSlave>(On = "eth1", Name = "SecondSlave")]
[Stage<LldpAgent>(On = "eth0")]
[Ipv4("10.0.0.1/24", On = "bond0")]
[Udp]
[Tcp(MaxGsoSegments = 16)]
[SocketMemory]
[Stage<BondTransmit>(On = "bond0")]
[Gso]
[UdpHandler<UdpEchoHandler>(53)]
[TcpHandler<EchoHandler>(80, Connections = 16)]
internal sealed partial class BondHost;

[TwinOf<BondHost>]
internal sealed partial class BondHostTwin;
