using Microsoft.CodeAnalysis;

namespace Millrace.Generators.Parsing;

/// <summary>What emitted code must be able to do with a stage or a handler: make it, and call it directly.</summary>
internal static class StructRules
{
    /// <returns>What is wrong and what to do instead, or null.</returns>
    public static (string Problem, string Remedy)? Fault(INamedTypeSymbol type)
    {
        if (ReservedNames.IsNestedType(type.Name))
        {
            return ("bears the name of a type inside the generated class", $"rename it, to {type.Name}Stage or {type.Name}Handler perhaps");
        }

        if (Explicit(type) is { } explicitly)
        {
            return ($"implements {explicitly} explicitly", "implement it by a public method, which the loop calls without boxing");
        }

        foreach (var parameter in StageParser.Constructor(type))
        {
            if (parameter.RefKind is not (RefKind.None or RefKind.In) || parameter.Type.IsRefLikeType || parameter.Type.TypeKind == TypeKind.Pointer)
            {
                return ($"cannot be made: its constructor's '{parameter.Name}' is not a value that Setup could hold", "take an object, an array or a Memory<T> by value");
            }
        }

        var required = type.GetMembers().FirstOrDefault(member => member is IPropertySymbol { IsRequired: true } or IFieldSymbol { IsRequired: true });
        return required is null ? null : ($"has the required member {required.Name}", "make it a parameter of the constructor, which becomes a member of Setup");
    }

    private static string? Explicit(INamedTypeSymbol type)
    {
        var parts = type.AllInterfaces.Where(part => part.ContainingAssembly?.Name == "Millrace");
        foreach (var member in parts.SelectMany(part => part.GetMembers()).Where(member => member is IMethodSymbol or IPropertySymbol))
        {
            // the name is looked for as well: the compiler puts an explicit door before a public method with an 'in' parameter
            if (type.FindImplementationForInterfaceMember(member) is { DeclaredAccessibility: not Accessibility.Public }
                && !type.GetMembers(member.Name).Any(own => own.DeclaredAccessibility == Accessibility.Public))
            {
                return $"{member.ContainingType.Name}.{member.Name}";
            }
        }

        return null;
    }
}
