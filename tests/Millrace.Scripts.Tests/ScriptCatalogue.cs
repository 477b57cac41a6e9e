using Millrace.Testing;
using Millrace.Testing.Scripts;
using Millrace.Testing.Scripts.Kernel;
using Millrace.Testing.Scripts.Stacks;
using Millrace.Tests;

namespace Millrace.Scripts.Tests;

/// <summary>The scripts of this folder, and how they are run.</summary>
internal static class ScriptCatalogue
{
    public static string Folder { get; } = Path.Combine(Requires.RepositoryRoot, "tests", "Millrace.Scripts.Tests");

    /// <summary>Paths from the folder; MILLRACE_SCRIPTS keeps those that contain it.</summary>
    public static IReadOnlyList<string> Files { get; } = Find();

    public static Script Load(string file) => Script.Load(Path.Combine(Folder, file), Folder);

    /// <returns>Why it failed, or null.</returns>
    public static ScriptFailure? OnMillrace(Script script)
    {
        using var system = new MillraceSystem(ScriptStack.Make);
        return Execute(script, system);
    }

    /// <summary>In a namespace of its own, which the calling thread waits for.</summary>
    public static ScriptFailure? OnKernel(Script script)
    {
        using var space = new NetworkNamespace();
        return space.Run(() =>
        {
            using var system = new KernelSystem();
            return Execute(script, system);
        });
    }

    private static ScriptFailure? Execute(Script script, IScriptSystem system)
    {
        try
        {
            ScriptRun.Execute(script, system);
            return null;
        }
        catch (ScriptFailure failure)
        {
            return failure;
        }
    }

    private static string[] Find()
    {
        var wanted = Environment.GetEnvironmentVariable("MILLRACE_SCRIPTS") ?? string.Empty;
        return [.. Directory.EnumerateFiles(Folder, "*.script", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(Folder, path).Replace('\\', '/'))
            .Where(path => !path.StartsWith("bin/", StringComparison.Ordinal) && !path.StartsWith("obj/", StringComparison.Ordinal))
            .Where(path => path.Contains(wanted, StringComparison.OrdinalIgnoreCase))
            .Order(StringComparer.Ordinal)];
    }
}
