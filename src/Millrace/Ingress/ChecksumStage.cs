using System.Runtime.CompilerServices;
using Millrace.Egress;
using Millrace.Headers;
using Millrace.Memory;
using Millrace.Nics;

namespace Millrace.Ingress;

/// <summary>
/// Transport checksums on both ways. In: what the NIC has not verified is verified here, so that later stages only look at
/// the state. Out, as the last stage before the NIC: what the NIC cannot finish is finished here.
/// </summary>
[Needs(PacketFact.LinkHeaderParsed)]
[Ensures(PacketFact.ChecksumVerified)]
[Drops(DropReason.TcpChecksum, DropReason.UdpChecksum, DropReason.ChecksumIncomplete)]
public struct ChecksumStage<TSettings> : IIngressStage, IEgressStage
    where TSettings : struct, IChecksumOffloadSettings
{
    private readonly Arena arena;
    private readonly TransmitChecksums transmit;
    private TSettings settings;

    public ChecksumStage(TSettings settings, Arena arena, IReadOnlyList<NetworkInterface> interfaces)
    {
        this.settings = settings;
        this.arena = arena;
        transmit = new TransmitChecksums(interfaces);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Verdict Receive(ref Packet packet)
    {
        var state = packet.Metadata.Checksum;
        if (packet.EtherType != EtherType.Ipv4 || state == ChecksumState.Partial || (state == ChecksumState.Unnecessary && settings.Receive))
        {
            return Verdict.Continue;
        }

        return ReceivedChecksum.Verify(arena, packet.Frame, packet.Offset, ref packet.Metadata);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Verdict Transmit(ref Packet packet)
    {
        if (packet.Metadata.Checksum != ChecksumState.Partial || (settings.Transmit && transmit.IsLeftTo(packet.Metadata.Interface)))
        {
            return Verdict.Continue;
        }

        return TransmitChecksums.Complete(arena, packet.Frame, ref packet.Metadata);
    }
}

/// <summary>
/// <see cref="ChecksumStage{TSettings}"/> without the NIC's help, for stacks that do not declare
/// <see cref="ChecksumOffloadAttribute"/>: nothing but a virtual peer's partial checksum is taken on trust.
/// </summary>
[Needs(PacketFact.LinkHeaderParsed)]
[Ensures(PacketFact.ChecksumVerified)]
[Drops(DropReason.TcpChecksum, DropReason.UdpChecksum, DropReason.ChecksumIncomplete)]
public struct SoftwareChecksumStage(Arena arena) : IIngressStage, IEgressStage
{
    private readonly Arena arena = arena;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Verdict Receive(ref Packet packet) =>
        packet.EtherType != EtherType.Ipv4 || packet.Metadata.Checksum == ChecksumState.Partial
            ? Verdict.Continue
            : ReceivedChecksum.Verify(arena, packet.Frame, packet.Offset, ref packet.Metadata);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Verdict Transmit(ref Packet packet) =>
        packet.Metadata.Checksum != ChecksumState.Partial
            ? Verdict.Continue
            : TransmitChecksums.Complete(arena, packet.Frame, ref packet.Metadata);
}
