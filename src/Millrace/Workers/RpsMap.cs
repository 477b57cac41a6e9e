using System.Numerics;
using System.Runtime.Intrinsics.X86;

namespace Millrace.Workers;

/// <summary>
/// Which workers the packets of each receive queue are spread over (rps_cpus of each queue). May be changed by any thread
/// while packets flow: what a worker was given it finishes before anything of the same flow goes elsewhere.
/// </summary>
public sealed class RpsMap
{
    private readonly ulong[] workers;
    private readonly bool[] isChosen;
    private readonly ulong all;
    private readonly long[]?[] entries;
    private readonly Lock joining = new();
    private byte[] receivers = [];

    internal RpsMap(int workerCount)
    {
        all = ulong.MaxValue >> (64 - workerCount);
        workers = new ulong[workerCount];
        isChosen = new bool[workerCount];
        entries = new long[workerCount][];
        workers.AsSpan().Fill(all);
    }

    /// <summary>Receive queues, one a worker.</summary>
    public int Count => workers.Length;

    /// <summary>
    /// The workers that packets of a queue go to, a bit each; bits beyond the group's workers mean nothing. 0 leaves packets where they
    /// came in.
    /// </summary>
    public ulong this[int queue]
    {
        get => Volatile.Read(ref workers[queue]);
        set
        {
            lock (joining)
            {
                isChosen[queue] = true;
                Volatile.Write(ref workers[queue], value & all);
            }
        }
    }

    /// <summary>The worker for a flow that came in by a queue (get_rps_cpu): the hash scaled to the number of workers; -1 if there are none.</summary>
    public int WorkerOf(int queue, uint hash)
    {
        var set = Volatile.Read(ref workers[queue]);
        var number = (int)((ulong)hash * (uint)BitOperations.PopCount(set) >> 32);
        if ((set & (set + 1)) == 0)
        {
            return set == 0 ? -1 : number;
        }

        if (Bmi2.X64.IsSupported)
        {
            return BitOperations.TrailingZeroCount(Bmi2.X64.ParallelBitDeposit(1UL << number, set));
        }

        for (; number > 0; number--)
        {
            set &= set - 1;
        }

        return BitOperations.TrailingZeroCount(set);
    }

    /// <summary>What the declaration says, for queues of which nobody has said otherwise.</summary>
    internal void Begin(ulong declared)
    {
        lock (joining)
        {
            for (var queue = 0; queue < workers.Length; queue++)
            {
                if (!isChosen[queue])
                {
                    isChosen[queue] = true;
                    Volatile.Write(ref workers[queue], declared & all);
                }
            }
        }
    }

    /// <summary>By place, the worker that received its flows last, counted from 1; 0 if none has.</summary>
    internal byte[] Receivers => receivers;

    /// <summary>Makes the entries of one worker.</summary>
    internal long[] Join(int worker, int count)
    {
        lock (joining)
        {
            if (receivers.Length == 0)
            {
                receivers = new byte[count];
            }

            if (receivers.Length != count)
            {
                throw new InvalidOperationException($"Workers of one group have different declarations: {receivers.Length} and {count} flow entries of [Rps].");
            }

            return entries[worker] = new long[count];
        }
    }

    internal long[] EntriesOf(int worker) => entries[worker]!;
}
