using Millrace.Memory;

namespace Millrace.Nics;

/// <summary>A NIC around another that loses, repeats, delays and damages packets, so that a TAP can have a bad wire too.</summary>
/// <param name="receive">What becomes of packets that come in.</param>
/// <param name="transmit">What becomes of packets that go out.</param>
public sealed class ImpairedNic(Nic inner, ImpairmentOptions receive, ImpairmentOptions transmit) : WrappedNic(inner)
{
    private readonly ImpairmentOptions receive = Validated(receive);
    private readonly ImpairmentOptions transmit = Validated(transmit);
    private readonly ImpairedQueue?[] queues = new ImpairedQueue?[inner.QueueCount];

    /// <summary>Of packets that came in, over all queues.</summary>
    public ImpairmentCounters Received => Sum(static queue => queue.Received);

    /// <summary>Of packets that went out, over all queues.</summary>
    public ImpairmentCounters Transmitted => Sum(static queue => queue.Transmitted);

    public override NicQueue Open(int queue, Arena arena)
    {
        ArgumentNullException.ThrowIfNull(arena);
        var opened = new ImpairedQueue(Inner.Open(queue, arena), arena,
            new Impairments(receive, (2 * (ulong)queue) + 1), new Impairments(transmit, 2 * (ulong)queue));
        return queues[queue] = opened;
    }

    private static ImpairmentOptions Validated(ImpairmentOptions options)
    {
        options.Validate();
        return options;
    }

    private ImpairmentCounters Sum(Func<ImpairedQueue, ImpairmentCounters> of)
    {
        long lost = 0, duplicated = 0, reordered = 0, corrupted = 0;
        foreach (var queue in queues)
        {
            var counters = queue is null ? default : of(queue);
            lost += counters.Lost;
            duplicated += counters.Duplicated;
            reordered += counters.Reordered;
            corrupted += counters.Corrupted;
        }

        return new ImpairmentCounters(lost, duplicated, reordered, corrupted);
    }
}
