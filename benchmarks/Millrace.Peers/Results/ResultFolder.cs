using System.Globalization;
using System.Text.Json;
using Millrace.Peers.Running;
using Millrace.Peers.Systems;

namespace Millrace.Peers.Results;

/// <summary>benchmarks/results/&lt;cpu&gt;: a file a session, with the machine, every single run and what did not run.</summary>
internal static class ResultFolder
{
    public static string Path { get; } = System.IO.Path.Combine(Repository.Results, Processor.FileName);

    /// <summary>The file's name; the table lies beside it as Markdown. Files of sessions of plots end in -plots, those of quick ones in -quick and are not kept in the repository.</summary>
    public static string Write(MachineDescription machine, DriverOptions options, IReadOnlyList<Run> runs, IReadOnlyCollection<Absence> absences)
    {
        Directory.CreateDirectory(Path);
        var name = machine.Begin.ToString("yyyyMMdd-HHmmss", CultureInfo.InvariantCulture) + (options.Quick ? "-quick" : options.Plots ? "-plots" : options.IsShort ? "-short" : "") + ".json";
        var file = System.IO.Path.Combine(Path, name);
        File.WriteAllText(file, JsonSerializer.Serialize(new { Machine = machine, Options = options, Runs = runs, Absences = absences }, JsonReport.Options) + "\n");
        File.WriteAllText(System.IO.Path.ChangeExtension(file, ".md"), MarkdownReport.Write(machine, options, Figure.Of(runs), absences));
        return file;
    }
}
