using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Millrace.Benchmarks.Generator;

/// <summary>A declaration of thirty stages as text: all of ours that go together, and stages of a user's for the rest.</summary>
internal static class ThirtyStages
{
    public const int Count = 30;

    private const string Ours = """
        [Workers(2)]
        [NicQueues(2)]
        [Napi(Weight = 64, Budget = 300)]
        [VlanOffload(Accept = [10, 20])]
        [ChecksumOffload]
        [Gro]
        [Rps]
        [Tap]
        [RxHandler<Passing>(On = "eth0")]
        {0}
        [Ipv4("10.0.0.2/24", Gateway = "10.0.0.1", Forwarding = true)]
        [Udp]
        [Tcp(Timestamps = false, Runtime = [nameof(TcpAttribute.FastOpen)])]
        [SocketMemory(Rmem = "4096 131072 33554432")]
        [SmallQueues]
        [Gso]
        [Xps]
        """;

    private const string Passing = """
        public struct Passing : IRxHandler
        {
            public RxHandlerResult Handle(ref Packet packet) => RxHandlerResult.Pass;
        }
        """;

    private const string Counting = """
        public struct Counting{0} : IIngressStage, IEgressStage
        {
            public long Seen;

            public Verdict Receive(ref Packet packet)
            {
                Seen++;
                return Verdict.Continue;
            }

            public Verdict Transmit(ref Packet packet) => Verdict.Continue;
        }
        """;

    public static CSharpParseOptions Options { get; } = new(LanguageVersion.CSharp13);

    /// <summary>The declaration beside an empty class, bound once, so that symbols are there as they are in an editor.</summary>
    public static CSharpCompilation Compile()
    {
        var ours = Ours.Split('\n').Length - 1;
        var users = Enumerable.Range(1, Count - ours).ToArray();
        var declaration = string.Format(null, Ours, string.Concat(users.Select(static i => $"[Stage<Counting{i}>]\n")));
        var stages = string.Concat(users.Select(static i => Counting.Replace("{0}", $"{i}", StringComparison.Ordinal) + "\n"));
        var compilation = CSharpCompilation.Create(
            "Declared",
            [Tree($"using Millrace;\n\n[NetworkStack]\n{declaration}\npublic sealed partial class ThirtyStages;\n{Passing}\n{stages}", "ThirtyStages.cs"), Unrelated(0)],
            References(),
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable));
        _ = compilation.GetDiagnostics();
        return compilation;
    }

    /// <summary>The same with another file edited, in which nothing is declared.</summary>
    public static CSharpCompilation Edited(CSharpCompilation compilation, int edit) =>
        compilation.ReplaceSyntaxTree(compilation.SyntaxTrees.Single(static tree => tree.FilePath == "Unrelated.cs"), Unrelated(edit));

    private static SyntaxTree Unrelated(int edit) => Tree($"public class Unrelated {{ public const int Edit = {edit}; }}", "Unrelated.cs");

    private static SyntaxTree Tree(string source, string path) => CSharpSyntaxTree.ParseText(source, Options, path);

    private static ImmutableArray<MetadataReference> References() =>
    [
        .. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(static path => Path.GetFileName(path).StartsWith("System.", StringComparison.Ordinal) || Path.GetFileName(path) is "netstandard.dll" or "Millrace.dll")
            .Select(static path => (MetadataReference)MetadataReference.CreateFromFile(path)),
    ];
}
