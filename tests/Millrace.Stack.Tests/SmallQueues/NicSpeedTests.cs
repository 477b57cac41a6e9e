using System.Globalization;
using System.Text;
using Millrace.Nics;
using Millrace.Tests;

namespace Millrace.Stack.Tests.SmallQueues;

/// <summary>Small queues on NICs from a megabit to ten gigabits: what of the NIC is used, and what waits before it.</summary>
public sealed class NicSpeedTests
{
    private const long Microsecond = 1_000;

    [Fact]
    public void What_waits_below_TCP_on_NICs_of_all_speeds_is_the_table_in_NICS_md()
    {
        var table = new StringBuilder();
        table.Append("# Small queues on NICs of several speeds\n\n");
        table.Append("Written by `NicSpeedTests`: one stream over a NIC with a ring of 256 packets of up to 44 segments, in virtual time; the distance is one way. *share* is of the NIC in the second half of\n");
        table.Append("the stream, *KiB* what a packet finds below TCP by truesize, on average and (at most), *ms* how long packets are there; what is lost is packets of many segments. Without and with small queues it is\n");
        table.Append("CUBIC that sends. To who is near 64 KiB go as one packet at any rate, as in Linux (tcp_tso_rtt_log), which is what the second line of 10 Mbit/s shows.\n\n");
        table.Append("| NIC | µs | loss | without: share | KiB | ms | small queues: share | KiB | ms | with BBR: share | KiB | ms |\n|---|---|---|---|---|---|---|---|---|---|---|---|\n");
        var nics = new (long Megabits, long Distance, int Length)[]
        {
            (1, 2_000, 400_000), (10, 2_000, 3_000_000), (10, 100, 3_000_000), (100, 2_000, 20_000_000), (1_000, 2_000, 40_000_000), (10_000, 100, 80_000_000),
        };
        foreach (var (megabits, distance, length) in nics)
        {
            foreach (var loss in new[] { 0, 0.005 })
            {
                table.Append(CultureInfo.InvariantCulture, $"| {megabits} Mbit/s | {distance} | {loss:P1} |");
                var lavish = Add(table, megabits, distance, length, loss, SenderKind.LavishGso);
                var thrifty = Add(table, megabits, distance, length, loss, SenderKind.ThriftyGso);
                var paced = Add(table, megabits, distance, length, loss, SenderKind.PacedGso);
                table.Append('\n');

                // what the table must show, whatever its figures; where something is lost it is not the same packets
                Assert.True(thrifty.Share > (loss > 0 ? 0.8 : 0.98) * lavish.Share, $"{megabits} Mbit/s, {loss}: {thrifty.Share:P1} with small queues, {lavish.Share:P1} without");
                Assert.True(loss > 0 || (thrifty.Share > 0.98 && paced.Share > 0.9), $"{megabits} Mbit/s: {thrifty.Share:P1}, and {paced.Share:P1} with BBR");
                Assert.True(thrifty.Log.MeanCharge <= (loss > 0 ? 1.2 : 1) * lavish.Log.MeanCharge, $"{megabits} Mbit/s: {thrifty.Log.MeanCharge} bytes with small queues, {lavish.Log.MeanCharge} without");
                Assert.Null(thrifty.Log.Problem);
            }
        }

        VerifiedTable.Verify("Millrace.Stack.Tests/SmallQueues/NICS.md", table.ToString());
    }

    private static string Rounded(double milliseconds) =>
        milliseconds.ToString(milliseconds >= 10 ? "F0" : milliseconds >= 1 ? "F1" : "F2", CultureInfo.InvariantCulture);

    private static (double Share, ChargeLog Log) Add(StringBuilder table, long megabits, long distance, int length, double loss, SenderKind kind)
    {
        var log = new ChargeLog { LimitOutputBytes = kind == SenderKind.ThriftyGso ? 4 << 20 : 0 };
        var options = new MemoryWireOptions
        {
            Mode = WireMode.Copying,
            BandwidthBitsPerSecond = megabits * 1_000_000,
            DelayNanoseconds = distance * Microsecond,
            Impairments = new ImpairmentOptions { Loss = loss, Seed = 9 },
        };
        var (share, _) = SmallQueueTransfer.Run(options, log, length, kind, seed: 3);
        table.Append(
            CultureInfo.InvariantCulture, $" {share:P0} | {log.MeanCharge >> 10} ({log.MostCharge >> 10}) | {Rounded(log.MeanDelayMilliseconds)} |");
        return (share, log);
    }
}
