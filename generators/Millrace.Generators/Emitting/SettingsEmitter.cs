using System.Globalization;
using Millrace.Generators.Planning;
using Millrace.Generators.Spec;
using static Millrace.Generators.Emitting.TypeNames;

namespace Millrace.Generators.Emitting;

/// <summary>A struct for every group of settings, constants where they are fixed, and what callers see of them.</summary>
internal sealed class SettingsEmitter(Plan plan, CodeWriter code)
{
    public void Emit()
    {
        foreach (var group in plan.Settings)
        {
            EmitStruct(group);
            code.Line();
            EmitValues(group);
            code.Line();
        }

        EmitAll();
    }

    public static string Access(PlannedSettings group) => group.Spec.IsPublic ? "public" : "internal";

    public static string New(PlannedSettings group, string settings) =>
        group.Spec.HasRuntime ? $"new {group.Struct}({settings}.{group.Name})" : $"new {group.Struct}()";

    private void EmitStruct(PlannedSettings group)
    {
        code.Summary($"The settings of [{group.Name}] as its stage reads them.");
        code.Block($"{Access(group)} readonly struct {group.Struct} : {group.Spec.Interface}", () =>
        {
            if (group.Spec.HasRuntime)
            {
                code.Line($"private readonly {group.Name}Values values;");
                code.Line();
                code.Line($"internal {group.Struct}({group.Name}Values values) => this.values = values;");
                code.Line();
            }

            foreach (var item in group.Spec.Items)
            {
                var value = item.IsRuntime ? $"values.active{item.Name}" : item.Value;
                code.Line($"public {item.Type} {item.Name} => {value};{Origin(item)}");
            }
        });
    }

    private static string Origin(SettingSpec item) =>
        item.Given ? " // declared" : item.Source.Length > 0 ? " // " + item.Source : "";

    private void EmitValues(PlannedSettings group)
    {
        code.Summary($"The settings of [{group.Name}] as callers see them; what can be set is seen whole by the next poll.");
        code.Block($"{Access(group)} sealed class {group.Name}Values", () =>
        {
            var runtime = group.Spec.Items.Where(item => item.IsRuntime).ToArray();
            if (runtime.Length > 0)
            {
                code.Line("private readonly StackSettings owner;");
                code.Line();
                code.Line($"internal {group.Name}Values(StackSettings owner) => this.owner = owner;");
            }

            foreach (var item in group.Spec.Items)
            {
                code.Line();
                if (item.IsRuntime)
                {
                    EmitSettable(item);
                }
                else
                {
                    code.Line($"public {item.Type} {item.Name} => {item.Value};");
                }
            }

            if (runtime.Length > 0)
            {
                code.Line();
                code.Block("internal void Apply()", () =>
                {
                    foreach (var item in runtime)
                    {
                        code.Line($"active{item.Name} = pending{item.Name};");
                    }
                });
            }
        });
    }

    private void EmitSettable(SettingSpec item)
    {
        code.Line($"internal {item.Type} active{item.Name} = {item.Value};");
        code.Line($"private {item.Type} pending{item.Name} = {item.Value};");
        code.Line();
        code.Block($"public {item.Type} {item.Name}", () =>
        {
            code.Block("get", () => code.Block("lock (owner)", () => code.Line($"return pending{item.Name};")));
            code.Line();
            code.Block("set", () =>
            {
                if (item.HasRange)
                {
                    code.Line(string.Format(
                        CultureInfo.InvariantCulture, "{0}.CheckRange(value, {1}L, {2}L, nameof({3}));", StackGuard, item.Minimum, item.Maximum, item.Name));
                }

                if (item.Type == "global::Millrace.Memory.MemoryLimits")
                {
                    code.Line($"{StackGuard}.CheckLimits(value, nameof({item.Name}));");
                }

                code.Block("lock (owner)", () =>
                {
                    code.Line($"pending{item.Name} = value;");
                    code.Line("owner.Version++;");
                });
            });
        });
    }

    private void EmitAll()
    {
        var groups = plan.Settings.Where(group => group.Spec.HasRuntime).ToArray();
        code.Summary("The settings of this stack.");
        code.Block("public sealed class StackSettings", () =>
        {
            if (groups.Length > 0)
            {
                code.Line("internal volatile int Version;");
                code.Line("private int applied;");
                code.Line();
            }

            code.Block("internal StackSettings()", () =>
            {
                foreach (var group in plan.Settings)
                {
                    code.Line($"{group.Name} = new {group.Name}Values({(group.Spec.HasRuntime ? "this" : "")});");
                }
            });
            foreach (var group in plan.Settings)
            {
                code.Line();
                code.Line($"{Access(group)} {group.Name}Values {group.Name} {{ get; }}");
            }

            if (groups.Length > 0)
            {
                code.Line();
                code.Summary("Makes what was set since the last poll what stages read.");
                code.Block("internal void Apply()", () => EmitApply(groups));
            }

            new SysctlEmitter(plan, code).Emit();
        });
    }

    private void EmitApply(PlannedSettings[] groups)
    {
        code.Block("if (Version == applied)", () => code.Line("return;"));
        code.Line();
        code.Block("lock (this)", () =>
        {
            code.Line("applied = Version;");
            foreach (var group in groups)
            {
                code.Line($"{group.Name}.Apply();");
            }
        });
    }
}
