using System.Globalization;
using Millrace.Generators.Spec;

namespace Millrace.Generators.Planning;

/// <summary>How many workers a stack has, and the stages that exist between several of them only.</summary>
/// <param name="Count">Instances of the stack.</param>
/// <param name="Queues">Queues of a NIC that are used; a worker of a higher number has none.</param>
/// <param name="UsesXps">Whether a worker may send by the queues of others although it has one.</param>
/// <param name="Borrowed">Frames of others that a worker may look at.</param>
internal sealed record Workers(int Count, int Queues, bool UsesXps, int Borrowed)
{
    public bool AreSeveral => Count > 1;
}

internal static class WorkerRules
{
    private const string Settings = "global::Millrace.IWorkersSettings";
    private const string QueueSettings = "global::Millrace.INicQueuesSettings";
    private const string XpsSettings = "global::Millrace.IXpsSettings";

    /// <summary>The declared stages without those that one worker does not need, or with those that several need.</summary>
    public static (StackSpec Spec, Workers Workers) Apply(StackSpec spec, Dictionary<string, string> reasons, List<Problem> problems, List<string> notes)
    {
        var count = Number(spec, Settings, "Count", 1);
        var queues = spec.Stages.FirstOrDefault(stage => stage.Settings?.Interface == QueueSettings);
        var queueCount = Number(spec, QueueSettings, "Count", 1);
        if (queueCount > count)
        {
            var text = queueCount.ToString(CultureInfo.InvariantCulture);
            problems.Add(new Problem(Diagnostics.QueueWithoutWorker.Id, queues!.Ordinal, -1, false, new[] { text, count.ToString(CultureInfo.InvariantCulture) }.ToEquatable()));
        }

        var workers = new Workers(
            count, queueCount, spec.Stages.Any(stage => stage.Settings?.Interface == XpsSettings), count > 1 ? Number(spec, Settings, "Borrowed", 0) : 0);
        return (spec with { Stages = (count > 1 ? With(spec, reasons, notes) : Without(spec, notes)).ToEquatable() }, workers);
    }

    private static IEnumerable<StageSpec> Without(StackSpec spec, List<string> notes)
    {
        foreach (var stage in spec.Stages)
        {
            if (stage.ForSeveralWorkers)
            {
                notes.Add($"[{stage.Name}] is left out: the stack has one worker.");
            }
            else
            {
                yield return stage;
            }
        }
    }

    private static List<StageSpec> With(StackSpec spec, Dictionary<string, string> reasons, List<string> notes)
    {
        var stages = spec.Stages.ToList();
        var network = stages.FindIndex(stage => stage.Is(Roles.Network));
        foreach (var between in spec.BetweenWorkers.Where(between => network >= 0 && stages.All(stage => stage.Name != between.Name)))
        {
            var place = stages.FindLastIndex(stage => stage.Place > 0 && stage.Place <= between.Place) + 1;
            stages.Insert(Math.Max(place, network + 1), between);
            reasons[between.Name] = "several workers";
            notes.Add($"[{between.Name}] is put in: the stack has several workers.");
        }

        return stages;
    }

    private static int Number(StackSpec spec, string settings, string name, int otherwise)
    {
        var item = spec.Stages.FirstOrDefault(stage => stage.Settings?.Interface == settings)?.Settings!.Items.FirstOrDefault(item => item.Name == name);
        return item is not null && int.TryParse(item.Display, NumberStyles.Integer, CultureInfo.InvariantCulture, out var value) ? value : otherwise;
    }
}
