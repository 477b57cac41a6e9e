using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;
using Millrace.Generators.Analyzers;

namespace Millrace.Generators.Tests.Support;

/// <summary>Source with declarations, compiled against the real Millrace.dll.</summary>
internal static class Declared
{
    public const string Usings = """
        using System;
        using Millrace;
        using Millrace.Headers;
        using Millrace.Memory;
        using Millrace.Sockets;
        using Millrace.Tcp;
        using Millrace.Testing;

        """;

    private static readonly CSharpParseOptions Options = new(LanguageVersion.CSharp13);

    public static ImmutableArray<MetadataReference> References { get; } =
    [
        .. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(path => Path.GetFileName(path) is var name && (name.StartsWith("System.", StringComparison.Ordinal) || name is "mscorlib.dll" or "netstandard.dll"))
            .Append(typeof(Packet).Assembly.Location)
            .Append(typeof(Testing.TwinOfAttribute<>).Assembly.Location)
            .Distinct()
            .Select(path => (MetadataReference)MetadataReference.CreateFromFile(path)),
    ];

    public static CSharpCompilation Compile(params string[] sources) => CSharpCompilation.Create(
        "Declared",
        sources.Select((source, index) => Tree(source, index == 0 ? "Declared.cs" : $"Declared{index}.cs")),
        References,
        new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, allowUnsafe: false, nullableContextOptions: NullableContextOptions.Enable));

    public static SyntaxTree Tree(string source, string path) => CSharpSyntaxTree.ParseText(Usings + source, Options, path);

    public static CSharpGeneratorDriver Driver() => CSharpGeneratorDriver.Create(
        [new StackGenerator().AsSourceGenerator(), new TwinGenerator().AsSourceGenerator()],
        parseOptions: Options,
        driverOptions: new GeneratorDriverOptions(IncrementalGeneratorOutputKind.None, trackIncrementalGeneratorSteps: true));

    /// <summary>What is emitted for a declaration, and the compilation with it.</summary>
    public static (ImmutableArray<GeneratedSourceResult> Sources, Compilation Compilation) Generate(params string[] sources)
    {
        var driver = Driver().RunGeneratorsAndUpdateCompilation(Compile(sources), out var compilation, out var diagnostics);
        Assert.Empty(diagnostics);
        return ([.. driver.GetRunResult().Results.SelectMany(result => result.GeneratedSources)], compilation);
    }

    /// <summary>The one file that is emitted; it compiles without warnings and without unsafe code.</summary>
    public static string Emit(params string[] sources)
    {
        var (emitted, compilation) = Generate(sources);
        AssertCompiles(compilation);
        return Assert.Single(emitted).SourceText.ToString();
    }

    public static void AssertCompiles(Compilation compilation) =>
        Assert.Empty(compilation.GetDiagnostics().Where(diagnostic => diagnostic.Severity >= DiagnosticSeverity.Warning).Select(diagnostic => diagnostic + " " + diagnostic.Location.SourceTree?.GetText().Lines[diagnostic.Location.GetLineSpan().StartLinePosition.Line]));

    /// <summary>What the analyzer says of a declaration, with the generated half in place.</summary>
    public static async Task<Diagnostic[]> Analyze(params string[] sources)
    {
        var (_, compilation) = Generate(sources);
        var analyzed = compilation.WithAnalyzers([new DeclarationAnalyzer()]);
        return [.. (await analyzed.GetAnalyzerDiagnosticsAsync(TestContext.Current.CancellationToken)).OrderBy(diagnostic => diagnostic.Location.SourceSpan.Start)];
    }
}
