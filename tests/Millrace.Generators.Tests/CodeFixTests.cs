using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;
using Millrace.CodeFixes;
using Millrace.Generators.Analyzers;
using Millrace.Generators.Tests.Support;

namespace Millrace.Generators.Tests;

public class CodeFixTests
{
    [Theory]
    [InlineData("public class Stack { }", "public sealed partial class Stack { }")]
    [InlineData("class Stack;", "sealed partial class Stack;")]
    [InlineData("public partial class Stack;", "public sealed partial class Stack;")]
    [InlineData("internal sealed class Stack;", "internal sealed partial class Stack;")]
    public async Task A_class_becomes_sealed_and_partial(string before, string after)
    {
        const string Attributes = "[NetworkStack]\n[NicQueues(1)]\n";
        Assert.Equal(Attributes + after, await Fix(Attributes + before, new SealedPartialFix()));
    }

    [Fact]
    public async Task A_stage_moves_before_its_neighbour() => Assert.Equal(
        """
        /// <summary>A stack.</summary>
        [NetworkStack]
        [NicQueues(1)]
        [ChecksumOffload]
        [Ipv4("10.0.0.1/8")] // the lab
        [Udp]
        public sealed partial class Stack;
        """,
        await Fix(
            """
            /// <summary>A stack.</summary>
            [NetworkStack]
            [NicQueues(1)]
            [Ipv4("10.0.0.1/8")] // the lab
            [ChecksumOffload]
            [Udp]
            public sealed partial class Stack;
            """,
            new MoveStageFix()));

    [Fact]
    public async Task A_stage_moves_within_one_list() => Assert.Equal(
        "[NetworkStack, NicQueues(1), ChecksumOffload, Ipv4(\"10.0.0.1/8\")]\npublic sealed partial class Stack;",
        await Fix("[NetworkStack, NicQueues(1), Ipv4(\"10.0.0.1/8\"), ChecksumOffload]\npublic sealed partial class Stack;", new MoveStageFix()));

    [Fact]
    public async Task A_stage_moves_from_one_list_to_another() => Assert.Equal(
        "[NetworkStack]\n[NicQueues(1), ChecksumOffload, Ipv4(\"10.0.0.1/8\")]\n[Udp]\npublic sealed partial class Stack;",
        await Fix("[NetworkStack]\n[NicQueues(1), Ipv4(\"10.0.0.1/8\")]\n[Udp, ChecksumOffload]\npublic sealed partial class Stack;", new MoveStageFix()));

    /// <summary>Applies the fix to the first diagnostic it is for; what comes out is a declaration nothing is said of.</summary>
    private static async Task<string> Fix(string source, CodeFixProvider fix)
    {
        var cancellation = TestContext.Current.CancellationToken;
        using var workspace = new AdhocWorkspace();
        var project = workspace.AddProject(ProjectInfo.Create(
            ProjectId.CreateNewId(), VersionStamp.Default, "Declared", "Declared", LanguageNames.CSharp,
            compilationOptions: new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary),
            parseOptions: new CSharpParseOptions(LanguageVersion.CSharp13), metadataReferences: Declared.References));
        var document = workspace.AddDocument(project.Id, "Declared.cs", Microsoft.CodeAnalysis.Text.SourceText.From(Declared.Usings + source));
        var diagnostic = (await Diagnose(document)).First(diagnostic => fix.FixableDiagnosticIds.Contains(diagnostic.Id));
        CodeAction? action = null;
        await fix.RegisterCodeFixesAsync(new CodeFixContext(document, diagnostic, (registered, _) => action = registered, cancellation));
        var operations = await Assert.IsType<CodeAction>(action, exactMatch: false).GetOperationsAsync(cancellation);
        var changed = operations.OfType<ApplyChangesOperation>().Single().ChangedSolution.GetDocument(document.Id)!;
        Assert.Empty(await Diagnose(changed));
        return (await changed.GetTextAsync(cancellation)).ToString()[Declared.Usings.Length..];
    }

    private static async Task<Diagnostic[]> Diagnose(Document document)
    {
        var compilation = (await document.Project.GetCompilationAsync(TestContext.Current.CancellationToken))!;
        return [.. await compilation.WithAnalyzers([new DeclarationAnalyzer()]).GetAnalyzerDiagnosticsAsync(TestContext.Current.CancellationToken)];
    }
}
