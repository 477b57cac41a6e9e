using System.Diagnostics;
using System.Reflection;
using System.Text.RegularExpressions;

namespace Millrace.Stack.Tests.CodeShape;

/// <summary>The final machine code of a method, as the JIT of a child process lists it.</summary>
internal sealed partial class MachineCode
{
    private MachineCode(string method, IReadOnlyList<string> lines)
    {
        Method = method;
        Calls = [.. lines.Select(line => CallPattern().Match(line)).Where(match => match.Success).Select(match => match.Groups[1].Value.Trim())];
        Bytes = int.Parse(BytesPattern().Match(lines.Last(line => BytesPattern().IsMatch(line))).Groups[1].Value);
    }

    public string Method { get; }

    /// <summary>Targets of every call and every jump out of the method, in order of the code.</summary>
    public IReadOnlyList<string> Calls { get; }

    /// <summary>Bytes of code.</summary>
    public int Bytes { get; }

    /// <summary>Runs the shaped stack until its loops are compiled for good, and reads the last Tier1 listing of a method.</summary>
    public static MachineCode Of(string method)
    {
        var listing = Path.Combine(Path.GetTempPath(), $"millrace-{Guid.NewGuid():N}.asm");
        try
        {
            Run(method, listing);
            return Parse(method, File.ReadAllLines(listing));
        }
        finally
        {
            File.Delete(listing);
        }
    }

    private static void Run(string method, string listing)
    {
        var path = typeof(MachineCode).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == "CodeShape").Value!;
        var start = new ProcessStartInfo("dotnet", [path]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["DOTNET_JitDisasm"] = method;
        start.Environment["DOTNET_JitStdOutFile"] = listing;
        start.Environment["DOTNET_TieredPGO"] = "0";
        using var child = Process.Start(start)!;
        var errors = child.StandardError.ReadToEndAsync();
        var output = child.StandardOutput.ReadToEnd();
        child.WaitForExit();
        Assert.True(child.ExitCode == 0, output + errors.Result);
    }

    private static MachineCode Parse(string method, string[] lines)
    {
        var start = Array.FindLastIndex(lines, line => line.StartsWith("; Assembly listing", StringComparison.Ordinal) && line.EndsWith("(Tier1)", StringComparison.Ordinal));
        Assert.True(start >= 0, $"{method} was not compiled at Tier1.");
        var end = Array.FindIndex(lines, start + 1, line => line.StartsWith("; Assembly listing", StringComparison.Ordinal));
        return new MachineCode(method, lines[start..(end < 0 ? lines.Length : end)]);
    }

    [GeneratedRegex(@"^\s+(?:call|tail\.jmp|jmp\s+\[|rex\.jmp)\s*\[?(.*?)\]?$")]
    private static partial Regex CallPattern();

    [GeneratedRegex(@"^; Total bytes of code (\d+)")]
    private static partial Regex BytesPattern();
}
