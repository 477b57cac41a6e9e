using System.IO.Compression;
using System.Xml.Linq;
using Millrace.Tests;

namespace Millrace.Aot.Tests;

/// <summary>The package as a user meets it: nothing of the repository is beside it.</summary>
public sealed class PackageTests : IDisposable
{
    private static readonly TimeSpan BuildLimit = TimeSpan.FromMinutes(5);
    private readonly string folder = Directory.CreateTempSubdirectory("millrace-package-").FullName;

    [Fact]
    public void The_package_brings_the_compiler_of_declarations_and_depends_on_nothing()
    {
        using var package = ZipFile.OpenRead(Pack());
        var names = package.Entries.Select(entry => entry.FullName).ToArray();
        Assert.Equal(
            ["analyzers/dotnet/cs/Millrace.CodeFixes.dll", "analyzers/dotnet/cs/Millrace.Generators.dll"],
            names.Where(name => name.StartsWith("analyzers/", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
        Assert.Equal(
            ["lib/net10.0/Millrace.dll", "lib/net10.0/Millrace.xml"],
            names.Where(name => name.StartsWith("lib/", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
        using var specification = package.GetEntry("Millrace.nuspec")!.Open();
        Assert.DoesNotContain(XDocument.Load(specification).Descendants(), node => node.Name.LocalName == "dependency");
    }

    [Fact]
    public void A_project_that_has_only_the_package_declares_a_stack_and_runs_it()
    {
        Write(Program);
        var (exitCode, output) = BuildAndRun();
        Assert.True(exitCode == 0, output);
        Assert.Contains("3 of 3 datagrams came back", output, StringComparison.Ordinal);
    }

    [Fact]
    public void And_a_wrong_declaration_does_not_compile()
    {
        Write(Program.Replace("[Udp]", "", StringComparison.Ordinal));
        var (exitCode, output) = BuildAndRun();
        Assert.NotEqual(0, exitCode);
        Assert.Contains("MR0006: [UdpHandler] has no transport in this stack: declare [Udp] before it", output, StringComparison.Ordinal);
    }

    private const string Program = """
        using Acme.Edge;
        using Millrace;
        using Millrace.Headers;
        using Millrace.Nics;
        using Millrace.Sockets;

        using var wire = new MemoryWire();
        var tally = new Tally();
        using var near = new Near(new Near.Setup { Nic = wire.A, Entropy = new Entropy(1, 2), Tally = tally });
        using var far = new Far(new Far.Setup { Nic = wire.B, Entropy = new Entropy(3, 4) });
        var sent = 0;
        for (long now = 0; tally.Echoed < 3 && now < 1_000_000; now += 1_000)
        {
            if (sent < 3 && near.Udp.TrySend(new(InetAddress.Parse("10.0.0.1"), 4000), new(InetAddress.Parse("10.0.0.2"), 7), "edge"u8))
            {
                sent++;
            }

            near.Poll(0, 0, now);
            far.Poll(0, 0, now);
        }

        Console.WriteLine($"{tally.Echoed} of {sent} datagrams came back");
        return tally.Echoed == 3 ? 0 : 1;

        namespace Acme.Edge
        {
            [NetworkStack]
            [NicQueues(1)]
            [Ipv4("10.0.0.1/24")]
            [Udp]
            [UdpHandler<Probe>(4000)]
            public sealed partial class Near;

            [NetworkStack]
            [NicQueues(1)]
            [Ipv4("10.0.0.2/24")]
            [Udp]
            [UdpHandler<Echo>(7)]
            public sealed partial class Far;

            public struct Echo : IUdpHandler
            {
                public void Received(UdpDatagram datagram) => datagram.Reply(datagram.Data);
            }

            public struct Probe(Tally tally) : IUdpHandler
            {
                public void Received(UdpDatagram datagram) => tally.Echoed += datagram.Data.SequenceEqual("edge"u8) ? 1 : 0;
            }

            public sealed class Tally
            {
                public int Echoed { get; set; }
            }
        }
        """;

    private void Write(string program)
    {
        Pack();
        File.WriteAllText(Path.Combine(folder, "Program.cs"), program);
        File.WriteAllText(Path.Combine(folder, "Edge.csproj"), """
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <Nullable>enable</Nullable>
                <ImplicitUsings>enable</ImplicitUsings>
                <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
                <RestorePackagesPath>$(MSBuildProjectDirectory)/restored</RestorePackagesPath>
              </PropertyGroup>
              <ItemGroup>
                <PackageReference Include="Millrace" Version="0.1.0" />
              </ItemGroup>
            </Project>
            """);
        // no feed but the folder, or a package of this name from elsewhere could pass for ours
        File.WriteAllText(Path.Combine(folder, "nuget.config"), """
            <configuration>
              <packageSources>
                <clear />
                <add key="packed" value="packages" />
              </packageSources>
            </configuration>
            """);
    }

    private string Pack()
    {
        var packages = Path.Combine(folder, "packages");
        var (exitCode, output) = NativePublication.Build(
            ["pack", Path.Combine(Requires.RepositoryRoot, "src", "Millrace"), "-c", "Release", "-p:Version=0.1.0", "-o", packages, "--nologo"], BuildLimit);
        Assert.True(exitCode == 0, output);
        return Path.Combine(packages, "Millrace.0.1.0.nupkg");
    }

    private (int ExitCode, string Output) BuildAndRun()
    {
        var program = Path.Combine(folder, "out");
        var built = NativePublication.Build(["build", Path.Combine(folder, "Edge.csproj"), "-o", program, "--nologo"], BuildLimit);
        return built.ExitCode == 0 ? NativePublication.Run(Path.Combine(program, "Edge"), [], TimeSpan.FromMinutes(1)) : built;
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);
}
