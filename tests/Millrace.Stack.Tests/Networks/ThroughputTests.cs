using System.Globalization;
using System.Text;
using Millrace.Testing.Networks;
using Millrace.Tests;

namespace Millrace.Stack.Tests.Networks;

/// <summary>
/// What each congestion control makes of loss, delay and buffer. Virtual time makes the figures exact, so a change of the least kind is a difference of
/// THROUGHPUT.md; <c>MILLRACE_WRITE=1</c> writes it anew.
/// </summary>
public sealed class ThroughputTests
{
    private const long Rate = 20_000_000;
    private const int Seconds = 15;

    private static readonly double[] Losses = [0, 0.001, 0.01, 0.03];
    private static readonly int[] RoundTrips = [10, 50, 200];
    private static readonly double[] Buffers = [0.25, 1];

    [Fact]
    public void The_table_of_throughput_is_that_of_the_page() => VerifiedTable.Verify("Millrace.Stack.Tests/Networks/THROUGHPUT.md", Write());

    private static string Write()
    {
        var text = new StringBuilder();
        text.Append(string.Create(CultureInfo.InvariantCulture, $"""
            # Throughput by loss, delay and buffer

            Megabits of payload a second, of a connection that sends for {Seconds} s over a link of {Rate / 1_000_000} Mbit/s, from the SYN on. A full link carries
            {Rate * 1448 / 1514 / 1e6:F1}. Losses are of single packets at random, towards the receiver. The buffer before the link is given in bandwidth-delay products; what finds no room is
            lost. Behind the throughput is the share of segments that went again, in per cent.

            Written by `ThroughputTests`; `MILLRACE_WRITE=1 dotnet test` writes it anew.

            | loss | round trip | buffer | {string.Join(" | ", CongestionHosts.All.Select(hosts => hosts.Name))} |
            |---:|---:|---:|{string.Concat(CongestionHosts.All.Select(_ => "---:|"))}

            """).ReplaceLineEndings("\n"));
        foreach (var loss in Losses)
        {
            foreach (var roundTrip in RoundTrips)
            {
                foreach (var buffer in Buffers)
                {
                    var cells = CongestionHosts.All.Select(hosts => Cell(hosts, loss, roundTrip, buffer));
                    text.Append(CultureInfo.InvariantCulture, $"| {loss * 100:0.#} % | {roundTrip} ms | {buffer:0.##} | {string.Join(" | ", cells)} |\n");
                }
            }
        }

        return text.ToString();
    }

    private static string Cell(CongestionHosts hosts, double loss, int roundTrip, double buffer)
    {
        var way = new LinkOptions { BitsPerSecond = Rate, DelayNanoseconds = roundTrip * 500_000L };
        var product = Rate / 8 * roundTrip / 1000;
        using var pair = new LinkPair(way, hosts: hosts, upload: long.MaxValue, checks: false);
        pair.Link.Rightward.Options = way with { BufferBytes = (long)(product * buffer), Loss = loss };
        pair.Open();
        pair.Network.RunFor(TimeSpan.FromSeconds(Seconds));
        var counters = pair.Client.Tcp.Counters;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{pair.Server.Plan.Received * 8.0 / Seconds / 1e6:F2} ({100.0 * counters.RetransSegs / counters.OutSegs:F1})");
    }
}
