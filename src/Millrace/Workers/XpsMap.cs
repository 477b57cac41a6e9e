namespace Millrace.Workers;

/// <summary>
/// Which workers send by which of a NIC's queues (xps_cpus of each queue). May be changed by any thread while packets flow: a
/// flow that has packets outstanding stays where it is.
/// </summary>
public sealed class XpsMap
{
    private readonly ulong[] workers;

    /// <summary>A map by which each worker sends by the queue of its own number, or shares one if there are fewer queues.</summary>
    public XpsMap(int queues, int workerCount)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(queues, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(queues, WorkerGroup.MaximumWorkers);
        workers = new ulong[queues];
        for (var worker = 0; worker < workerCount; worker++)
        {
            workers[worker % queues] |= 1UL << worker;
        }
    }

    /// <summary>Queues.</summary>
    public int Count => workers.Length;

    /// <summary>The workers that may send by a queue, a bit each. A worker that no queue names uses its number modulo the queues.</summary>
    public ulong this[int queue]
    {
        get => Volatile.Read(ref workers[queue]);
        set => Volatile.Write(ref workers[queue], value);
    }

    /// <summary>The queue for a flow of a worker (__get_xps_queue_idx): spread by the hash where several may be used.</summary>
    public int QueueOf(int worker, uint hash)
    {
        Span<byte> candidates = stackalloc byte[WorkerGroup.MaximumWorkers];
        var count = 0;
        for (var queue = 0; queue < workers.Length; queue++)
        {
            if ((this[queue] >> worker & 1) != 0)
            {
                candidates[count++] = (byte)queue;
            }
        }

        return count switch
        {
            0 => worker % workers.Length,
            1 => candidates[0],
            _ => candidates[(int)((ulong)hash * (uint)count >> 32)],
        };
    }
}
