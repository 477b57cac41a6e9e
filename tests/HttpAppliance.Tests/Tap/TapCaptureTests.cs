using System.Globalization;
using Millrace.Nics;
using Millrace.Tests;

namespace HttpAppliance.Tests.Tap;

/// <summary>What the stack sends, judged by a dissector that knows nothing of it.</summary>
public sealed class TapCaptureTests
{
    private const int CapturedPackets = 5000;

    [Theory]
    [InlineData(NicFeatures.None, 0)]
    [InlineData(NicFeatures.None, 0.02)]
    public void Tshark_finds_nothing_malformed_and_no_wrong_checksum(NicFeatures features, double loss)
    {
        Requires.Tool("tcpdump");
        Requires.Tool("tshark");
        Requires.Tool("curl");
        using var world = new KernelAndServer(
            new TapOptions { Features = features, LargeReceive = false },
            loss > 0 ? new ImpairmentOptions { Loss = loss, Seed = 5 } : null);
        var file = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        try
        {
            using var capture = world.Namespace.Start(
                "tcpdump", "-i", "mr0", "-U", "-c", CapturedPackets.ToString(CultureInfo.InvariantCulture), "-w", file, "ether", "src", MacOf(world));
            while (capture.StandardError.ReadLine() is { } said && !said.Contains("listening", StringComparison.Ordinal))
            {
            }

            world.Shell("curl -sS -o /dev/null 'http://10.0.0.2/{bytes/16777216,nothing}'");
            Assert.True(capture.WaitForExit(TimeSpan.FromSeconds(30)), "the capture never filled");
            const string options = "-o ip.check_checksum:TRUE -o tcp.check_checksum:TRUE -o udp.check_checksum:TRUE";
            Assert.Equal(CapturedPackets, Lines(world.Shell($"tshark -r {file} -T fields -e frame.number")).Length);
            Assert.Empty(Lines(world.Shell(
                $"tshark -r {file} {options} -Y '_ws.malformed || ip.checksum.status == 0 || tcp.checksum.status == 0 || _ws.expert.severity >= 8388608'")));
            Assert.NotEmpty(Lines(world.Shell($"tshark -r {file} {options} -Y 'tcp.checksum.status == 1 && tcp.len > 1000' -c 100")));
        }
        finally
        {
            File.Delete(file);
        }

        world.Stop();
    }

    private static string MacOf(KernelAndServer world) => world.Stack.Interfaces[0].Address.ToString();

    private static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
