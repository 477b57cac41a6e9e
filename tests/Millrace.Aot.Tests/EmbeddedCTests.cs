using System.Text.RegularExpressions;
using Millrace.Tests;

namespace Millrace.Aot.Tests;

public sealed class EmbeddedCPublication() : NativePublication("EmbeddedC");

/// <summary>The library as a C program meets it: its header, its exports, and what it leaves behind.</summary>
public sealed partial class EmbeddedCTests(EmbeddedCPublication published) : IClassFixture<EmbeddedCPublication>, IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);
    private static readonly string Sample = Path.Combine(Requires.RepositoryRoot, "samples", "EmbeddedC");
    private readonly string folder = Directory.CreateTempSubdirectory("millrace-c-").FullName;

    [Theory]
    [InlineData("c", "-std=c99")]
    [InlineData("c++", "-std=c++11")]
    public void The_header_compiles_without_a_warning(string language, string standard)
    {
        Requires.Tool("g++");
        var source = Path.Combine(folder, "only.txt");
        File.WriteAllText(source, "#include \"millrace.h\"\n");
        Succeed("g++", ["-x", language, standard, "-pedantic", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", "-I", Sample, source]);
    }

    [Fact]
    public void Two_stacks_in_a_C_program_transfer_both_ways()
    {
        var output = Run("1");
        Assert.Contains("4194304 bytes both ways as they were sent", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_run_has_the_same_packets_and_so_ends_at_the_same_time() => Assert.Equal(VirtualTime(Run("1")), VirtualTime(Run("1")));

    [Fact]
    public void Four_hundred_stacks_made_and_destroyed_leave_nothing()
    {
        // four in a round; the second half must do with the memory of the first, but for what the heap keeps in hand
        var pages = Pages().Matches(Run("100")).Select(match => int.Parse(match.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture)).ToArray();
        Assert.Equal(2, pages.Length);
        Assert.InRange(pages[1] - pages[0], int.MinValue, 2048);
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [GeneratedRegex("(\\d+) resident pages")]
    private static partial Regex Pages();

    private static string VirtualTime(string output) => Regex.Match(output, "\\d+ us of virtual time").Value;

    private static string Succeed(string program, IEnumerable<string> arguments)
    {
        var (exitCode, output) = NativePublication.Run(program, arguments, Limit);
        Assert.True(exitCode == 0, output);
        return output;
    }

    private string Run(string rounds)
    {
        Requires.Tool("gcc");
        var library = published.Folder;
        var program = Path.Combine(folder, "demo");
        Succeed("make", ["-C", Sample, $"LIBRARY={library}", $"DEMO={program}", program]);
        return Succeed(program, [rounds]);
    }
}
