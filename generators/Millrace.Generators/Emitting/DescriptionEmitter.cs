using System.Globalization;
using System.Text;
using Microsoft.CodeAnalysis.CSharp;
using Millrace.Generators.Planning;
using Millrace.Generators.Spec;

namespace Millrace.Generators.Emitting;

/// <summary>The pipeline in words and pictures.</summary>
internal sealed class DescriptionEmitter(Plan plan, CodeWriter code)
{
    private const int FrameBytes = 2112;

    public static void Emit(Plan plan, CodeWriter code)
    {
        var description = new DescriptionEmitter(plan, code);
        code.Summary("The pipeline as it was compiled.");
        code.Line("private static readonly global::Millrace.PipelineDescription Description = new(");
        code.Line($"    {Literal(plan.Spec.Name)},");
        description.EmitStages();
        description.EmitDrops();
        code.Line($"    {Literal(description.Mermaid())},");
        code.Line($"    {Literal(description.Text())},");
        code.Line($"    {Literal(description.Memory())});");
    }

    private static string Literal(string text) => SymbolDisplay.FormatLiteral(text, quote: true);

    private void EmitStages()
    {
        code.Line("    new global::Millrace.StageDescription[]");
        code.Line("    {");
        foreach (var stage in plan.Stages)
        {
            var receives = stage.Spec.Is(Roles.Ingress) ? "true" : "false";
            var transmits = (stage.Spec.Roles & (Roles.Egress | Roles.Network | Roles.TransmitObserver)) != 0 ? "true" : "false";
            var declared = stage.WhyInserted.Length > 0 ? "put in: " + stage.WhyInserted : "[" + stage.Spec.Declared + "]";
            code.Line($"        new({Literal(stage.Name)}, {Literal(declared)}, {receives}, {transmits}),");
        }

        code.Line("    },");
    }

    private void EmitDrops()
    {
        code.Line("    new global::Millrace.DropDescription[]");
        code.Line("    {");
        foreach (var drop in plan.Drops)
        {
            var reason = "global::Millrace.DropReason." + drop.Reason;
            code.Line($"        new({reason}, {Literal(drop.Stage)}, global::Millrace.DropReasons.LinuxName({reason})),");
        }

        code.Line("    },");
    }

    private string Mermaid()
    {
        var text = new StringBuilder("flowchart LR\n");
        text.Append("  nic_in([").Append(plan.Spec.InterfaceNames).Append("])\n");
        var previous = "nic_in";
        foreach (var stage in plan.Ingress)
        {
            text.Append("  ").Append(previous).Append(" --> ").Append(stage.Name).Append("_in[\"").Append(stage.Name)
                .Append(stage.WhyInserted.Length > 0 ? "<br/>put in" : "").Append("\"]\n");
            previous = stage.Name + "_in";
        }

        text.Append("  ").Append(previous).Append(" --> unclaimed{{nobody claimed it}}\n");
        previous = plan.HasOutbox ? "outbox[(outbox)]" : "forwarded[(turned round)]";
        foreach (var index in plan.Egress)
        {
            var name = plan.Stages[index].Name;
            text.Append("  ").Append(previous).Append(" --> ").Append(name).Append("_out[\"").Append(name).Append("\"]\n");
            previous = name + "_out";
        }

        foreach (var stage in plan.WithRole(Roles.TransmitObserver))
        {
            text.Append("  ").Append(previous).Append(" --> ").Append(stage.Name).Append("_out[\"").Append(stage.Name).Append("\"]\n");
            previous = stage.Name + "_out";
        }

        text.Append("  ").Append(previous).Append(" --> nic_out([").Append(plan.Spec.InterfaceNames).Append("])\n");
        foreach (var note in plan.Notes)
        {
            text.Append("  %% ").Append(note).Append('\n');
        }

        return text.ToString();
    }

    private string Text()
    {
        var text = new StringBuilder();
        text.Append(plan.Spec.Name).Append("  (").Append(plan.Spec.Profile).Append(")\n\nin:\n");
        text.Append("  ").Append(plan.Spec.InterfaceNames).Append('\n');
        foreach (var stage in plan.Ingress)
        {
            text.Append("  -> ").Append(Line(stage)).Append('\n');
        }

        text.Append("  -> dropped: nobody claimed it\n\nout:\n");
        text.Append(plan.HasOutbox ? "  outbox\n" : "  turned round\n");
        foreach (var index in plan.Egress)
        {
            text.Append("  -> ").Append(Line(plan.Stages[index])).Append('\n');
        }

        foreach (var stage in plan.WithRole(Roles.TransmitObserver))
        {
            text.Append("  -> ").Append(Line(stage)).Append('\n');
        }

        text.Append("  -> ").Append(plan.Spec.InterfaceNames).Append('\n');
        foreach (var stage in plan.WithRole(Roles.TransmitCompletions))
        {
            text.Append("  and when it was sent: ").Append(Line(stage)).Append('\n');
        }

        foreach (var (point, hooks) in HooksEmitter.ByPoint(plan))
        {
            var names = hooks.Select(hook => hook.Spec.Name + " (" + hook.Spec.Priority.ToString(CultureInfo.InvariantCulture) + ")");
            text.Append("\nhooks at ").Append(point).Append(": ").Append(string.Join(", ", names)).Append('\n');
        }

        text.Append("\nnotes:\n");
        foreach (var note in plan.Notes)
        {
            text.Append("  - ").Append(note).Append('\n');
        }

        return text.ToString();
    }

    private static string Line(PlannedStage stage) =>
        stage.Banner + (stage.Spec.Summary.Length > 0 ? "  " + stage.Spec.Summary : "");

    private string Memory()
    {
        var capacities = plan.Capacities;
        var text = new StringBuilder();
        var rings = plan.Spec.HasSeveralInterfaces ? N(plan.Spec.Interfaces.Count) + " times " : "";
        Share(text, "receive", capacities.Receive, $"{rings}ring {N(capacities.Ring)} + 2 polls of {N(capacities.Weight)}" + (capacities.Kept > 0 ? $" + {N(capacities.Kept)} that GRO keeps" : "")
            + (capacities.Borrowed > 0 ? $" + {N(capacities.Borrowed)} that other workers may look at" : ""));
        Share(text, "reserve", capacities.Reserve, "what stages send by themselves");
        Share(text, "sockets", capacities.Sockets, capacities.SocketsFrom);
        Share(text, "arena", capacities.Receive + capacities.Reserve + capacities.Sockets, "all frames");
        foreach (var application in plan.Applications.Where(application => application.Spec.Kind == ApplicationKind.Tcp))
        {
            text.Append(application.Spec.Name).Append(": ").Append(N(application.Spec.Connections)).Append(" handlers\n");
        }

        return text.ToString();
    }

    private static void Share(StringBuilder text, string name, int frames, string from) =>
        text.Append(name).Append(": ").Append(N(frames)).Append(" frames, ").Append(N((long)frames * FrameBytes)).Append(" bytes (").Append(from).Append(")\n");

    private static string N(long number) => number.ToString("N0", CultureInfo.InvariantCulture);
}
