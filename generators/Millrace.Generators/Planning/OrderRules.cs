using Millrace.Generators.Parsing;
using Millrace.Generators.Spec;

namespace Millrace.Generators.Planning;

/// <summary>Linux's order, and each stage once.</summary>
internal static class OrderRules
{
    public static void Check(StackSpec spec, List<Problem> problems)
    {
        for (var i = 0; i < spec.Stages.Count; i++)
        {
            var stage = spec.Stages[i];
            var twin = spec.Stages.Take(i).FirstOrDefault(earlier => earlier.Name.ToCamelCase() == stage.Name.ToCamelCase());
            if (twin is not null)
            {
                problems.Add(new Problem(Diagnostics.Duplicate.Id, stage.Ordinal, twin.Ordinal, false, new[] { stage.Name }.ToEquatable()));
                continue;
            }

            // the first that must not stand before it is the one to stand before
            var neighbour = spec.Stages.Take(i).FirstOrDefault(earlier => stage.Place > 0 && earlier.Place > stage.Place);
            if (neighbour is not null)
            {
                problems.Add(new Problem(
                    Diagnostics.Order.Id, stage.Ordinal, neighbour.Ordinal, false, new[] { stage.Name, neighbour.Name }.ToEquatable()));
            }
        }
    }
}
