using Millrace.Profiles;

namespace Millrace.Aot.Tests;

public sealed class UdpEchoTests(UdpEchoPublication published) : IClassFixture<UdpEchoPublication>
{
    [Fact]
    public void The_published_program_echoes_every_datagram()
    {
        var (exitCode, output) = NativePublication.Run(published.Program, [], TimeSpan.FromMinutes(1));
        Assert.True(exitCode == 0, output);
        Assert.Contains("100,000 of 100,000 datagrams", output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_stack_without_Tcp_has_no_TCP_in_its_binary()
    {
        var names = published.MapNames;
        Assert.Contains(names, name => name.Contains("Millrace_Udp", StringComparison.Ordinal));
        Assert.DoesNotContain(names, name => name.Contains("Tcp", StringComparison.OrdinalIgnoreCase) && !name.Contains("System", StringComparison.Ordinal));
    }

    [Fact]
    public void Nor_any_other_stage_that_was_not_declared()
    {
        var names = published.MapNames;
        foreach (var absent in new[] { "GroStage", "GsoStage", "ChecksumStage", "AsyncSockets" })
        {
            Assert.DoesNotContain(names, name => name.Contains(absent, StringComparison.Ordinal));
        }
    }

    [Fact]
    public void With_a_profile_of_the_JIT_what_was_called_for_every_datagram_is_inlined()
    {
        const string check = "UdpEcho_UdpEcho_EchoTally__Check";
        Assert.Contains(check, published.MapNames);

        var folder = Directory.CreateTempSubdirectory("millrace-profile-").FullName;
        var profile = Path.Combine(folder, "echo.mibc");
        NativeProfile.Write(profile, [EchoRecording.Record(folder)], [EchoRecording.Assemblies]);
        var (program, names) = published.PublishWith(profile);
        Assert.DoesNotContain(check, names);
        var (exitCode, output) = NativePublication.Run(program, [], TimeSpan.FromMinutes(1));
        Assert.True(exitCode == 0, output);
        Assert.Contains("100,000 of 100,000 datagrams", output, StringComparison.Ordinal);
        Directory.Delete(folder, recursive: true);
    }
}
