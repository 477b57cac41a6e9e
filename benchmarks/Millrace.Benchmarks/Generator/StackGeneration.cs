using System.Collections.Immutable;
using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;
using Millrace.Benchmarks.Gate;
using Millrace.Generators;
using Millrace.Generators.Analyzers;
using Perfolizer.Horology;

namespace Millrace.Benchmarks.Generator;

/// <summary>
/// What the compiler of declarations costs whoever edits one of thirty stages: less than 50 ms is the aim. The compilation is warm, as
/// it is in an editor.
/// </summary>
[Config(typeof(WallTime))]
[NotGated("it runs in the compiler, whose allocations are Roslyn's")]
public class StackGeneration
{
    // those of thirty that have a turn in a loop; the others are settings
    private const int Emitted = 24;

    private CSharpCompilation compilation = null!;
    private CSharpCompilation[] edits = null!;
    private GeneratorDriver driver = null!;
    private int edit;

    [GlobalSetup]
    public void Setup()
    {
        compilation = ThirtyStages.Compile();
        edits = [ThirtyStages.Edited(compilation, 1), ThirtyStages.Edited(compilation, 2)];
        driver = Driver(track: true).RunGenerators(compilation);
        var emitted = string.Concat(driver.GetRunResult().GeneratedTrees);
        var stages = emitted.Split("// ── [").Skip(1).Select(static banner => banner[..banner.IndexOf(']', StringComparison.Ordinal)]).Distinct().Count();
        if (stages < Emitted)
        {
            throw new InvalidOperationException($"The declaration of thirty stages gave a loop of {stages}:\n{string.Join('\n', Diagnose())}");
        }

        RequireNothingAgain(driver.RunGenerators(edits[0]).GetRunResult().Results.Single());
        driver = Driver(track: false).RunGenerators(compilation);
    }

    /// <summary>Parser, planner and emitter, for a driver that has never seen the declaration.</summary>
    [Benchmark(Baseline = true)]
    public int Declaration() => Driver(track: false).RunGenerators(compilation).GetRunResult().GeneratedTrees.Length;

    /// <summary>Another file is edited: the parser looks, finds what it found before, and that is all.</summary>
    [Benchmark]
    public int UnrelatedEdit()
    {
        driver = driver.RunGenerators(edits[edit ^= 1]);
        return edit;
    }

    /// <summary>The analyzer, which parses and plans by itself, over the whole compilation and with what Roslyn binds for it.</summary>
    [Benchmark]
    public int Analysis() => Diagnose().Length;

    private ImmutableArray<Diagnostic> Diagnose() => compilation.WithAnalyzers([new DeclarationAnalyzer()]).GetAnalyzerDiagnosticsAsync().GetAwaiter().GetResult();

    private static CSharpGeneratorDriver Driver(bool track) => CSharpGeneratorDriver.Create(
        [new StackGenerator().AsSourceGenerator()],
        parseOptions: ThirtyStages.Options,
        driverOptions: new GeneratorDriverOptions(IncrementalGeneratorOutputKind.None, track));

    /// <summary>The specification is found equal, and what follows from it is taken from the cache.</summary>
    private static void RequireNothingAgain(GeneratorRunResult result)
    {
        var steps = result.TrackedSteps.Where(static step => step.Key is "Spec" or "Plan" or "Source").Concat(result.TrackedOutputSteps).ToArray();
        var ran = steps.SelectMany(static step => step.Value.SelectMany(run => run.Outputs.Select(output => (step.Key, output.Reason))))
            .Where(static run => run.Reason is not (IncrementalStepRunReason.Cached or IncrementalStepRunReason.Unchanged)).ToArray();
        if (steps.Length < 4 || ran.Length > 0)
        {
            throw new InvalidOperationException($"An unrelated edit ran {string.Join(", ", ran)}.");
        }
    }

    /// <summary>Roslyn analyses on threads of its own.</summary>
    private sealed class WallTime : ManualConfig
    {
        public WallTime() => AddJob(Job.Default.WithClock(Chronometer.BestClock).AsMutator());
    }
}
