using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Millrace.Generators.Parsing;

/// <summary>Reads the interfaces of a declaration, in the order of their indices.</summary>
internal sealed class InterfaceParser(INamedTypeSymbol stack, Action<DiagnosticDescriptor, Location?, object[]> report)
{
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
                : "the interfaces of this stack are " + string.Join(", ", interfaces.Select(name => $"'{name}'"));
            report(Diagnostics.UnknownInterface, attribute.Location(), [attribute.AttributeClass!.Name.WithoutSuffix("Attribute"), on, present, interfaces[0]]);
        }

        return index;
    }

    /// <summary>The member of Setup that takes the NIC of one of several interfaces.</summary>
    public static string Member(string name) => name.ToPascalCase() + "Nic";

    private void Refuse(AttributeData attribute, string name, string problem, string remedy) =>
        report(Diagnostics.InterfaceName, attribute.Location(), [name, stack.Name, problem, remedy]);
}
