namespace Millrace.Tests;

/// <summary>Tables that tests make and compare with files of the source tree; <c>MILLRACE_WRITE=1</c> writes the files.</summary>
internal static class VerifiedTable
{
    /// <param name="file">From the folder of tests on.</param>
    public static void Verify(string file, string table)
    {
        var path = Path.Combine(Requires.RepositoryRoot, "tests", file);
        if (Environment.GetEnvironmentVariable("MILLRACE_WRITE") == "1")
        {
            File.WriteAllText(path, table);
        }

        Assert.Equal(File.ReadAllText(path).ReplaceLineEndings("\n"), table);
    }
}
