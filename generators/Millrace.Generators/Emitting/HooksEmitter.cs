using System.Globalization;
using Millrace.Generators.Planning;
using Millrace.Generators.Spec;

namespace Millrace.Generators.Emitting;

/// <summary>Hooks: their fields, and the struct by which the network layer calls them without a virtual call.</summary>
/// <param name="owner">The class the hooks live in.</param>
internal sealed class HooksEmitter(Plan plan, CodeWriter code, string owner, Func<Argument, string, string> argument)
{
    private const string Inlined =
        "[global::System.Runtime.CompilerServices.MethodImpl(global::System.Runtime.CompilerServices.MethodImplOptions.AggressiveInlining)]";

    private static readonly HookPoints[] Points =
        [HookPoints.PreRouting, HookPoints.LocalIn, HookPoints.Forward, HookPoints.LocalOut, HookPoints.PostRouting];

    /// <summary>What runs at each point that has a hook, in its order.</summary>
    public static IEnumerable<(HookPoints Point, IEnumerable<PlannedHook> Hooks)> ByPoint(Plan plan) =>
        Points.Select(point => (point, plan.Hooks.Where(hook => hook.Spec.IsAt(point)).OrderBy(hook => hook.Spec.Priority).AsEnumerable()))
            .Where(pair => pair.Item2.Any());

    public void EmitFields()
    {
        foreach (var hook in plan.Hooks)
        {
            code.Line($"private {hook.Spec.Type} {hook.Field};");
        }
    }

    public void EmitConstruction()
    {
        foreach (var hook in plan.Hooks)
        {
            code.Line($"{hook.Field} = {New(hook)};");
        }
    }

    /// <summary>For a twin: hooks as boxed objects, which find their points and their order by themselves.</summary>
    public void EmitTwinConstruction()
    {
        foreach (var hook in plan.Hooks)
        {
            code.Line($"hooks.Add({hook.Spec.Priority.ToString(CultureInfo.InvariantCulture)}, {New(hook)});");
        }
    }

    public void EmitTypes()
    {
        if (plan.Hooks.Count == 0)
        {
            return;
        }

        code.Line();
        code.Summary("The state of the hooks, by reference.");
        code.Line("public HookStates Hooks => new(this);");
        code.Line();
        code.Block($"public readonly ref struct HookStates({owner} stack)", () =>
        {
            foreach (var hook in plan.Hooks)
            {
                code.Line($"{(hook.Spec.IsPublic ? "public" : "internal")} ref {hook.Spec.Type} {hook.Spec.Name} => ref stack.{hook.Field};");
            }
        });
        EmitStruct(point => plan.Hooks.Any(hook => hook.Spec.IsAt(point)) ? "true" : "false", EmitCalls);
    }

    public void EmitTwinTypes()
    {
        if (plan.Hooks.Count > 0)
        {
            EmitStruct(point => $"stack.hooks.Has{point}", point => code.Line($"return stack.hooks.{point}(packet);"));
        }
    }

    private void EmitStruct(Func<HookPoints, string> has, Action<HookPoints> body)
    {
        code.Line();
        code.Summary("The hooks of each point, by priority.");
        code.Block("public readonly struct NetfilterHooks : global::Millrace.INetfilterHooks", () =>
        {
            code.Line($"private readonly {owner} stack;");
            code.Line();
            code.Line($"internal NetfilterHooks({owner} stack) => this.stack = stack;");
            code.Line();
            foreach (var point in Points)
            {
                code.Line($"public bool Has{point} => {has(point)};");
            }

            foreach (var point in Points)
            {
                code.Line();
                code.Line(Inlined);
                code.Block($"public {TypeNames.Verdict} {point}(global::Millrace.HookPacket packet)", () => body(point));
            }
        });
    }

    private void EmitCalls(HookPoints point)
    {
        var hooks = plan.Hooks.Where(hook => hook.Spec.IsAt(point)).OrderBy(hook => hook.Spec.Priority).ToArray();
        for (var i = 0; i < hooks.Length; i++)
        {
            var hook = hooks[i];
            code.Line($"// [{hook.Spec.Declared}]  {plan.Spec.File}:{hook.Spec.Line.ToString(CultureInfo.InvariantCulture)}");
            code.Line($"{(i == 0 ? "var " : "")}verdict = stack.{hook.Field}.{point}(packet);");
            if (i < hooks.Length - 1)
            {
                code.Block("if (!verdict.IsContinue)", () => code.Line("return verdict;"));
                code.Line();
            }
        }

        code.Line(hooks.Length == 0 ? $"return {TypeNames.Verdict}.Continue;" : "return verdict;");
    }

    private string New(PlannedHook hook) =>
        $"new {hook.Spec.Type}({string.Join(", ", hook.Arguments.Select(item => argument(item, "")))})";
}
