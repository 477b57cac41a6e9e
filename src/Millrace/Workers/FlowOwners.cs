using System.Numerics;

namespace Millrace.Workers;

/// <summary>
/// Which worker a flow belongs to: the one that has its connection. Flows whose hashes agree in the low bits share a place, and
/// with it an owner, until the last of them is gone; so an owner is fixed for the life of a flow, while a new flow may go
/// wherever the tables of the moment send it.
/// </summary>
/// <remarks>
/// The only words that several workers write. They are written when a connection opens or ends, and read for packets; a place is
/// a count of flows and a worker in one word, so that a claim is one compare-and-swap.
/// </remarks>
public sealed class FlowOwners
{
    public const int DefaultPlaces = 1 << 16;

    private const int WorkerShift = 24;
    private const int CountMask = (1 << WorkerShift) - 1;

    private readonly int[] places;
    private readonly uint mask;

    /// <param name="places">A power of two.</param>
    public FlowOwners(int places = DefaultPlaces)
    {
        if (places < 1 || !BitOperations.IsPow2(places))
        {
            throw new ArgumentOutOfRangeException(nameof(places), places, "The places of flow owners are a power of two, such as 65536.");
        }

        this.places = new int[places];
        mask = (uint)places - 1;
    }

    /// <summary>The worker that flows of this hash belong to, or -1 while there are none.</summary>
    public int OwnerOf(uint hash)
    {
        var place = Volatile.Read(ref places[hash & mask]);
        return (place & CountMask) == 0 ? -1 : place >>> WorkerShift;
    }

    /// <summary>Whether a worker may have one more flow of this hash.</summary>
    public bool IsOpenTo(uint hash, int worker) => OwnerOf(hash) is var owner && (owner < 0 || owner == worker);

    /// <summary>Counts a flow of this hash to a worker.</summary>
    /// <returns>False if such flows are another worker's.</returns>
    public bool TryClaim(uint hash, int worker)
    {
        ref var place = ref places[hash & mask];
        var seen = Volatile.Read(ref place);
        while (true)
        {
            var count = seen & CountMask;
            if ((count != 0 && seen >>> WorkerShift != worker) || count == CountMask)
            {
                return false;
            }

            var before = Interlocked.CompareExchange(ref place, (worker << WorkerShift) | (count + 1), seen);
            if (before == seen)
            {
                return true;
            }

            seen = before;
        }
    }

    /// <summary>Takes back one <see cref="TryClaim"/>; by the owner alone.</summary>
    public void Release(uint hash)
    {
        ref var place = ref places[hash & mask];
        if ((Interlocked.Decrement(ref place) & CountMask) == CountMask)
        {
            Throw.FlowNotOwned();
        }
    }

    /// <summary>Flows each worker has, as the words are at this moment.</summary>
    public void CountFlows(Span<int> flows)
    {
        flows.Clear();
        foreach (ref var word in places.AsSpan())
        {
            var place = Volatile.Read(ref word);
            if ((place & CountMask) != 0)
            {
                flows[place >>> WorkerShift] += place & CountMask;
            }
        }
    }
}
