using System.Globalization;
using System.Text;
using Millrace.Tcp;

namespace Millrace.Tests.Tcp.Pacing;

/// <summary>What BBR knows of a path and what it is at, over time, as a table.</summary>
public sealed class BbrTableTests
{
    private const long Rate = 10_000_000 / 8;

    [Fact]
    public void The_model_over_time_is_the_table_in_BBR_md()
    {
        using var wire = BbrPathTests.NewWire<Bbr>(11, Rate / 25 * 10, Rate, 20_000_000);
        BbrPathTests.Pour(wire, 1);
        var table = new StringBuilder();
        table.Append("# BBR over 10 Mbit/s and 40 ms with a buffer of ten bandwidth-delay products\n\n");
        table.Append("Written by `BbrTableTests`; a line a change of mode or gain, of PROBE_BW only the first two cycles and what is around PROBE_RTT. The path takes 1,207 kB of payload a second.\n\n");
        table.Append("| ms | mode | gain | bandwidth kB/s | rate kB/s | shortest round trip ms | window | in flight | queue ms |\n|---|---|---|---|---|---|---|---|---|\n");
        var seen = (BbrMode.Startup, -1);
        var cycles = 0;
        for (var now = 0; now < 23_000; now++)
        {
            wire.Run(1);
            var socket = wire.Client.Socket();
            var bbr = wire.Client.Tcp.CongestionControlOf(socket.Index);
            var info = socket.Info;
            if ((bbr.Mode, bbr.PacingGain) == seen)
            {
                continue;
            }

            cycles = bbr.Mode == BbrMode.ProbeBandwidth ? cycles + 1 : 0;
            seen = (bbr.Mode, bbr.PacingGain);
            if (cycles <= 7)
            {
                table.Append(
                    CultureInfo.InvariantCulture,
                    $"| {now} | {bbr.Mode} | {bbr.PacingGain / 256.0:F2} | {bbr.BytesPerSecondOfPath / 1000} | {bbr.PacingRate / 1000} | {(bbr.MinimumRttMicroseconds == int.MaxValue ? 0 : bbr.MinimumRttMicroseconds) / 1000.0:F1} | {info.SndCwnd} | {info.Unacked - info.Sacked} | {wire.QueueTime / 1e6:F1} |\n");
            }
        }

        VerifiedTable.Verify("Millrace.Tests/Tcp/Pacing/BBR.md", table.ToString());
    }
}
