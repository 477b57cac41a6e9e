using Millrace.Workers;

namespace SteeringLab.Steering;

/// <summary>The workers that RPS spreads every queue over (rps_cpus), the same for all queues.</summary>
internal sealed class RpsMask(RpsMap map)
{
    private readonly ulong all = ulong.MaxValue >> (64 - map.Count);

    public ulong Value
    {
        get => map[0];
        set
        {
            for (var queue = 0; queue < map.Count; queue++)
            {
                map[queue] = value;
            }
        }
    }

    public void Next() => Value = Value == all ? 0 : Value + 1;

    /// <summary>Where a flow of a queue goes that nobody owns; the worker of the queue if RPS is off.</summary>
    public int WorkerOf(int queue, uint hash) => map.WorkerOf(queue, hash) is >= 0 and var worker ? worker : queue;
}
