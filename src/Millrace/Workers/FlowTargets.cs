using System.Numerics;

namespace Millrace.Workers;

/// <summary>
/// Where one worker sent the packets of flows last, by the low bits of their hash, and how far they had come in the other's ring
/// then (rps_dev_flow): a flow may go elsewhere only when that worker has finished with them.
/// </summary>
/// <remarks>
/// Each worker writes its own entries. When the NIC's indirection table has moved a flow to another queue, the worker that
/// gets it now takes over what the previous one had noted; so all entries of a place that are not finished name one worker.
/// </remarks>
internal sealed class FlowTargets
{
    private const int WorkerBits = 6;
    private const int WorkerMask = (1 << WorkerBits) - 1;

    private readonly WorkerPort port;
    private readonly RpsMap map;
    private readonly long[] own;
    private readonly byte[] receivers;
    private readonly byte receiver;
    private readonly uint mask;

    /// <param name="entries">A power of two; as many as every worker of the group has.</param>
    public FlowTargets(WorkerPort port, int entries)
    {
        if (entries < 1 || !BitOperations.IsPow2(entries))
        {
            throw new ArgumentOutOfRangeException(nameof(entries), entries, "Where flows went is kept in a power of two of entries: write [Rps(FlowEntries = 4096)].");
        }

        this.port = port;
        map = port.Group.Rps;
        own = map.Join(port.Worker, entries);
        receivers = map.Receivers;
        receiver = (byte)(port.Worker + 1);
        mask = (uint)entries - 1;
    }

    public static int WorkerOf(long entry) => (int)entry & WorkerMask;

    public static void Note(ref long entry, int worker, long position) => Volatile.Write(ref entry, (position << WorkerBits) | (uint)worker);

    /// <summary>The entry of a flow, which this worker receives now.</summary>
    public ref long LastOf(uint hash)
    {
        var place = (int)(hash & mask);
        if (Volatile.Read(ref receivers[place]) != receiver)
        {
            TakeOver(place);
        }

        return ref own[place];
    }

    /// <summary>Whether the worker of an entry had finished what it was given before this poll looked at its own rings.</summary>
    public bool IsFinished(long entry) => entry >> WorkerBits <= port.FinishedBefore(WorkerOf(entry));

    private void TakeOver(int place)
    {
        var previous = receivers[place] - 1;
        Volatile.Write(ref receivers[place], receiver);
        if (previous < 0)
        {
            return;
        }

        var theirs = Volatile.Read(ref map.EntriesOf(previous)[place]);
        ref var mine = ref own[place];
        if (!IsFinished(theirs) && (IsFinished(mine) || (WorkerOf(mine) == WorkerOf(theirs) && mine < theirs)))
        {
            Volatile.Write(ref mine, theirs);
        }
    }
}
