using Millrace.Memory;

namespace Millrace.Testing.Traffic;

/// <summary>
/// Everything countable of a stack at a poll boundary: ledgers, drops by reason, stage counters, charges of the arena, holders.
/// Two stacks that do the same have equal snapshots.
/// </summary>
public sealed class StackSnapshot
{
    private static readonly Holders[] AllHolders = [.. Enum.GetValues<Holders>().Where(holder => holder != Holders.None)];

    private readonly IReadOnlyList<(string Name, long Value)> values;

    private StackSnapshot(IReadOnlyList<(string, long)> values) => this.values = values;

    /// <param name="excludedStages">Stages, by their name in the description, whose counters are left out.</param>
    /// <param name="countHolders">Whether to look through the whole arena for who holds what.</param>
    public static StackSnapshot Of(INetworkStack stack, IReadOnlyCollection<string> excludedStages, bool countHolders)
    {
        ArgumentNullException.ThrowIfNull(stack);
        ArgumentNullException.ThrowIfNull(excludedStages);
        var ledger = stack.Ledger;
        var values = new List<(string, long)>
        {
            ("received", ledger.Received), ("delivered", ledger.Delivered), ("consumed", ledger.Consumed),
            ("steered in", ledger.SteeredIn), ("steered out", ledger.SteeredOut), ("forwarded", ledger.Forwarded), ("created", ledger.Created), ("transmitted", ledger.Transmitted),
            ("held ingress", stack.HeldIngress), ("held egress", stack.HeldEgress),
            ("next deadline", stack.NextDeadline), ("free frames", stack.Arena.FreeCount),
        };
        foreach (var share in Enum.GetValues<Share>())
        {
            values.Add(($"used of {share}", stack.Arena.Used(share)));
        }

        foreach (var reason in Enum.GetValues<DropReason>())
        {
            values.Add(($"ingress drop {reason}", ledger.IngressDrops(reason)));
            values.Add(($"egress drop {reason}", ledger.EgressDrops(reason)));
        }

        AddStages(stack, excludedStages, values);
        foreach (var holder in countHolders ? AllHolders : [])
        {
            values.Add(($"frames of {holder}", stack.Arena.CountHeldBy(holder)));
        }

        return new StackSnapshot(values);
    }

    private static void AddStages(INetworkStack stack, IReadOnlyCollection<string> excludedStages, List<(string, long)> values)
    {
        var stages = stack.Pipeline.Stages;
        var counters = new StageCounters[stages.Count];
        stack.ReadStageCounters(counters);
        for (var i = 0; i < counters.Length; i++)
        {
            if (!excludedStages.Contains(stages[i].Name))
            {
                var ordinal = stages.Take(i).Count(stage => stage.Name == stages[i].Name);
                var name = ordinal == 0 ? stages[i].Name : $"{stages[i].Name} #{ordinal + 1}";
                values.Add(($"{name} received", counters[i].Received));
                values.Add(($"{name} transmitted", counters[i].Transmitted));
            }
        }
    }

    /// <summary>The lines that differ, "name: this, other"; empty if none do.</summary>
    public IReadOnlyList<string> DifferencesFrom(StackSnapshot other)
    {
        ArgumentNullException.ThrowIfNull(other);
        var mine = values.ToDictionary(pair => pair.Name, pair => pair.Value);
        var theirs = other.values.ToDictionary(pair => pair.Name, pair => pair.Value);
        return
        [
            .. from name in mine.Keys.Union(theirs.Keys)
            let left = mine.TryGetValue(name, out var value) ? value : (long?)null
            let right = theirs.TryGetValue(name, out var value) ? value : (long?)null
            where left != right
            select $"{name}: {left?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "absent"}, "
                + $"{right?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "absent"}",
        ];
    }

    /// <summary>Equality without a dictionary, for every poll.</summary>
    public bool IsSame(StackSnapshot other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return values.SequenceEqual(other.values);
    }

    /// <summary>The lines that are not zero.</summary>
    public override string ToString() => string.Join('\n', values.Where(pair => pair.Value != 0).Select(pair => $"{pair.Name} {pair.Value}"));
}
