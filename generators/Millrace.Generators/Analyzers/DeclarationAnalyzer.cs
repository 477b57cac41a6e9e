using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Millrace.Generators.Parsing;
using Millrace.Generators.Planning;

namespace Millrace.Generators.Analyzers;

/// <summary>Says what is wrong with a declaration: what the parser could not read, and what the planner could not order.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class DeclarationAnalyzer : DiagnosticAnalyzer
{
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } = [.. Diagnostics.All];

    public override void Initialize(AnalysisContext context)
    {
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.None);
        context.EnableConcurrentExecution();
        context.RegisterSymbolAction(Analyze, SymbolKind.NamedType);
    }

    private static void Analyze(SymbolAnalysisContext context)
    {
        var type = (INamedTypeSymbol)context.Symbol;
        CheckTwin(context, type);
        if (type.Attribute(Names.NetworkStackAttribute) is null)
        {
            if (type.GetAttributes().FirstOrDefault(StackParser.IsOfDeclaration) is { } stray)
            {
                context.ReportDiagnostic(Diagnostic.Create(
                    Diagnostics.NotDeclared, stray.Location(), stray.AttributeClass!.Name.WithoutSuffix("Attribute"), type.Name));
            }

            return;
        }

        var parser = new StackParser(type, context.Compilation);
        var spec = parser.Parse();
        foreach (var diagnostic in parser.Diagnostics)
        {
            context.ReportDiagnostic(diagnostic);
        }

        // what could not be read would only be missed again
        if (spec is null || parser.HasErrors)
        {
            return;
        }

        foreach (var problem in Planner.Plan(spec).Problems)
        {
            context.ReportDiagnostic(Locate(problem, parser));
        }
    }

    private static void CheckTwin(SymbolAnalysisContext context, INamedTypeSymbol type)
    {
        if (type.Attribute(Names.TwinOfAttribute) is { } twin
            && twin.AttributeClass!.TypeArguments[0] is { TypeKind: not TypeKind.Error } stack
            && stack.Attribute(Names.NetworkStackAttribute) is null)
        {
            context.ReportDiagnostic(Diagnostic.Create(Diagnostics.TwinOfNoStack, twin.Location(), type.Name, stack.Name));
        }
    }

    private static Diagnostic Locate(Problem problem, StackParser parser)
    {
        var location = problem.IsApplication ? parser.ApplicationLocation(problem.Ordinal) : parser.StageLocation(problem.Ordinal);
        var others = problem.Other >= 0 && parser.StageLocation(problem.Other) is { } other ? new[] { other } : [];
        return Diagnostic.Create(Diagnostics.ById(problem.Rule), location, others, problem.Arguments.Cast<object>().ToArray());
    }
}
