using Millrace.Testing.Scripts;
using Millrace.Tests;

namespace Millrace.Scripts.Tests;

/// <summary>Every script on both systems. One that is marked has to fail where it is marked.</summary>
public sealed class ScriptTests(KernelRuns kernel) : IClassFixture<KernelRuns>
{
    public static TheoryData<string> Files => new(ScriptCatalogue.Files);

    [Theory]
    [MemberData(nameof(Files))]
    public void Millrace_does_what_the_script_says(string file)
    {
        var script = ScriptCatalogue.Load(file);
        if (!script.SkippedOn.ContainsKey("millrace"))
        {
            Judge(script, "millrace", ScriptCatalogue.OnMillrace(script)?.Message);
        }
    }

    [Theory]
    [MemberData(nameof(Files))]
    public async Task The_kernel_does_what_the_script_says(string file)
    {
        Requires.Tap();
        Requires.Kernel(6, 18);
        var script = ScriptCatalogue.Load(file);
        if (!script.SkippedOn.ContainsKey("kernel"))
        {
            Judge(script, "kernel", await kernel.Of(file));
        }
    }

    private static void Judge(Script script, string system, string? failure)
    {
        if (script.FailsOn.TryGetValue(system, out var why))
        {
            Assert.True(failure is not null, $"{script.File} passes on {system}, but is marked: fails on {system}: {why}. Take the mark away.");
        }
        else
        {
            Assert.True(failure is null, failure);
        }
    }
}
