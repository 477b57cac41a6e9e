using System.Runtime.CompilerServices;
using Millrace.Headers;
using Millrace.Memory;
using Millrace.Nics;
using Millrace.Sockets;
using Millrace.Workers;

namespace Millrace.Tcp;

/// <summary>The door to <see cref="Tcp{TSettings,TMemory,TSmallQueues,TApplications,TCongestionControl}"/>: one call a packet, or a merged packet.</summary>
[Needs(PacketFact.ChecksumVerified, PacketFact.NetworkHeaderParsed, PacketFact.Whole)]
[Drops(
    DropReason.PacketTooSmall,
    DropReason.HeaderTruncated,
    DropReason.NoSocket,
    DropReason.SocketReceiveBuffer,
    DropReason.SocketMemory,
    DropReason.TcpHeader,
    DropReason.TcpChecksum,
    DropReason.TcpFlags,
    DropReason.TcpZeroWindow,
    DropReason.TcpOldData,
    DropReason.TcpOverWindow,
    DropReason.TcpOutOfOrderMerge,
    DropReason.TcpOutOfOrderPrune,
    DropReason.TcpPaws,
    DropReason.TcpOldSequence,
    DropReason.TcpInvalidSequence,
    DropReason.TcpInvalidAckSequence,
    DropReason.TcpReset,
    DropReason.TcpInvalidSyn,
    DropReason.TcpClose,
    DropReason.TcpOldAck,
    DropReason.TcpAckUnsentData,
    DropReason.TcpListenOverflow,
    DropReason.TcpAbortOnData,
    DropReason.TcpTimeWait)]
public struct TcpStage<TSettings, TMemory, TGso, TSmallQueues, TChecksum, TApplications, TCongestionControl>(
    TSettings settings,
    TMemory memory,
    TGso gso,
    TSmallQueues smallQueues,
    TChecksum checksum,
    Arena arena,
    Ledger ledger,
    Outbox outbox,
    Entropy entropy,
    NetworkLayer network,
    IReadOnlyList<NetworkInterface> interfaces,
    TApplications applications,
    WorkerPort? workers = null)
    : IIngressStage, IPollStart, IOriginates, ITimed, ITransportErrorObserver, IInterfaceObserver, IWorkerNotices
    where TSettings : struct, ITcpSettings
    where TMemory : struct, ISocketMemorySettings
    where TGso : struct, IGsoSettings
    where TSmallQueues : struct, ISmallQueuesSettings
    where TChecksum : struct, IChecksumOffloadSettings
    where TApplications : struct, ITcpApplications
    where TCongestionControl : unmanaged, ICongestionControl
{
    private readonly Tcp<TSettings, TMemory, TSmallQueues, TApplications, TCongestionControl> tcp = new(
        settings, memory, smallQueues, arena, ledger, outbox, entropy, network, applications, gso.MaxSegments, workers,
        sumsPayloads: !checksum.Transmit || !interfaces.All(static networkInterface => (networkInterface.Nic.Features & NicFeatures.TransmitChecksum) != 0));

    [Provides]
    public readonly TcpSockets Sockets => tcp;

    public readonly ref readonly TcpCounters Counters => ref tcp.Counters;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Verdict Receive(ref Packet packet)
    {
        if (packet.Protocol != IpProtocol.Tcp)
        {
            return Verdict.Continue;
        }

        ref var metadata = ref packet.Metadata;
        return tcp.Receive(packet.Frame, metadata.NetworkOffset, packet.Offset, packet.TotalLength, ref metadata);
    }

    public readonly void PollStart(long now) => tcp.PollStart(now);

    public readonly bool FillOutbox(long now) => tcp.FillOutbox(now);

    public readonly long NextDeadline => tcp.NextDeadline;

    public readonly void Advance(long now) => tcp.Advance(now);

    public readonly void TransportFailed(in TransportError error, long now) => tcp.TransportFailed(in error, now);

    public readonly void InterfaceChanged(NetworkInterface networkInterface, long now) => tcp.InterfaceChanged(now);

    public readonly void Noticed(in WorkerNotice notice, long now)
    {
        if (notice.Kind == WorkerNoticeKind.TransportError)
        {
            tcp.TransportFailed(notice.Error, now);
        }
    }
}
