using System.Reflection;
using System.Runtime.CompilerServices;

namespace Millrace.Generators.Tests.Support;

/// <summary>
/// Compares text with a committed file, by Verify's convention: what differs is written beside it as <c>.received.cs</c>,
/// and renaming that to <c>.verified.cs</c> accepts it.
/// </summary>
internal static class Snapshot
{
    public static void Match(string text, [CallerMemberName] string name = "")
    {
        var folder = Path.Combine(ProjectDirectory, "Snapshots");
        var verified = Path.Combine(folder, name + ".verified.cs");
        var received = Path.Combine(folder, name + ".received.cs");
        var expected = File.Exists(verified) ? File.ReadAllText(verified) : "";
        if (expected == text)
        {
            File.Delete(received);
            return;
        }

        File.WriteAllText(received, text);
        Assert.Fail($"{name} has changed: compare {Path.GetFileName(received)} with {Path.GetFileName(verified)}, and rename it if it is right.\n{FirstDifference(expected, text)}");
    }

    private static string ProjectDirectory => typeof(Snapshot).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(attribute => attribute.Key == "ProjectDirectory").Value!;

    private static string FirstDifference(string expected, string actual)
    {
        var (before, after) = (expected.Split('\n'), actual.Split('\n'));
        var line = Enumerable.Range(0, Math.Min(before.Length, after.Length)).FirstOrDefault(i => before[i] != after[i], Math.Min(before.Length, after.Length));
        return $"line {line + 1}\n- {before.ElementAtOrDefault(line)}\n+ {after.ElementAtOrDefault(line)}";
    }
}
