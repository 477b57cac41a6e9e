using System.Numerics;
using Millrace.Headers;

namespace Millrace.Nics;

/// <summary>
/// The indirection table of receive-side scaling: the low bits of a packet's hash choose an entry, and the entry a queue. Entries
/// may be set from any thread while packets pass (ethtool -X); the key is fixed, because another key would take flows out of their
/// entries. What has no hash goes by entry 0.
/// </summary>
public sealed class RssTable
{
    /// <summary>Entries unless another count is asked for: what most drivers of Linux have.</summary>
    public const int DefaultLength = 128;

    /// <summary>The most queues an entry can name.</summary>
    public const int MaximumQueues = 256;

    private const int MaximumLength = 4096;

    private readonly byte[] entries;

    /// <summary>Makes a table that spreads evenly over the queues.</summary>
    /// <param name="queues">Queues of the NIC, 1 to <see cref="MaximumQueues"/>.</param>
    /// <param name="length">Entries: a power of two up to 4096.</param>
    /// <param name="toeplitz">The hash; none takes the published key.</param>
    public RssTable(int queues, int length = DefaultLength, Toeplitz? toeplitz = null)
    {
        MemoryWireOptions.RequireRange(queues, 1, MaximumQueues, nameof(queues));
        if (length is < 1 or > MaximumLength || !BitOperations.IsPow2(length))
        {
            throw new ArgumentOutOfRangeException(nameof(length), length, $"An indirection table has a power of two of entries, up to {MaximumLength}.");
        }

        QueueCount = queues;
        Hash = new FlowHash(toeplitz ?? Toeplitz.Published);
        entries = new byte[length];
        SpreadEvenly(queues);
    }

    public int Length => entries.Length;

    /// <summary>Queues that an entry may name.</summary>
    public int QueueCount { get; }

    /// <summary>How a packet is hashed.</summary>
    public FlowHash Hash { get; }

    /// <summary>The queue of an entry.</summary>
    public int this[int entry]
    {
        get => Volatile.Read(ref entries[entry]);
        set
        {
            if ((uint)value >= (uint)QueueCount)
            {
                throw new ArgumentOutOfRangeException(nameof(value), value, $"This NIC has queues 0 to {QueueCount - 1}.");
            }

            Volatile.Write(ref entries[entry], (byte)value);
        }
    }

    /// <summary>The entry of a hash.</summary>
    public int EntryOf(uint hash) => (int)(hash & (uint)(entries.Length - 1));

    /// <summary>The queue that the entry of a hash names now.</summary>
    public int QueueOf(uint hash) => this[EntryOf(hash)];

    /// <summary>Spreads the entries evenly over the first so many queues (ethtool -X equal).</summary>
    public void SpreadEvenly(int queues)
    {
        MemoryWireOptions.RequireRange(queues, 1, QueueCount, nameof(queues));
        for (var entry = 0; entry < entries.Length; entry++)
        {
            this[entry] = entry % queues;
        }
    }
}
