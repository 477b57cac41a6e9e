using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Millrace.Tests.Architecture;

/// <summary>Rules of the tree that no compiler checks.</summary>
public sealed class FenceTests
{
    [Fact]
    public void Unsafe_code_and_pointers_are_in_Interop_only_and_where_C_programs_call()
    {
        var found = (
            from file in SourceTree.Parse("src", "samples")
            where !file.Path.StartsWith("src/Millrace/Interop/", StringComparison.Ordinal)
                && !file.Path.StartsWith("samples/EmbeddedC/Exports.", StringComparison.Ordinal)
            from node in file.Syntax.DescendantNodesAndTokens()
            where node.IsKind(SyntaxKind.UnsafeKeyword) || node.IsKind(SyntaxKind.PointerType)
                || node.IsKind(SyntaxKind.FunctionPointerType) || node.IsKind(SyntaxKind.FixedKeyword)
            select $"{file.Path}:{node.GetLocation()!.GetLineSpan().StartLinePosition.Line + 1}").ToArray();
        Assert.Empty(found);
    }

    [Fact]
    public void Interop_is_found_so_that_the_rule_above_can_fail() =>
        Assert.Contains(SourceTree.Parse("src/Millrace/Interop"),
            file => file.Syntax.DescendantTokens().Any(token => token.IsKind(SyntaxKind.UnsafeKeyword)));

    [Fact]
    public void No_type_of_TCP_UDP_sockets_or_memory_names_an_address_family()
    {
        var found = (
            from file in SourceTree.Parse("src/Millrace/Tcp", "src/Millrace/Udp", "src/Millrace/Sockets", "src/Millrace/Memory")
            from token in file.Syntax.DescendantTokens()
            where token.IsKind(SyntaxKind.IdentifierToken)
                && (token.ValueText.Contains("ipv4", StringComparison.OrdinalIgnoreCase)
                    || token.ValueText.Contains("ipv6", StringComparison.OrdinalIgnoreCase))
            select $"{file.Path}:{token.GetLocation().GetLineSpan().StartLinePosition.Line + 1} {token.ValueText}").ToArray();
        Assert.Empty(found);
    }

    [Fact]
    public void A_field_that_holds_a_stage_is_never_readonly()
    {
        var found = (
            from file in SourceTree.Parse("src", "samples")
            from field in file.Syntax.DescendantNodes().OfType<FieldDeclarationSyntax>()
            where field.Modifiers.Any(SyntaxKind.ReadOnlyKeyword)
                && field.Declaration.Type.ToString().Split('<')[0].EndsWith("Stage", StringComparison.Ordinal)
            select $"{file.Path}: {field.Declaration}").ToArray();
        Assert.Empty(found);
    }
}
