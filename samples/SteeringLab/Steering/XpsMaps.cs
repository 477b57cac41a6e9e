using Millrace.Workers;

namespace SteeringLab.Steering;

/// <summary>The workers that send by each queue (xps_cpus), as one of a few maps.</summary>
internal sealed class XpsMaps(XpsMap map, int workers)
{
    /// <summary>Each worker by its own queue; by another's; by any; all by the first.</summary>
    public static readonly string[] Names = ["own", "crossed", "all", "first"];

    private int current;

    public string Name => Names[current];

    public void Choose(int number)
    {
        current = number;
        var all = (1UL << workers) - 1;
        for (var queue = 0; queue < map.Count; queue++)
        {
            map[queue] = Name switch
            {
                "own" => 1UL << queue,
                "crossed" => 1UL << ((queue + 1) % workers),
                "first" when queue > 0 => 0,
                _ => all,
            };
        }
    }

    public void Next() => Choose((current + 1) % Names.Length);

    /// <summary>The workers of each queue, a bit each.</summary>
    public ulong[] ToArray() => [.. Enumerable.Range(0, map.Count).Select(queue => map[queue])];
}
