using System.Collections.Immutable;
using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Millrace.Generators;

namespace Millrace.CodeFixes;

/// <summary>MR0001: makes the class sealed and partial.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(SealedPartialFix))]
[Shared]
public sealed class SealedPartialFix : CodeFixProvider
{
    private const string Title = "Make the class sealed and partial";

    public override ImmutableArray<string> FixableDiagnosticIds { get; } = [Diagnostics.SealedPartial.Id];

    public override FixAllProvider GetFixAllProvider() => WellKnownFixAllProviders.BatchFixer;

    public override async Task RegisterCodeFixesAsync(CodeFixContext context)
    {
        var root = await context.Document.GetSyntaxRootAsync(context.CancellationToken).ConfigureAwait(false);
        if (root?.FindNode(context.Span).FirstAncestorOrSelf<ClassDeclarationSyntax>() is not { } declaration)
        {
            return;
        }

        context.RegisterCodeFix(
            CodeAction.Create(Title, _ => Task.FromResult(context.Document.WithSyntaxRoot(root.ReplaceNode(declaration, Fix(declaration)))), Title),
            context.Diagnostics);
    }

    private static ClassDeclarationSyntax Fix(ClassDeclarationSyntax declaration)
    {
        var isPartial = declaration.Modifiers.Any(SyntaxKind.PartialKeyword);
        var modifiers = declaration.Modifiers.Where(modifier => !modifier.IsKind(SyntaxKind.PartialKeyword)).ToList();
        if (!declaration.Modifiers.Any(SyntaxKind.SealedKeyword))
        {
            modifiers.Add(SyntaxFactory.Token(SyntaxKind.SealedKeyword).WithTrailingTrivia(SyntaxFactory.Space));
        }

        // 'partial' stands directly before 'class'
        modifiers.Add(isPartial
            ? declaration.Modifiers.First(modifier => modifier.IsKind(SyntaxKind.PartialKeyword))
            : SyntaxFactory.Token(SyntaxKind.PartialKeyword).WithTrailingTrivia(SyntaxFactory.Space));
        var leading = declaration.Modifiers.Count > 0 ? declaration.Modifiers[0].LeadingTrivia : declaration.Keyword.LeadingTrivia;
        for (var i = 0; i < modifiers.Count; i++)
        {
            modifiers[i] = modifiers[i].WithLeadingTrivia(i == 0 ? leading : default);
        }

        return declaration.WithModifiers(SyntaxFactory.TokenList(modifiers)).WithKeyword(declaration.Keyword.WithLeadingTrivia());
    }
}
