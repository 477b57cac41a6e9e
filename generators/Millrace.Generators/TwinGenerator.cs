using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Millrace.Generators.Emitting;
using Millrace.Generators.Parsing;
using Millrace.Generators.Planning;
using Millrace.Generators.Spec;

namespace Millrace.Generators;

/// <summary>Writes the unspecialised twin of a stack for every class that carries [TwinOf&lt;Stack&gt;].</summary>
[Generator(LanguageNames.CSharp)]
public sealed class TwinGenerator : IIncrementalGenerator
{
    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
        var twins = context.SyntaxProvider
            .ForAttributeWithMetadataName(Names.TwinOfAttribute, static (node, _) => node is ClassDeclarationSyntax, static (attributed, _) => Parse(attributed))
            .Where(static twin => twin is not null)
            .Select(static (twin, _) => (Twin: twin!, Plan: Planner.Plan(twin!.Spec)))
            .Where(static pair => pair.Plan.Problems.Count == 0);
        context.RegisterSourceOutput(twins, static (output, pair) => output.AddSource(
            ((pair.Twin.Namespace.Length > 0 ? pair.Twin.Namespace + "." : "") + pair.Twin.Name + ".g.cs").Replace("@", ""), TwinEmitter.Emit(pair.Plan, pair.Twin)));
    }

    private static TwinSpec? Parse(GeneratorAttributeSyntaxContext attributed)
    {
        if (attributed.Attributes[0].AttributeClass?.TypeArguments.FirstOrDefault() is not INamedTypeSymbol stack)
        {
            return null;
        }

        var parser = new StackParser(stack, attributed.SemanticModel.Compilation);
        var spec = parser.Parse();
        if (spec is null || parser.HasErrors)
        {
            return null;
        }

        var twin = attributed.TargetSymbol;
        return new TwinSpec(
            twin.ContainingNamespace.IsGlobalNamespace ? "" : twin.ContainingNamespace.ToDisplayString(), twin.Name.Escaped(), stack.Qualified(), spec);
    }
}
