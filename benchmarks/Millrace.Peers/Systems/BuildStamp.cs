using System.Security.Cryptography;
using System.Text;

namespace Millrace.Peers.Systems;

/// <summary>A file beside what was built that says of which sources: the same sources need no second build.</summary>
internal sealed class BuildStamp
{
    private readonly string file;
    private readonly string content;

    /// <param name="output">The folder of what is built.</param>
    /// <param name="how">What else decides the result: flags, the processor.</param>
    /// <param name="sources">Folders and files; bin and obj are passed over.</param>
    public BuildStamp(string output, string how, params IEnumerable<string> sources)
    {
        file = Path.Combine(output, ".stamp");
        content = Digest(how, sources);
    }

    public bool IsCurrent => File.Exists(file) && File.ReadAllText(file) == content;

    public void Write() => File.WriteAllText(file, content);

    private static string Digest(string how, IEnumerable<string> sources)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(how));
        foreach (var path in sources.SelectMany(FilesOf))
        {
            hash.AppendData(Encoding.UTF8.GetBytes(path));
            hash.AppendData(SHA256.HashData(File.ReadAllBytes(path)));
        }

        return Convert.ToHexString(hash.GetHashAndReset());
    }

    private static IEnumerable<string> FilesOf(string source)
    {
        if (File.Exists(source))
        {
            return [source];
        }

        return Directory.Exists(source)
            ? Directory.EnumerateFiles(source, "*", SearchOption.AllDirectories).Where(f => !IsBuilt(Path.GetRelativePath(source, f))).Order(StringComparer.Ordinal)
            : [];
    }

    private static bool IsBuilt(string path) => path.Split('/').Any(p => p is "bin" or "obj" || p.StartsWith("obj-", StringComparison.Ordinal));
}
