using System.Collections.Immutable;
using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Millrace.Generators;

namespace Millrace.CodeFixes;

/// <summary>MR0003: moves a stage to its place in Linux's order, before the stage that the diagnostic names.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(MoveStageFix))]
[Shared]
public sealed class MoveStageFix : CodeFixProvider
{
    public override ImmutableArray<string> FixableDiagnosticIds { get; } = [Diagnostics.Order.Id];

    public override FixAllProvider? GetFixAllProvider() => null;

    public override async Task RegisterCodeFixesAsync(CodeFixContext context)
    {
        var root = await context.Document.GetSyntaxRootAsync(context.CancellationToken).ConfigureAwait(false);
        var diagnostic = context.Diagnostics[0];
        if (root is null || diagnostic.AdditionalLocations.Count == 0
            || root.FindNode(diagnostic.Location.SourceSpan).FirstAncestorOrSelf<AttributeSyntax>() is not { } stage
            || root.FindNode(diagnostic.AdditionalLocations[0].SourceSpan).FirstAncestorOrSelf<AttributeSyntax>() is not { } neighbour
            || stage.FirstAncestorOrSelf<TypeDeclarationSyntax>() is not { } declaration)
        {
            return;
        }

        var title = $"Move [{stage.Name}] before [{neighbour.Name}]";
        context.RegisterCodeFix(
            CodeAction.Create(
                title,
                _ => Task.FromResult(context.Document.WithSyntaxRoot(root.ReplaceNode(declaration, Move(declaration, stage, neighbour)))),
                nameof(MoveStageFix)),
            diagnostic);
    }

    private static TypeDeclarationSyntax Move(TypeDeclarationSyntax declaration, AttributeSyntax stage, AttributeSyntax neighbour)
    {
        var from = (AttributeListSyntax)stage.Parent!;
        var to = (AttributeListSyntax)neighbour.Parent!;
        var lists = declaration.AttributeLists.ToList();
        if (from == to)
        {
            var order = from.Attributes.Where(attribute => attribute != stage).ToList();
            order.Insert(order.IndexOf(neighbour), stage);
            lists[lists.IndexOf(from)] = from.WithAttributes(Separated(order));
            return (TypeDeclarationSyntax)declaration.WithAttributeLists(SyntaxFactory.List(lists));
        }

        var moved = Take(lists, from, stage);
        var place = lists.IndexOf(to);
        var index = to.Attributes.IndexOf(neighbour);
        if (index > 0)
        {
            lists[place] = to.WithAttributes(Separated(to.Attributes.Take(index).Concat([stage]).Concat(to.Attributes.Skip(index)).ToList()));
        }
        else
        {
            // what stands before the first list is the declaration's: a comment, documentation
            var leading = lists[place].GetLeadingTrivia();
            lists[place] = lists[place].WithLeadingTrivia(moved.GetLeadingTrivia());
            lists.Insert(place, moved.WithLeadingTrivia(leading));
        }

        return (TypeDeclarationSyntax)declaration.WithAttributeLists(SyntaxFactory.List(lists));
    }

    /// <summary>Takes the attribute out of its list, or the list if it is alone there.</summary>
    private static AttributeListSyntax Take(List<AttributeListSyntax> lists, AttributeListSyntax from, AttributeSyntax stage)
    {
        if (from.Attributes.Count == 1)
        {
            lists.Remove(from);
            return from;
        }

        lists[lists.IndexOf(from)] = from.WithAttributes(Separated([.. from.Attributes.Where(attribute => attribute != stage)]));
        return from.WithAttributes(SyntaxFactory.SingletonSeparatedList(stage.WithoutTrivia()));
    }

    private static SeparatedSyntaxList<AttributeSyntax> Separated(List<AttributeSyntax> attributes) => SyntaxFactory.SeparatedList(
        attributes.Select(attribute => attribute.WithoutTrivia()),
        Enumerable.Repeat(SyntaxFactory.Token(SyntaxKind.CommaToken).WithTrailingTrivia(SyntaxFactory.Space), attributes.Count - 1));
}
