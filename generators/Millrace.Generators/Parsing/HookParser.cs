using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Millrace.Generators.Spec;

namespace Millrace.Generators.Parsing;

/// <summary>Reads the hooks of a declaration from their attributes.</summary>
internal sealed class HookParser(Compilation compilation, Action<DiagnosticDescriptor, Location?, object[]> report)
{
    private const string Label = "Hook";

    private static readonly (string Interface, HookPoints Point)[] PointsByInterface =
    [
        ("Millrace.IPreRoutingHook", HookPoints.PreRouting),
        ("Millrace.ILocalInHook", HookPoints.LocalIn),
        ("Millrace.IForwardHook", HookPoints.Forward),
        ("Millrace.ILocalOutHook", HookPoints.LocalOut),
        ("Millrace.IPostRoutingHook", HookPoints.PostRouting),
    ];

    public static bool IsHook(AttributeData attribute) => attribute.AttributeClass.Is("Millrace.HookAttribute`1");

    public List<HookSpec> Parse(INamedTypeSymbol stack, IEnumerable<StageSpec> stages)
    {
        var hooks = new List<HookSpec>();
        var hasCaller = stages.Any(stage => stage.TypeParameters.Any(parameter => parameter.Kind == StageParameterKind.NetfilterHooks));
        foreach (var attribute in stack.GetAttributes().Where(IsHook))
        {
            if (attribute.AttributeClass!.TypeArguments[0] is not INamedTypeSymbol { TypeKind: not TypeKind.Error } type || !IsUsable(attribute, type))
            {
                continue;
            }

            var hook = Read(attribute, type);
            if (hooks.Any(other => other.Name.ToCamelCase() == hook.Name.ToCamelCase()))
            {
                report(Diagnostics.DuplicateHook, attribute.Location(), [hook.Name]);
            }

            if (!hasCaller)
            {
                report(Diagnostics.HookWithoutNetwork, attribute.Location(), [hook.Name]);
            }

            hooks.Add(hook);
        }

        return hooks;
    }

    private static HookSpec Read(AttributeData attribute, INamedTypeSymbol type)
    {
        var name = attribute.Named<string?>("Name", null) ?? type.Name;
        return new HookSpec(
            name,
            StageParser.Text(attribute) ?? name,
            StageParser.LineOf(attribute),
            type.Qualified(),
            type.IsPublic(),
            attribute.Named("Priority", 0),
            PointsOf(type),
            StageParser.Constructor(type).Select(parameter => StageParser.Parameter(parameter, type)).ToEquatable(),
            StageParser.Listed(type, "Millrace.DropsAttribute").ToEquatable());
    }

    private static HookPoints PointsOf(INamedTypeSymbol type)
    {
        var points = HookPoints.None;
        foreach (var name in type.AllInterfaces.Select(part => part.Metadata()))
        {
            points |= PointsByInterface.Where(pair => pair.Interface == name).Select(pair => pair.Point).FirstOrDefault();
        }

        return points;
    }

    private bool IsUsable(AttributeData attribute, INamedTypeSymbol type)
    {
        if (type.TypeKind == TypeKind.Struct && PointsOf(type) == HookPoints.None)
        {
            report(Diagnostics.NoHookInterface, attribute.Location(), [type.Name]);
            return false;
        }

        var name = attribute.Named<string?>("Name", null) ?? type.Name;
        (string Problem, string Remedy)? fault =
            type.TypeKind != TypeKind.Struct || type.IsRefLikeType ? ("is not an ordinary struct", "make it one: the stack keeps it in a field and calls it directly")
            : !compilation.IsSymbolAccessibleWithin(type, compilation.Assembly) ? ("is not visible here", "make it internal or public, and its containing types too")
            : !SyntaxFacts.IsValidIdentifier(name) || name != name.Escaped() ? ($"is given the name '{name}'", "write a Name that is an identifier, such as \"Second\"")
            : ReservedNames.IsTakenBesideStages(name) ? ($"would be called '{name}' like a member of the generated class", "give it another Name")
            : StructRules.Fault(type);
        if (fault is var (problem, remedy))
        {
            report(Diagnostics.StageTypeInvalid, attribute.Location(), [Label, type.Name, problem, remedy]);
        }

        return fault is null;
    }
}
