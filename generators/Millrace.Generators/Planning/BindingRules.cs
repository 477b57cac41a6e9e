using Millrace.Generators.Spec;

namespace Millrace.Generators.Planning;

/// <summary>A stage is bound to an interface only where it can be told which interface a packet is of.</summary>
internal static class BindingRules
{
    public static void Check(StackSpec spec, List<Problem> problems)
    {
        var stages = spec.Stages.ToList();
        var network = stages.FindIndex(stage => stage.Is(Roles.Network));
        for (var i = 0; i < stages.Count; i++)
        {
            if (stages[i].IsBound && Fault(stages[i], isBehindNetwork: network >= 0 && i > network) is var (problem, remedy))
            {
                problems.Add(new Problem(
                    Diagnostics.BoundStage.Id, stages[i].Ordinal, -1, false,
                    new[] { stages[i].Name, spec.Interfaces[stages[i].On], problem, remedy }.ToEquatable()));
            }
        }
    }

    private static (string Problem, string Remedy)? Fault(StageSpec stage, bool isBehindNetwork)
    {
        if (!stage.IsStage)
        {
            return ("its settings are those of the whole stack", "leave On out");
        }

        if (stage.Ensures.Count > 0)
        {
            return ($"later stages rely on {string.Join(" and ", stage.Ensures)} of the packets of all interfaces", "leave On out");
        }

        return isBehindNetwork && stage.Is(Roles.Ingress) && stage.Is(Roles.Egress)
            ? ("packets that go out pass it before their interface is known", "move it before the network stage, or leave On out")
            : null;
    }
}
