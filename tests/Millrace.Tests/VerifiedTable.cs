namespace Millrace.Tests;

/// <summary>Tables that tests make and compare with files of the source tree; <c>MILLRACE_WRITE=1</c> writes the files.</summary>
internal static class VerifiedTable
{
    /// <param name="file">From the folder of tests on.</param>
    public static void Verify(string file, string table)
    {
        var root = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(root, "Framework.sln")))
        {
            root = Path.GetDirectoryName(root) ?? throw new InvalidOperationException("The tests do not lie in the source tree.");
        }

        var path = Path.Combine(root, "tests", file);
        if (Environment.GetEnvironmentVariable("MILLRACE_WRITE") == "1")
        {
            File.WriteAllText(path, table);
        }

        Assert.Equal(File.ReadAllText(path).ReplaceLineEndings("\n"), table);
    }
}
