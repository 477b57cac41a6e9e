using System.Runtime.CompilerServices;
using Millrace.Headers;
using Millrace.Memory;
using Millrace.Sockets;

namespace Millrace.Udp;

/// <summary>The door to UDP: takes datagrams and continues every other protocol.</summary>
[Drops(DropReason.PacketTooSmall, DropReason.UdpChecksum, DropReason.NoSocket)]
[Needs(PacketFact.NetworkHeaderParsed, PacketFact.Whole)]
public struct UdpStage<TSettings, TApplications> : IIngressStage, IPollStart
    where TSettings : struct, IUdpSettings
    where TApplications : struct, IUdpApplications
{
    private UdpLayer<TSettings, TApplications> udp;

    public UdpStage(TSettings settings, TApplications applications, Arena arena, Outbox outbox, NetworkLayer network) =>
        udp = new UdpLayer<TSettings, TApplications>(settings, applications, arena, outbox, network);

    /// <summary>What applications send through.</summary>
    [Provides]
    public readonly UdpSockets Sockets => udp;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Verdict Receive(ref Packet packet) =>
        packet.Protocol == IpProtocol.Udp
            ? udp.Receive(packet.Frame, packet.Offset, packet.TotalLength, ref packet.Metadata)
            : Verdict.Continue;

    public void PollStart(long now) => udp.Now = now;
}
