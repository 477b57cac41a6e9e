using System.Runtime.CompilerServices;
using Millrace.Egress;
using Millrace.Headers;
using Millrace.Memory;

namespace Millrace.Ingress;

/// <summary>
/// Merges TCP segments of a flow (net/core/gro.c, net/ipv4/tcp_offload.c). Frames are chained, never copied; nothing is
/// kept beyond the end of a poll unless gro_flush_timeout is set; the order within a flow never changes.
/// </summary>
[Needs(PacketFact.LinkHeaderParsed, PacketFact.ChecksumVerified)]
public struct GroStage<TSettings, TNapi> : IIngressStage, IResumesIngress, IPollEnd
    where TSettings : struct, IGroSettings
    where TNapi : struct, INapiSettings
{
    private readonly GroTable table;
    private readonly NapiDeferral? deferral;
    private TSettings settings;
    private TNapi napi;

    /// <param name="deferral">There is one if the stack has a gro_flush_timeout, or can be given one.</param>
    public GroStage(TSettings settings, TNapi napi, Arena arena, NapiDeferral? deferral = null)
    {
        this.settings = settings;
        this.napi = napi;
        this.deferral = deferral;
        table = new GroTable(arena, settings.Buckets, settings.Held, settings.FixedIdentification);
    }

    /// <inheritdoc/>
    public readonly long HeldIngress => table.WirePackets;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Verdict Receive(ref Packet packet)
    {
        var data = packet.Data;
        if (packet.EtherType != EtherType.Ipv4 || data.Length < SegmentHeader.Ipv4Length || data[SegmentHeader.ProtocolOffset] != (byte)IpProtocol.Tcp)
        {
            return Verdict.Continue;
        }

        return table.Receive(packet.Frame, packet.Offset, settings.MaxSize, ref packet.Metadata);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryResumeIngress(out ResumedPacket packet)
    {
        if (table.IsReadyEmpty)
        {
            packet = default;
            return false;
        }

        return table.TryResume(out packet);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void PollEnd(long now)
    {
        if (table.WirePackets == 0)
        {
            return;
        }

        if (napi.GroFlushTimeout == 0)
        {
            table.FlushAll();
        }
        else
        {
            table.Flush(deferral!, now);
        }
    }
}
