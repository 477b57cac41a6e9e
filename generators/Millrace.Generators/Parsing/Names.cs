using Microsoft.CodeAnalysis;

namespace Millrace.Generators.Parsing;

/// <summary>The vocabulary of Millrace as the parser meets it, by metadata name.</summary>
internal static class Names
{
    public const string NetworkStackAttribute = "Millrace.NetworkStackAttribute";
    public const string TwinOfAttribute = "Millrace.Testing.TwinOfAttribute`1";
    public const string StageAttribute = "Millrace.StageAttribute";
    public const string Ipv4AddressAttribute = "Millrace.Ipv4AddressAttribute";
    public const string RouteAttribute = "Millrace.RouteAttribute";
    public const string InterfaceAttribute = "Millrace.InterfaceAttribute";
    public const string AsyncSocketsAttribute = "Millrace.AsyncSocketsAttribute";

    private static readonly SymbolDisplayFormat WithoutGenerics =
        SymbolDisplayFormat.FullyQualifiedFormat.WithGenericsOptions(SymbolDisplayGenericsOptions.None);

    /// <summary>The type as generated code writes it.</summary>
    public static string Qualified(this ITypeSymbol type) => type.ToDisplayString(SymbolDisplayFormat.FullyQualifiedFormat);

    /// <summary>The same without type arguments.</summary>
    public static string QualifiedOpen(this ITypeSymbol type) => type.ToDisplayString(WithoutGenerics);

    /// <summary>Namespace and metadata name, which tells arities apart.</summary>
    public static string Metadata(this INamedTypeSymbol type)
    {
        var definition = type.OriginalDefinition;
        return definition.ContainingNamespace.IsGlobalNamespace
            ? definition.MetadataName
            : definition.ContainingNamespace.ToDisplayString() + "." + definition.MetadataName;
    }

    public static bool Is(this INamedTypeSymbol? type, string metadataName) => type is not null && type.Metadata() == metadataName;

    public static bool DerivesFrom(this INamedTypeSymbol? type, string metadataName)
    {
        for (var current = type; current is not null; current = current.BaseType)
        {
            if (current.Is(metadataName))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether generated public code may name the type.</summary>
    public static bool IsPublic(this ITypeSymbol type)
    {
        if (type is IArrayTypeSymbol array)
        {
            return array.ElementType.IsPublic();
        }

        if (type is INamedTypeSymbol { TypeArguments: { Length: > 0 } arguments } && !arguments.All(IsPublic))
        {
            return false;
        }

        for (ISymbol? current = type; current is ITypeSymbol; current = current.ContainingType)
        {
            if (current.DeclaredAccessibility is not (Accessibility.Public or Accessibility.NotApplicable))
            {
                return false;
            }
        }

        return true;
    }

    public static AttributeData? Attribute(this ISymbol symbol, string metadataName) =>
        symbol.GetAttributes().FirstOrDefault(attribute => attribute.AttributeClass.Is(metadataName));

    public static T Named<T>(this AttributeData? attribute, string name, T otherwise)
    {
        foreach (var argument in attribute?.NamedArguments ?? [])
        {
            if (argument.Key == name && argument.Value.Kind != TypedConstantKind.Array && argument.Value.Value is T value)
            {
                return value;
            }
        }

        return otherwise;
    }

    /// <summary>The name as source writes it: a keyword needs its @.</summary>
    public static string Escaped(this string name) =>
        Microsoft.CodeAnalysis.CSharp.SyntaxFacts.GetKeywordKind(name) == Microsoft.CodeAnalysis.CSharp.SyntaxKind.None ? name : "@" + name;

    public static string WithoutSuffix(this string name, string suffix) =>
        name.Length > suffix.Length && name.EndsWith(suffix, StringComparison.Ordinal) ? name.Substring(0, name.Length - suffix.Length) : name;

    public static string ToPascalCase(this string name)
    {
        var trimmed = name.TrimStart('_', '@');
        return trimmed.Length == 0 ? "Value" : char.ToUpperInvariant(trimmed[0]) + trimmed.Substring(1);
    }

    public static string ToCamelCase(this string name) => char.ToLowerInvariant(name[0]) + name.Substring(1);
}
