namespace Millrace.Profiles;

/// <summary>A profile for NativeAOT's compiler.</summary>
/// <param name="MethodCount">Methods that are in it.</param>
/// <param name="LeftOut">Methods that were counted and are not in it.</param>
public sealed record NativeProfile(int MethodCount, int LeftOut)
{
    /// <summary>Writes what several runs counted.</summary>
    /// <param name="output">The file, named .mibc.</param>
    /// <param name="dumps">What the runtime wrote.</param>
    /// <param name="folders">With the assemblies that ran. Those of this program's framework are looked through last.</param>
    /// <exception cref="InvalidDataException">A dump is none.</exception>
    public static NativeProfile Write(string output, IEnumerable<string> dumps, IEnumerable<string> folders)
    {
        using var assemblies = new Assemblies(folders.Append(Path.GetDirectoryName(typeof(object).Assembly.Location)!));
        var writer = new MibcWriter(assemblies);
        var methods = dumps.SelectMany(Read).GroupBy(static method => method.Key).ToArray();
        var leftOut = methods.Count(method => !writer.TryAdd(MethodProfile.Merge(method)));
        using var stream = File.Create(output);
        writer.WriteTo(stream, Path.GetFileNameWithoutExtension(output));
        return new NativeProfile(writer.MethodCount, leftOut);
    }

    private static IEnumerable<MethodProfile> Read(string dump)
    {
        using var text = File.OpenText(dump);
        foreach (var method in ProfileDump.Read(text))
        {
            yield return method;
        }
    }
}
