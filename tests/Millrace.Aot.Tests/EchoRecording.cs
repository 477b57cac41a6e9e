using System.Reflection;
using Millrace.Profiles;
using Millrace.Tests;

namespace Millrace.Aot.Tests;

/// <summary>UdpEcho run on the JIT, with everything counted.</summary>
internal static class EchoRecording
{
    private static readonly string configuration =
        typeof(EchoRecording).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(static a => a.Key == "Configuration").Value!;

    public static string Assemblies { get; } = Path.Combine(Requires.RepositoryRoot, "samples", "UdpEcho", "bin", configuration, "net10.0");

    /// <returns>What the runtime wrote.</returns>
    public static string Record(string folder)
    {
        var dump = Path.Combine(folder, "echo.txt");
        var variables = Recording.Environment(dump).Select(static v => $"{v.Key}={v.Value}");
        var (exitCode, output) = NativePublication.Run(
            "env", [.. variables, "dotnet", Path.Combine(Assemblies, "UdpEcho.dll")], TimeSpan.FromMinutes(1));
        Assert.True(exitCode == 0, output);
        return dump;
    }
}
