using System.Runtime.CompilerServices;
using Millrace.Headers;
using Millrace.Memory;

namespace Millrace.Workers;

/// <summary>
/// The last stage before the transports: a segment whose connection another worker has (because a table changed, a kernel
/// steers as it likes, or a datagram was put together here) goes there by ring. What nobody owns yet stays, and is owned by this
/// worker if a connection comes of it.
/// </summary>
[Needs(PacketFact.NetworkHeaderParsed, PacketFact.Whole)]
[Drops(DropReason.CpuBacklog, DropReason.NoMemory)]
public struct FlowOwnerStage(WorkerPort workers) : IIngressStage, IResumesIngress
{
    private readonly WorkerPort port = workers;
    private readonly FlowOwners owners = workers.Group.Owners;

    /// <summary>Packets that were another worker's.</summary>
    public long Strays { get; private set; }

    /// <summary>What waits in the ring is held by nobody's ledger but the sum over all workers.</summary>
    public readonly long HeldIngress => 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Verdict Receive(ref Packet packet)
    {
        if (packet.Protocol != IpProtocol.Tcp)
        {
            return Verdict.Continue;
        }

        ref var metadata = ref packet.Metadata;

        // a device hashes a fragment without its ports
        var isReassembled = metadata.WirePackets > 1 && metadata.GsoSize == 0;
        var hash = metadata.Hash != 0 && !isReassembled ? metadata.Hash : Hash(ref metadata, packet.Offset);
        var owner = owners.OwnerOf(hash);
        return owner < 0 || owner == port.Worker ? Verdict.Continue : Steer(owner, packet.Frame, packet.Offset, packet.EtherType);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryResumeIngress(out ResumedPacket packet)
    {
        if (port.HasSteered(CrossingKind.Owner))
        {
            return port.TryTakeSteered(CrossingKind.Owner, out packet);
        }

        packet = default;
        return false;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private readonly uint Hash(ref FrameMetadata metadata, int offset)
    {
        var slot = Arena.Slot(ref metadata);
        var network = slot.Slice(metadata.NetworkOffset, offset - metadata.NetworkOffset);
        var transport = slot.Slice(offset, metadata.DataOffset + metadata.DataLength - offset);
        return metadata.Hash = transport.Length < TcpHeader.MinimumLength
            ? 0
            : port.Hash.Of(
                NetworkHeader.Source(network), NetworkHeader.Destination(network),
                TcpHeader.SourcePort(transport), TcpHeader.DestinationPort(transport));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private Verdict Steer(int owner, Frame frame, int offset, EtherType etherType)
    {
        Strays++;
        return port.TrySteer(owner, CrossingKind.Owner, frame, offset, etherType, IpProtocol.Tcp, out _)
            ? Verdict.Held
            : Verdict.Drop(DropReason.CpuBacklog);
    }
}
