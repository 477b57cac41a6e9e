using System.Reflection;
using Millrace.Nics;

namespace Millrace.Stack.Tests.Twin;

/// <summary>Where captures lie: the small ones of our own beside the tests, the large ones of others outside the repository.</summary>
internal static class CaptureFiles
{
    private static string Root { get; } = typeof(CaptureFiles).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == "RepositoryRoot").Value!;

    /// <summary>A capture of our own making.</summary>
    public static string Own(string name) => Path.Combine(Root, "tests/Millrace.Stack.Tests/Captures", name);

    /// <summary>Captures of others: <c>../shared/captures</c> beside the repository, or what MILLRACE_CAPTURES says.</summary>
    public static string? Folder
    {
        get
        {
            var named = Environment.GetEnvironmentVariable("MILLRACE_CAPTURES");
            var folder = string.IsNullOrEmpty(named) ? Path.Combine(Root, "../shared/captures") : named;
            return Directory.Exists(folder) && Directory.EnumerateFiles(folder, "*.pcap").Any() ? Path.GetFullPath(folder) : null;
        }
    }

    /// <summary>Every packet of a capture.</summary>
    public static List<byte[]> Read(string path)
    {
        var frames = new List<byte[]>();
        using var reader = CaptureReader.Open(path);
        while (reader.Read())
        {
            frames.Add(reader.Data.ToArray());
        }

        return frames;
    }
}
