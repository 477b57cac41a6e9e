using System.Runtime.CompilerServices;
using Millrace.Memory;
using Millrace.Nics;

namespace Millrace.Egress;

/// <summary>
/// Cuts TCP packets of many segments (net/ipv4/tcp_offload.c, tcp_gso_segment) unless the NIC does, and makes one frame of
/// several for a NIC that takes no other. It sees packets complete to the link header.
/// </summary>
[Drops(DropReason.SegmentationFailed, DropReason.QueueFull)]
public struct GsoStage<TSettings> : IEgressStage, IResumesEgress
    where TSettings : struct, IGsoSettings
{
    private readonly Segmenter segmenter;
    private TSettings settings;

    public GsoStage(TSettings settings, Arena arena, IReadOnlyList<NetworkInterface> interfaces)
    {
        this.settings = settings;
        segmenter = new Segmenter(arena, interfaces);
    }

    /// <inheritdoc/>
    public readonly long HeldEgress => segmenter.HeldPackets;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Verdict Transmit(ref Packet packet)
    {
        if (packet.Metadata.GsoSize == 0 && packet.Metadata.NextFragment.IsNone && segmenter.IsIdle)
        {
            return Verdict.Continue;
        }

        return segmenter.Take(packet.Frame, ref packet.Metadata, settings.MaxSize, settings.MaxSegments);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryResumeEgress(out Frame packet)
    {
        if (segmenter.IsIdle)
        {
            packet = Frame.None;
            return false;
        }

        return segmenter.TryNext(out packet);
    }
}
