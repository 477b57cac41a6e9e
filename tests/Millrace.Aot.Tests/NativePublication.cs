using System.Diagnostics;
using System.Xml.Linq;
using Millrace.Tests;

namespace Millrace.Aot.Tests;

/// <summary>A sample published by NativeAOT, with the names of everything that went into it.</summary>
public abstract class NativePublication(string sample)
{
    private static readonly TimeSpan PublishLimit = TimeSpan.FromMinutes(8);
    private static readonly Lock Builds = new();
    private readonly Lock gate = new();
    private string? folder;

    /// <summary>The published program; publishes at the first call.</summary>
    public string Program => Path.Combine(Publish(), sample);

    /// <summary>The folder it was published to; publishes at the first call.</summary>
    public string Folder => Publish();

    /// <summary>Names in the linker's map: methods, types and data.</summary>
    public IReadOnlyCollection<string> MapNames
    {
        get
        {
            Publish();
            return ReadMap();
        }
    }

    /// <summary>Publishes the sample compiled with a profile (.mibc).</summary>
    /// <returns>The program, and the names in its map.</returns>
    public (string Program, IReadOnlyCollection<string> MapNames) PublishWith(string profile)
    {
        lock (gate)
        {
            var target = PublishTo("-p:IlcPgoOptimize=true", $"-p:IlcMibcPath={Path.GetDirectoryName(profile)}/");
            return (Path.Combine(target, sample), ReadMap());
        }
    }

    private string[] ReadMap()
    {
        var map = Directory.EnumerateFiles(Path.Combine(Requires.RepositoryRoot, "samples", sample, "obj-aot"), $"{sample}.map.xml", SearchOption.AllDirectories).Single();
        return [.. XDocument.Load(map).Descendants().Select(node => (string?)node.Attribute("Name")).OfType<string>()];
    }

    public static (int ExitCode, string Output) Run(string program, IEnumerable<string> arguments, TimeSpan limit)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEndAsync();
        if (!process.WaitForExit(limit))
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{program} {string.Join(' ', arguments)} did not end within {limit}.");
        }

        return (process.ExitCode, output.GetAwaiter().GetResult() + error.GetAwaiter().GetResult());
    }

    /// <summary>Runs dotnet for one test at a time: two builds would write the same files of the repository.</summary>
    public static (int ExitCode, string Output) Build(IEnumerable<string> arguments, TimeSpan limit)
    {
        lock (Builds)
        {
            return Run("dotnet", arguments, limit);
        }
    }

    private string Publish()
    {
        Requires.Tool("clang");
        lock (gate)
        {
            return folder ??= PublishTo();
        }
    }

    private string PublishTo(params IEnumerable<string> properties)
    {
        var target = Directory.CreateTempSubdirectory("millrace-aot-").FullName;
        var (exitCode, output) = Build(
            ["publish", Path.Combine(Requires.RepositoryRoot, "samples", sample), "-c", "Release", "-r", "linux-x64", "-p:Aot=true", "-o", target, "--nologo", .. properties],
            PublishLimit);
        Assert.True(exitCode == 0, output);
        return target;
    }
}

public sealed class UdpEchoPublication() : NativePublication("UdpEcho");

public sealed class HttpAppliancePublication() : NativePublication("HttpAppliance");
