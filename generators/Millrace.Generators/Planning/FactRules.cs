using Millrace.Generators.Spec;

namespace Millrace.Generators.Planning;

/// <summary>Every fact a stage needs is ensured before it: by a declared stage, or by a software fallback that is put in.</summary>
internal static class FactRules
{
    /// <param name="reasons">Takes for each stage why it was put in.</param>
    /// <returns>The stages in order.</returns>
    public static List<StageSpec> Complete(StackSpec spec, Dictionary<string, string> reasons, List<Problem> problems, List<string> notes)
    {
        var stages = spec.Stages.ToList();
        while (TryInsert(spec, stages, reasons, notes))
        {
        }

        foreach (var lacking in Missing(stages).GroupBy(missing => missing.Stage, missing => missing.Fact))
        {
            var facts = string.Join(" and ", lacking);
            problems.Add(new Problem(
                Diagnostics.NeedNotEnsured.Id, lacking.Key.Ordinal, -1, false, new[] { lacking.Key.Name, facts, Remedy(lacking.First()) }.ToEquatable()));
        }

        foreach (var stage in stages.Where(stage => !reasons.ContainsKey(stage.Name)))
        {
            reasons[stage.Name] = "";
        }

        return stages;
    }

    private static bool TryInsert(StackSpec spec, List<StageSpec> stages, Dictionary<string, string> reasons, List<string> notes)
    {
        foreach (var (stage, fact) in Missing(stages))
        {
            var fallback = spec.Fallbacks.FirstOrDefault(candidate => candidate.Fact == fact)?.Stage;
            if (fallback is null || stages.Any(present => present.Name == fallback.Name))
            {
                continue;
            }

            var before = stages.IndexOf(stage);
            var lower = stages.FindLastIndex(before - 1 < 0 ? 0 : before - 1, candidate => candidate.Place > 0 && candidate.Place <= fallback.Place) + 1;
            stages.Insert(Math.Min(lower, before), fallback);
            reasons[fallback.Name] = $"[{stage.Name}] needs {fact}";
            notes.Add($"[{fallback.Name}] is put in with its defaults: [{stage.Name}] needs {fact}, which nothing declared ensures.");
            return true;
        }

        return false;
    }

    private static IEnumerable<(StageSpec Stage, string Fact)> Missing(List<StageSpec> stages)
    {
        var facts = new HashSet<string>(StringComparer.Ordinal);
        foreach (var stage in stages.ToArray())
        {
            foreach (var need in stage.Needs.Where(need => !facts.Contains(need)))
            {
                yield return (stage, need);
            }

            // a bound stage says nothing of the packets of other interfaces
            if (!stage.IsBound)
            {
                facts.UnionWith(stage.Ensures);
            }
        }
    }

    private static string Remedy(string fact) => fact switch
    {
        "LinkHeaderParsed" => "declare [NicQueues(1)] before it",
        "ChecksumVerified" => "declare [ChecksumOffload] before it",
        "NetworkHeaderParsed" or "Whole" => "declare a network stage such as [Ipv4(\"10.0.0.2/24\")] before it",
        _ => $"declare a stage with [Ensures(PacketFact.{fact})] before it",
    };
}
