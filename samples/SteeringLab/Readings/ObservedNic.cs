using Millrace.Memory;
using Millrace.Nics;

namespace SteeringLab.Readings;

/// <summary>A NIC that remembers its queues, so that their rings can be looked at; packets do not pass through it.</summary>
internal sealed class ObservedNic(Nic inner) : WrappedNic(inner)
{
    private readonly NicQueue?[] queues = new NicQueue?[inner.QueueCount];

    public override NicQueue Open(int queue, Arena arena) => queues[queue] = Inner.Open(queue, arena);

    /// <summary>A queue, once a worker has opened it.</summary>
    public NicQueue? this[int queue] => queues[queue];
}
