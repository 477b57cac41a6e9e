using Millrace;
using Millrace.Memory;

namespace HttpAppliance.Reports;

/// <summary>What one stack did, read when its loop rests.</summary>
internal sealed record StackReport
{
    public required string Name { get; init; }

    public required IReadOnlyList<StageReport> Stages { get; init; }

    public required IReadOnlyList<DropReport> Drops { get; init; }

    /// <summary>Packets of the wire; a merged one counts its segments.</summary>
    public required LedgerReport Ledger { get; init; }

    public required int FramesLeaked { get; init; }

    public required string Pipeline { get; init; }

    public required string MemoryBudget { get; init; }

    public bool IsBalanced => Ledger.IngressDue == Ledger.HeldIngress && Ledger.EgressDue == Ledger.HeldEgress;

    /// <summary>Holders that may rightly have frames in a stack whose peers have not finished.</summary>
    private const Holders Unfinished =
        Holders.Neighbour | Holders.Reassembly | Holders.ReceiveQueue | Holders.OutOfOrderQueue | Holders.RetransmitQueue;

    /// <param name="isFinished">Whether every connection has ended, so that nothing may hold a frame any more.</param>
    public static StackReport Of(INetworkStack stack, bool isFinished)
    {
        var pipeline = stack.Pipeline;
        var counters = new StageCounters[pipeline.Stages.Count];
        stack.ReadStageCounters(counters);
        return new StackReport
        {
            Name = pipeline.Name,
            Stages = [.. pipeline.Stages.Select((stage, index) => new StageReport(
                stage.Name, stage.Receives, stage.Transmits, counters[index].Received, counters[index].Transmitted))],
            Drops = [.. Enum.GetValues<DropReason>()
                .Select(reason => new DropReport(reason.ToString(), reason.LinuxName(), stack.Ledger.Dropped(reason)))
                .Where(drop => drop.Count != 0)],
            Ledger = LedgerReport.Of(stack),
            FramesLeaked = CountLeaked(stack.Arena, isFinished ? Holders.None : Unfinished),
            Pipeline = pipeline.Text,
            MemoryBudget = pipeline.MemoryBudget,
        };
    }

    /// <summary>Frames that are neither free nor posted to a receive ring, nor with one of the holders given.</summary>
    public static int CountLeaked(Arena arena, Holders rightly = Holders.None) =>
        arena.Capacity - arena.FreeCount - arena.CountHeldBy(Holders.ReceiveRing | rightly);
}

/// <param name="Received">Packets the stage saw on their way in; a merged one counts once where it passes as one.</param>
/// <param name="Transmitted">Packets the stage saw on their way out.</param>
internal sealed record StageReport(string Name, bool Receives, bool Transmits, long Received, long Transmitted);

internal sealed record DropReport(string Reason, string? LinuxName, long Count);

/// <summary>The two packet ledgers, as they stood.</summary>
internal sealed record LedgerReport(
    long Received,
    long Delivered,
    long Consumed,
    long Forwarded,
    long IngressDropped,
    long HeldIngress,
    long Created,
    long Transmitted,
    long EgressDropped,
    long HeldEgress)
{
    public long IngressDue => Received - Delivered - Consumed - Forwarded - IngressDropped;

    public long EgressDue => Created + Forwarded - Transmitted - EgressDropped;

    public static LedgerReport Of(INetworkStack stack) => new(
        stack.Ledger.Received,
        stack.Ledger.Delivered,
        stack.Ledger.Consumed,
        stack.Ledger.Forwarded,
        stack.Ledger.IngressDropped,
        stack.HeldIngress,
        stack.Ledger.Created,
        stack.Ledger.Transmitted,
        stack.Ledger.EgressDropped,
        stack.HeldEgress);
}
