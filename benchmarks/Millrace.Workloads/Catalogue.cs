using Millrace.Workloads.Bulk;
using Millrace.Workloads.Connections;
using Millrace.Workloads.Forwarding;
using Millrace.Workloads.PingPong;

namespace Millrace.Workloads;

/// <summary>How long to measure.</summary>
/// <param name="IsQuick">A usable answer within seconds instead of the best one.</param>
public readonly record struct RunLength(bool IsQuick);

/// <summary>Every workload and variant, as benchmarks/WORKLOADS.md names them.</summary>
internal static class Catalogue
{
    public static IReadOnlyDictionary<(string Workload, string Variant), Func<RunLength, IEnumerable<Reading>>> All { get; } =
        new Dictionary<(string, string), Func<RunLength, IEnumerable<Reading>>>(
        [
            .. BulkWorkload.Variants,
            .. FlowWorkload.Variants,
            .. PingPongWorkload.Variants,
            .. ConnectionRate.Variants,
            .. OpenConnections.Variants,
            .. ForwardingWorkloads.Variants,
        ]);
}
