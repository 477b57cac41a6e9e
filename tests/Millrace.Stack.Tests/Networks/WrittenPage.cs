using Millrace.Tests;

namespace Millrace.Stack.Tests.Networks;

/// <summary>Pages that tests make and compare with files of the repository.</summary>
internal static class WrittenPage
{
    /// <param name="path">From the root of the repository.</param>
    public static void Verify(string path, string page)
    {
        var file = Path.Combine(Requires.RepositoryRoot, path);
        if (Environment.GetEnvironmentVariable("MILLRACE_WRITE") == "1")
        {
            File.WriteAllText(file, page);
        }

        Assert.Equal(File.ReadAllText(file).ReplaceLineEndings("\n"), page);
    }
}
