using Millrace;

namespace SteeringLab.Readings;

/// <summary>The ledgers of one stack as they stood between two polls, in packets of the wire.</summary>
internal sealed record LedgerReading
{
    public required string Name { get; init; }

    public required long Received { get; init; }

    public required long SteeredIn { get; init; }

    public required long SteeredOut { get; init; }

    public required long Delivered { get; init; }

    public required long Consumed { get; init; }

    public required long Forwarded { get; init; }

    public required long IngressDropped { get; init; }

    public required long HeldIngress { get; init; }

    public required long Created { get; init; }

    public required long Transmitted { get; init; }

    public required long EgressDropped { get; init; }

    public required long HeldEgress { get; init; }

    public required IReadOnlyList<DropReading> Drops { get; init; }

    public long IngressDue => Received + SteeredIn - Delivered - Consumed - Forwarded - SteeredOut - IngressDropped;

    public long EgressDue => Created + Forwarded - Transmitted - EgressDropped;

    public bool IsBalanced => IngressDue == HeldIngress && EgressDue == HeldEgress;

    /// <summary>To be called where the stack does not poll meanwhile.</summary>
    public static LedgerReading Of(string name, INetworkStack stack)
    {
        var ledger = stack.Ledger;
        return new LedgerReading
        {
            Name = name,
            Received = ledger.Received,
            SteeredIn = ledger.SteeredIn,
            SteeredOut = ledger.SteeredOut,
            Delivered = ledger.Delivered,
            Consumed = ledger.Consumed,
            Forwarded = ledger.Forwarded,
            IngressDropped = ledger.IngressDropped,
            HeldIngress = stack.HeldIngress,
            Created = ledger.Created,
            Transmitted = ledger.Transmitted,
            EgressDropped = ledger.EgressDropped,
            HeldEgress = stack.HeldEgress,
            Drops = [.. Enum.GetValues<DropReason>()
                .Select(reason => new DropReading(reason.LinuxName() ?? reason.ToString(), ledger.Dropped(reason)))
                .Where(drop => drop.Count != 0)],
        };
    }
}

/// <param name="Reason">Linux's name where there is one.</param>
internal sealed record DropReading(string Reason, long Count);
