using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Millrace.Generators.Emitting;
using Millrace.Generators.Parsing;
using Millrace.Generators.Planning;
using Millrace.Generators.Spec;

namespace Millrace.Generators;

/// <summary>Writes the loop of every class that carries [NetworkStack]. Diagnostics are the analyzer's, which parses alike.</summary>
[Generator(LanguageNames.CSharp)]
public sealed class StackGenerator : IIncrementalGenerator
{
    internal const string SpecStep = "Spec";
    internal const string PlanStep = "Plan";
    internal const string SourceStep = "Source";

    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
        var sources = context.SyntaxProvider
            .ForAttributeWithMetadataName(Names.NetworkStackAttribute, static (node, _) => node is TypeDeclarationSyntax, static (attributed, _) => Parse(attributed))
            .WithTrackingName(SpecStep)
            .Where(static spec => spec is not null)
            .Select(static (spec, _) => Planner.Plan(spec!))
            .WithTrackingName(PlanStep)
            .Where(static plan => plan.Problems.Count == 0)
            .Select(static (plan, _) => (Hint: HintName(plan.Spec), Text: StackEmitter.Emit(plan)))
            .WithTrackingName(SourceStep);
        context.RegisterSourceOutput(sources, static (output, source) => output.AddSource(source.Hint, source.Text));
    }

    /// <summary>Null for a declaration that the analyzer refuses.</summary>
    private static StackSpec? Parse(GeneratorAttributeSyntaxContext attributed)
    {
        var parser = new StackParser((INamedTypeSymbol)attributed.TargetSymbol, attributed.SemanticModel.Compilation);
        var spec = parser.Parse();
        return parser.HasErrors ? null : spec;
    }

    private static string HintName(StackSpec spec) => ((spec.Namespace.Length > 0 ? spec.Namespace + "." : "") + spec.Name + ".g.cs").Replace("@", "");
}
