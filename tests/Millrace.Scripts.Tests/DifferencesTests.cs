using System.Globalization;
using System.Text;
using Millrace.Tests;

namespace Millrace.Scripts.Tests;

/// <summary>DIFFERENCES.md is made of the marks of the scripts; <c>MILLRACE_WRITE=1</c> writes it.</summary>
public sealed class DifferencesTests
{
    [Fact]
    public void The_table_of_differences_is_that_of_the_scripts()
    {
        if (Environment.GetEnvironmentVariable("MILLRACE_SCRIPTS") is { Length: > 0 })
        {
            Assert.Skip("MILLRACE_SCRIPTS leaves scripts out.");
        }

        var path = Path.Combine(ScriptCatalogue.Folder, "DIFFERENCES.md");
        var written = Write();
        if (Environment.GetEnvironmentVariable("MILLRACE_WRITE") == "1")
        {
            File.WriteAllText(path, written);
        }

        Assert.Equal(written, File.ReadAllText(path).ReplaceLineEndings("\n"));
    }

    private static string Write()
    {
        var scripts = ScriptCatalogue.Files.Select(ScriptCatalogue.Load).ToArray();
        var text = new StringBuilder();
        text.Append("# Where Millrace and the kernel differ\n\n");
        text.Append("Written by `DifferencesTests` from the marks in the scripts of this folder; `MILLRACE_WRITE=1 dotnet test` writes it anew.\n");
        text.Append("A script that is marked as failing has to fail: when it no longer does, its mark has to go. The kernel is Linux 6.18.\n\n");
        text.Append("| scripts | both | fail on Millrace | fail on the kernel | not run on Millrace | not run on the kernel |\n|---|---|---|---|---|---|\n");
        foreach (var group in scripts.GroupBy(script => script.File.Split('/')[0]).Append(null))
        {
            var all = group?.ToArray() ?? scripts;
            var name = group?.Key ?? "**all**";
            var counts = new[]
            {
                all.Count(script => script.FailsOn.Count == 0 && script.SkippedOn.Count == 0),
                all.Count(script => script.FailsOn.ContainsKey("millrace")), all.Count(script => script.FailsOn.ContainsKey("kernel")),
                all.Count(script => script.SkippedOn.ContainsKey("millrace")), all.Count(script => script.SkippedOn.ContainsKey("kernel")),
            };
            text.Append(CultureInfo.InvariantCulture, $"| {name} ({all.Length}) | {string.Join(" | ", counts)} |\n");
        }

        Section(text, "Fail on Millrace", scripts.SelectMany(script => script.FailsOn.Where(mark => mark.Key == "millrace").Select(mark => (script.File, script.Description, mark.Value))));
        Section(text, "Fail on the kernel", scripts.SelectMany(script => script.FailsOn.Where(mark => mark.Key == "kernel").Select(mark => (script.File, script.Description, mark.Value))));
        Section(text, "Not run", scripts.SelectMany(script => script.SkippedOn.Select(mark => (script.File, script.Description, $"{mark.Key}: {mark.Value}"))));
        return text.ToString();
    }

    /// <summary>What has one reason stands in one row after another.</summary>
    private static void Section(StringBuilder text, string title, IEnumerable<(string File, string Description, string Why)> rows)
    {
        text.Append(CultureInfo.InvariantCulture, $"\n## {title}\n\n| script | what it shows | why |\n|---|---|---|\n");
        foreach (var (file, description, why) in rows.OrderBy(row => row.Why, StringComparer.Ordinal).ThenBy(row => row.File, StringComparer.Ordinal))
        {
            text.Append(CultureInfo.InvariantCulture, $"| [{file[..^".script".Length]}]({file}) | {description} | {why} |\n");
        }
    }
}
