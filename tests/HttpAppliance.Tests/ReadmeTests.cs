using Millrace.Tests;

namespace HttpAppliance.Tests;

/// <summary>What the README shows of the code is in the code.</summary>
public sealed class ReadmeTests
{
    private const string Fence = "```";

    [Fact]
    public void The_declaration_is_that_of_the_sample() =>
        Assert.Contains(Block("[NetworkStack(", "public sealed partial class ServerStack;"), Lines("samples/HttpAppliance/ServerStack.cs"), StringComparison.Ordinal);

    [Fact]
    public void The_excerpt_is_what_the_generator_writes()
    {
        var emitted = Directory.EnumerateFiles(Path.Combine(Requires.RepositoryRoot, "samples/HttpAppliance/obj"), "HttpAppliance.ServerStack.g.cs", SearchOption.AllDirectories)
            .MaxBy(File.GetLastWriteTimeUtc);
        Assert.NotNull(emitted);
        Assert.Contains(Block("// ── [Gro]", "AfterIpv4:"), Trimmed(File.ReadAllText(emitted)), StringComparison.Ordinal);
    }

    [Fact]
    public void The_commands_are_those_that_the_tree_has()
    {
        var readme = Lines("README.md");
        Assert.Contains("dotnet run -c Release --project samples/HttpAppliance", readme, StringComparison.Ordinal);
        Assert.Contains("dotnet test Framework.sln -c Release", readme, StringComparison.Ordinal);
        Assert.Contains("dotnet test Framework.sln -c Release", Lines(".ci/run"), StringComparison.Ordinal);
    }

    /// <summary>The code block of the README that begins and ends so.</summary>
    private static string Block(string first, string last)
    {
        var found = Lines("README.md").Split(Fence).Single(block =>
            block.Split('\n', 2)[^1].TrimStart().StartsWith(first, StringComparison.Ordinal) && block.TrimEnd().EndsWith(last, StringComparison.Ordinal));
        return found.Split('\n', 2)[1].Trim();
    }

    private static string Lines(string path) => Trimmed(File.ReadAllText(Path.Combine(Requires.RepositoryRoot, path)));

    /// <summary>Without indentation.</summary>
    private static string Trimmed(string text) => string.Join('\n', text.Split('\n').Select(line => line.Trim()));
}
