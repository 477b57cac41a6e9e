using System.Runtime.CompilerServices;
using Millrace;
using Millrace.Headers;
using Millrace.Memory;

namespace SteeringLab.Traffic;

/// <summary>Where one worker of the server writes down what it sees of the flows.</summary>
public sealed class FlowSight
{
    internal FlowSight(FlowBoard board, int worker)
    {
        Board = board;
        Worker = worker;
    }

    internal FlowBoard Board { get; }

    internal int Worker { get; }

    /// <summary>Packets that came out of this worker's queue.</summary>
    internal long Arrived { get; set; }

    /// <summary>Packets of the wire that came to this worker's transports; a merged one counts its segments.</summary>
    internal long Taken { get; set; }
}

/// <summary>A stage of the sample's own, right behind the NIC: by which queue a flow comes in.</summary>
public struct ArrivalProbe(FlowSight sight) : IIngressStage
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Verdict Receive(ref Packet packet)
    {
        Note(sight, packet.EtherType, packet.Data);
        return Verdict.Continue;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Note(FlowSight sight, EtherType type, ReadOnlySpan<byte> network)
    {
        sight.Arrived++;
        if (type == EtherType.Ipv4)
        {
            sight.Board.FindByHeaders(network)?.Arrive(sight.Worker);
        }
    }
}

/// <summary>
/// A stage of the sample's own, right before the transports: which worker has a packet in the end, and whether the flow's packets
/// come in the order they were sent in (the generator numbers them in the field of IPv4's identification).
/// </summary>
[Needs(PacketFact.NetworkHeaderParsed)]
public struct OrderProbe(FlowSight sight) : IIngressStage
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Verdict Receive(ref Packet packet)
    {
        Note(sight, ref packet.Metadata);
        return Verdict.Continue;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Note(FlowSight sight, ref FrameMetadata metadata)
    {
        ReadOnlySpan<byte> network = Arena.Slot(ref metadata).Slice(metadata.NetworkOffset);
        sight.Taken += metadata.WirePackets;
        sight.Board.FindByHeaders(network)?.Take(sight.Worker, Ipv4Header.Identification(network), metadata.WirePackets);
    }
}
