using System.Globalization;
using Millrace.Generators.Planning;
using Millrace.Generators.Spec;
using static Millrace.Generators.Emitting.TypeNames;

namespace Millrace.Generators.Emitting;

/// <summary>What hosts and callers see of a stack beside its polls: its parts, what its stages provide, its deadlines and its sleep.</summary>
internal sealed class SurfaceEmitter(Plan plan, CodeWriter code, bool hasSockets)
{
    public void Emit()
    {
        code.Line();
        code.Line($"public global::System.Collections.Generic.IReadOnlyList<{NetworkInterface}> Interfaces => interfaces;");
        code.Line();
        code.Line($"public {Arena} Arena => arena;");
        code.Line();
        code.Line($"public {Ledger} Ledger => ledger;");
        code.Line();
        code.Line("public StackSettings Settings { get; }");
        code.Line();
        code.Line("public global::Millrace.PipelineDescription Pipeline => Description;");
        if (hasSockets)
        {
            code.Line();
            code.Line($"public {AsyncSockets} Sockets {{ get; }}");
        }

        if (plan.Workers.AreSeveral)
        {
            code.Line();
            code.Summary("Instances of the stack, one a worker.");
            code.Line($"public const int WorkerCount = {Text(plan.Workers.Count)};");
            code.Line();
            code.Summary("This worker's side of its group.");
            code.Line($"public {WorkerPort} Workers => workers;");
        }

        foreach (var (stage, provided, name) in Surface())
        {
            code.Line();
            code.Line($"{(provided.IsPublic ? "public" : "internal")} {provided.Type} {name} => {stage.Field}.{provided.Property};");
        }

        code.Line();
        code.Block("public long NextDeadline", () => code.Block("get", EmitNextDeadline));
        code.Line();
        code.Line($"public int Queue => setup.{(plan.Workers.AreSeveral ? "Worker" : "Queue")};");
        code.Line();
        code.Line("public int Weight => Budget.Weight;");
        if (plan.Settings.FirstOrDefault(group => group.Spec.Interface == CapacityRules.NapiSettings) is { } napi)
        {
            code.Line();
            code.Line($"public int RoundBudget => Settings.{napi.Name}.Budget;");
            code.Line();
            code.Line($"public int BusyPollMicroseconds => Settings.{napi.Name}.BusyPollMicroseconds;");
            code.Line();
            code.Line($"public int BusyPollBudget => Settings.{napi.Name}.BusyPollBudget;");
        }

        if (plan.HasDeferral)
        {
            code.Line();
            code.Line($"public {NapiDeferral} Deferral => deferral;");
        }

        code.Line();
        code.Line($"public long HeldIngress => {Sum(Roles.ResumesIngress, "HeldIngress", [])};");
        code.Line();
        code.Line($"public long HeldEgress => {Sum(Roles.ResumesEgress, "HeldEgress", plan.HasOutbox ? ["outbox.HeldPackets", "nic.HeldPackets"] : ["nic.HeldPackets"])};");
        code.Line();
        code.Line("public void Wake() => nic.Wake();");
        code.Line();
        code.Line("public void SetInterrupt(bool armed) => nic.SetInterrupt(armed);");
        code.Line();
        EmitWait();
    }

    private void EmitWait()
    {
        var sleeps = !hasSockets ? "" : "!Sockets.TrySleep() || ";
        if (!plan.Workers.AreSeveral)
        {
            code.Line($"public bool Wait(global::System.TimeSpan timeout) => {sleeps}nic.Wait(timeout);");
            return;
        }

        code.Block("public bool Wait(global::System.TimeSpan timeout)", () =>
        {
            code.Block("if (!workers.TrySleep())", () => code.Line("return true;"));
            code.Line();
            code.Line($"var isWork = {sleeps}nic.Wait(timeout);");
            code.Line("workers.Awake();");
            code.Line("return isWork;");
        });
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private IEnumerable<(PlannedStage Stage, ProvidedSpec Provided, string Name)> Surface()
    {
        var names = new HashSet<string>(StringComparer.Ordinal)
        {
            "Arena", "Ledger", "Settings", "Pipeline", "Stages", "Handlers", "Hooks", "Interfaces", "Applications",
            "Advance", "Budget", "BusyPollBudget", "BusyPollMicroseconds", "Counters", "Deferral", "Dispose", "HeldEgress", "HeldIngress", "NextDeadline", "Poll", "Queue", "ReadStageCounters", "RoundBudget",
            "SetInterrupt", "Setup", "Sockets", "StageCounts", "StageStates", "Wait", "Wake", "Weight", "Workers", "WorkerCount",
        };
        foreach (var stage in plan.Stages)
        {
            foreach (var provided in stage.Spec.Provides)
            {
                // a layer offered twice, as what every layer is and as what it is itself, has its own name the second time
                var name = SurfaceName(provided);
                if (names.Add(name) || names.Add(name = provided.Property))
                {
                    yield return (stage, provided, name);
                }
            }
        }
    }

    private static string SurfaceName(ProvidedSpec provided)
    {
        var type = provided.Types.FirstOrDefault(candidate => candidate is "global::Millrace.NetworkLayer"
            or "global::Millrace.Tcp.TcpSockets" or "global::Millrace.Sockets.UdpSockets");
        return type switch
        {
            "global::Millrace.NetworkLayer" => "Network",
            "global::Millrace.Tcp.TcpSockets" => "Tcp",
            "global::Millrace.Sockets.UdpSockets" => "Udp",
            _ => provided.Property,
        };
    }

    private void EmitNextDeadline()
    {
        // what the NIC has does not count while its interrupt is masked: the timer's poll will find it
        code.Line(plan.HasDeferral
            ? "var next = deferral.IsInterruptMasked ? deferral.TimerAt : global::System.Math.Min(nic.NextEvent, deferral.TimerAt);"
            : "var next = nic.NextEvent;");
        foreach (var stage in plan.WithRole(Roles.Timed))
        {
            code.Line($"next = global::System.Math.Min(next, {stage.Field}.NextDeadline);");
        }

        if (plan.Workers.AreSeveral)
        {
            code.Line("next = global::System.Math.Min(next, workers.NextDeadline);");
        }

        code.Line("return next;");
    }

    private string Sum(Roles role, string property, string[] others)
    {
        string[] terms = [.. plan.WithRole(role).Select(stage => $"{stage.Field}.{property}"), .. others];
        return terms.Length == 0 ? "0" : string.Join(" + ", terms);
    }
}
