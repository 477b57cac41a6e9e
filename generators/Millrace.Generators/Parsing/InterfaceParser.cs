using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Millrace.Generators.Parsing;

/// <summary>Reads the interfaces of a declaration, in the order of their indices.</summary>
internal sealed class InterfaceParser(INamedTypeSymbol stack, Action<DiagnosticDescriptor, Location?, object[]> report)
{
    /// <summary>The type of a setting that is some of the interfaces.</summary>
    public const string SetType = "global::Millrace.Nics.InterfaceSet";

    /// <summary>How such a setting is shown if it is not written.</summary>
    public const string AllInterfaces = "all";

    private const int MaximumCount = 16;

    /// <summary>The names; "eth0" if none is declared.</summary>
    public List<string> Parse()
    {
        var names = new List<string>();
        foreach (var attribute in stack.GetAttributes().Where(attribute => attribute.AttributeClass.Is(Names.InterfaceAttribute)))
        {
            var name = attribute.ConstructorArguments.FirstOrDefault().Value as string ?? "";
            if (names.FirstOrDefault(other => Member(other) == Member(name)) is { } twin)
            {
                Refuse(attribute, name, $"'{twin}' is declared already", "give each interface a name of its own; capitals do not tell two apart");
            }
            else if (!SyntaxFacts.IsValidIdentifier(name))
            {
                Refuse(attribute, name, "a member of Setup is named for it", "write a name of letters, digits and underscores such as \"lan0\"");
            }
            else if (names.Count == MaximumCount)
            {
                Refuse(attribute, name, $"a stack has at most {MaximumCount} interfaces", "remove it");
            }
            else
            {
                names.Add(name);
            }
        }

        return names.Count > 0 ? names : ["eth0"];
    }

    /// <summary>The index of the interface that an attribute names by its On; -1 if it names none.</summary>
    public static int On(AttributeData attribute, List<string> interfaces, Action<DiagnosticDescriptor, Location?, object[]> report)
    {
        if (attribute.Named<string?>("On", null) is not { } on)
        {
            return -1;
        }

        var index = interfaces.IndexOf(on);
        if (index < 0)
        {
            var present = interfaces.Count == 1
                ? $"the only interface of this stack is '{interfaces[0]}'"
                : "the interfaces of this stack are " + Quoted(interfaces);
            report(Diagnostics.UnknownInterface, attribute.Location(), [attribute.AttributeClass!.Name.WithoutSuffix("Attribute"), on, present, interfaces[0]]);
        }

        return index;
    }

    public static string Quoted(List<string> interfaces) => string.Join(", ", interfaces.Select(name => $"'{name}'"));

    /// <summary>A list of interface names as an expression; what is no list (the default) stands for all.</summary>
    /// <param name="wrong">A name that no interface has.</param>
    public static bool TryConvertSet(TypedConstant constant, List<string> interfaces, out Literals.Converted converted, out string wrong)
    {
        wrong = "";
        if (constant.Kind != TypedConstantKind.Array || constant.IsNull)
        {
            converted = new Literals.Converted(SetType + ".All", AllInterfaces);
            return true;
        }

        converted = default;
        var mask = 0u;
        foreach (var name in constant.Values.Select(value => value.Value as string ?? ""))
        {
            var index = interfaces.IndexOf(name);
            if (index < 0)
            {
                wrong = $"\"{name}\"";
                return false;
            }

            mask |= 1u << index;
        }

        wrong = "[]";
        converted = new Literals.Converted(
            $"new {SetType}(0x{mask.ToString("X", System.Globalization.CultureInfo.InvariantCulture)}u)",
            string.Join(", ", constant.Values.Select(value => value.Value as string)));
        return mask != 0;
    }

    /// <summary>The member of Setup that takes the NIC of one of several interfaces.</summary>
    public static string Member(string name) => name.ToPascalCase() + "Nic";

    private void Refuse(AttributeData attribute, string name, string problem, string remedy) =>
        report(Diagnostics.InterfaceName, attribute.Location(), [name, stack.Name, problem, remedy]);
}
