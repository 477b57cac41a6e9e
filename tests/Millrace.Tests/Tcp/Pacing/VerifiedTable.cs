using System.Runtime.CompilerServices;

namespace Millrace.Tests.Tcp.Pacing;

/// <summary>Tables that tests make and compare with files beside them; <c>MILLRACE_WRITE=1</c> writes the files.</summary>
internal static class VerifiedTable
{
    public static void Verify(string name, string table, [CallerFilePath] string source = "")
    {
        var path = Path.Combine(Path.GetDirectoryName(source)!, name);
        if (Environment.GetEnvironmentVariable("MILLRACE_WRITE") == "1")
        {
            File.WriteAllText(path, table);
        }

        Assert.Equal(File.ReadAllText(path), table);
    }
}
