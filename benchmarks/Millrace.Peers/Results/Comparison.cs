using Millrace.Peers.Systems;

namespace Millrace.Peers.Results;

/// <summary>Figures of one run beside each other.</summary>
internal sealed class Comparison(IReadOnlyList<Figure> figures)
{
    private readonly ILookup<(string Workload, string Variant), Figure> rows = figures.Where(f => f.Valid).ToLookup(f => (f.Workload, f.Variant));

    /// <summary>The best of the peers that gave a valid result for the same.</summary>
    public Figure? BestPeer(Figure figure) => Same(figure).Where(f => SystemNames.Peers.Contains(f.System)).OrderBy(f => figure.Against(f)).FirstOrDefault();

    public double? ToBestPeer(Figure figure) => figure.Valid && BestPeer(figure) is { } best ? figure.Against(best) : null;

    public double? ToFloor(Figure figure) => figure.Valid && By(figure, SystemNames.Floor) is { } floor ? figure.Against(floor) : null;

    /// <summary>Why the ratio to the floor says nothing; null if it does. A C loop that is not twice as fast as DPDK is no yardstick.</summary>
    public string? FloorIsVoid(Figure figure)
    {
        if (!figure.Workload.StartsWith('F') || By(figure, SystemNames.Floor) is not { } floor)
        {
            return null;
        }

        return By(figure, SystemNames.Dpdk) is not { } dpdk ? "no DPDK in this run"
            : floor.Against(dpdk) < 2 ? $"the C loop is only {floor.Against(dpdk):0.00} times as fast as DPDK"
            : null;
    }

    private IEnumerable<Figure> Same(Figure figure) => rows[(figure.Workload, figure.Variant)].Where(f => f.Unit == figure.Unit);

    private Figure? By(Figure figure, string system) => Same(figure).FirstOrDefault(f => f.System == system);
}
