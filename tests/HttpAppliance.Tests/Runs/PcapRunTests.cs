using HttpAppliance.Runs;
using Millrace.Nics;

namespace HttpAppliance.Tests.Runs;

public sealed class PcapRunTests
{
    private static readonly byte[] ArpRequest = Convert.FromHexString(
        "ffffffffffff" + "020000000001" + "0806" + "0001080006040001" + "020000000001" + "0a000001" + "000000000000" + "0a000002");

    [Fact]
    public void A_capture_is_played_and_every_packet_of_it_is_accounted_for()
    {
        var path = Path.GetTempFileName();
        try
        {
            Write(path, ArpRequest, [.. Convert.FromHexString("02000000000b0200000000010800"), .. new byte[40]], [1, 2, 3]);
            var report = PcapRun.Execute(new ApplianceOptions { Pcap = path, Seed = 1 });
            var stack = Assert.Single(report.Stacks);
            Assert.True(report.IsGood);
            Assert.Null(report.Verified);
            Assert.Equal(3, stack.Ledger.Received);
            Assert.Equal(1, stack.Ledger.Consumed + stack.Ledger.Forwarded);
            Assert.Equal(2, stack.Ledger.IngressDropped);

            // announced as declared and as set for this capture, and the request answered
            Assert.Equal(3, stack.Ledger.Transmitted);
            Assert.Contains("3 packets played to 10.0.0.2/24", report.Notes[0], StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void A_file_that_is_no_capture_is_refused_with_a_sentence()
    {
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(path, "this is no capture");
            var refused = Assert.Throws<ApplianceException>(() => PcapRun.Execute(new ApplianceOptions { Pcap = path }));
            Assert.StartsWith($"The capture '{path}' cannot be read: ", refused.Message, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static void Write(string path, params byte[][] packets)
    {
        using var writer = CaptureWriter.Create(path);
        for (var i = 0; i < packets.Length; i++)
        {
            writer.Write(1_700_000_000_000_000_000 + (i * 1_000_000_000L), packets[i]);
        }
    }
}
