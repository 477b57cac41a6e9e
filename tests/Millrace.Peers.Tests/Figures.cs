using Millrace.Peers.Results;

namespace Millrace.Peers.Tests;

internal static class Figures
{
    public static Figure Of(string system, double median, double? cpu = null, string workload = "F2", string variant = "routes-1", string unit = "ns/packet", bool valid = true) =>
        new(workload, variant, variant, system, unit, median, median, median, cpu, 1, valid, "");
}
